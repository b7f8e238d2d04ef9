/**
 * A limit alive: with a clock, the calls that wait in its line, and the pause that the other end asked for. What may go when
 * is decided by the meters and by the pause, which are pure.
 * @module
 */
import { retryAfterHint } from '../../backoff/hint.ts';
import type { Call, Refusal } from '../../core/call.ts';
import { after, hostClock, nothing, type Clock } from '../../core/clock.ts';
import { withoutStack } from '../../core/errors.ts';
import { safely, settleFirst } from '../../core/events.ts';
import type { Outcome } from '../../core/handle.ts';
import type { CommonSettings } from '../../core/layer.ts';
import { Queue } from '../../core/queue.ts';
import { RateLimitedError } from '../../core/rate-limited-error.ts';
import type { Entry } from '../../core/stage.ts';
import { becauseOf, fits, outOfTime, waitInLine } from '../../core/wait.ts';
import { costsOf, usedOf } from '../../rate/cost.ts';
import type { Limit } from '../../rate/limit.ts';
import { Meters, type Costs, type Taken } from '../../rate/meters.ts';
import { Pause } from '../../rate/pause.ts';

/** The options of a rate limit, checked. */
export interface RateLimitSettings extends CommonSettings {
  readonly limit: readonly Limit[];
  readonly whenLimited: 'wait' | 'reject';
  readonly maxWaiting: number;
  readonly maxWait: number;
  readonly honourRetryAfter: boolean;
  readonly maxRetryAfterMs: number;
  readonly spread: number;
}

/** A call that waits. */
interface Waiter {
  readonly call: Call;
  readonly costs: Costs;
  /** What it adds to the wait of those behind it. */
  readonly ahead: Costs;
  /** When it has waited for as long as it may. */
  readonly until: number;
  readonly go: () => void;
  readonly refuse: (error: unknown) => void;
}

/** What an attempt has taken. */
interface Permit {
  readonly taken: Taken;
  /** How many attempts of the call had started before it. */
  readonly started: number;
}

/** One limiter, shared by all the policies that it is part of. */
export class Limiter {
  readonly settings: RateLimitSettings;
  readonly #meters: Meters;
  readonly #pause: Pause;
  readonly #line: Queue<Waiter> = new Queue();
  /** What all who wait add to the wait of one more. */
  #ahead: Costs;
  /** What attempts under way have taken. Each is a call of its own, or the only one of its call. */
  readonly #permits: WeakMap<Call, Permit> = new WeakMap();
  #underWay = 0;
  #clock: Clock | undefined;
  /** A timer is over for which the clock has not moved: then that is the time. */
  #reached = -Infinity;
  #disarm: () => void = nothing;
  /** The line is being gone through: who leaves it needs not look. */
  #looking = false;
  /** A zero a limit. */
  readonly #none: Costs;

  constructor(settings: RateLimitSettings) {
    this.settings = settings;
    this.#clock = settings.clock;
    this.#meters = new Meters(settings.limit);
    this.#pause = new Pause(settings.whenLimited === 'wait' ? settings.spread : 0, settings.maxRetryAfterMs);
    this.#none = settings.limit.map(() => 0);
    this.#ahead = this.#none;
  }

  /** The clock of its options, else the one of the first policy that has one; later policies take it over. */
  get clock(): Clock | undefined {
    return this.#clock;
  }

  /** Takes over the clock of a policy it is part of. */
  adopt(clock: Clock): void {
    const settled = this.#clock ?? (this.idle ? clock : undefined);
    if (settled !== clock) {
      throw new TypeError('a rate limit has one clock, got a policy with another one: give it to the rate limit, too');
    }
    this.#clock = clock;
  }

  /** Whether nothing would be lost if it was made anew. */
  get idle(): boolean {
    const now = this.#now();
    return this.#line.size === 0 && this.#underWay === 0 && this.#meters.idle(now) && this.#pause.idle(now);
  }

  get waiting(): number {
    return this.#line.size;
  }

  get retryAfterMs(): number {
    const now = this.#now();
    const wait = this.#expected(this.settings.limit.map(() => 1), this.#ahead, now) - now;
    return Math.ceil(Math.max(wait, this.#pause.idle(now) ? 0 : 1));
  }

  get pausedMs(): number {
    return Math.ceil(this.#pause.left(this.#now()));
  }

  /** Lets a call go, lets it wait, or turns it away. */
  admit(call: Call): Entry {
    const { limit, whenLimited, maxWaiting, maxWait } = this.settings;
    const costs = costsOf(limit, call.args);
    const now = this.#now();
    if (this.#pause.barred(now)) return this.#turnAway(call, this.#pause.left(now), TOO_LONG_A_PAUSE);
    const at = this.#line.size === 0 ? this.#next(costs, 1, now) : this.#expected(costs, this.#ahead, now);
    if (at <= now && this.#line.size === 0) return this.#take(call, costs, now);
    const wait = at - now;
    if (whenLimited === 'reject') return this.#turnAway(call, wait);
    if (this.#line.size >= maxWaiting) return this.#turnAway(call, wait, `As many calls as may wait for the rate limit already (${maxWaiting}).`);
    if (wait > maxWait) return this.#turnAway(call, wait, tooLong(maxWait));
    if (!fits(call, wait)) throw outOfTime(call);
    return waitInLine<undefined>(call, 'rateLimit', (resolve, reject) => this.#join(call, costs, now, resolve, reject));
  }

  /** Settles what an attempt has taken with what came of it, and hears whether it asks for a pause. */
  settle(call: Call, outcome: Outcome): void {
    const permit = this.#permits.get(call);
    if (permit === undefined) return;
    this.#permits.delete(call);
    this.#underWay -= 1;
    settleFirst(() => {
      const { taken, started } = permit;
      const now = this.#now();
      const used = call.started === started ? this.#none : this.#used(call, taken.costs, outcome);
      const freed = this.#meters.settle(taken, used, now);
      if (this.#paused(call, outcome, now)) this.#review(now);
      else if (freed) this.#look();
    });
  }

  #used(call: Call, costs: Costs, outcome: Outcome): Costs {
    if (!('value' in outcome)) return costs;
    const report = this.settings.onListenerError ?? call.env.report;
    return usedOf(this.settings.limit, costs, outcome.value, call.args, (error) => safely(report, error));
  }

  /** Whether an outcome asks for a pause that is longer than the one there is. */
  #paused(call: Call, outcome: Outcome, now: number): boolean {
    if (!this.settings.honourRetryAfter || call.aborted !== undefined) return false;
    const hint = retryAfterHint('value' in outcome ? outcome.value : outcome.error, this.#time.wall());
    return hint !== undefined && this.#pause.ask(hint, now);
  }

  get #time(): Clock {
    return this.#clock ?? hostClock;
  }

  #now(): number {
    return Math.max(this.#time.now(), this.#reached);
  }

  /** The earliest that a call can go behind others, as things stand. */
  #expected(costs: Costs, ahead: Costs, now: number): number {
    return this.#meters.readyAt(costs, ahead, now + this.#pause.left(now));
  }

  /** When the first of `waiting` calls goes. */
  #next(costs: Costs, waiting: number, now: number): number {
    const released = this.#pause.releaseAt(waiting, now, () => this.#time.random());
    return Math.max(released, this.#expected(costs, this.#none, now));
  }

  #take(call: Call, costs: Costs, now: number): undefined {
    this.#pause.released(now);
    this.#permits.set(call, { taken: this.#meters.take(costs, now), started: call.started });
    this.#underWay += 1;
  }

  /** Joins the line. The answer leaves it. */
  #join(call: Call, costs: Costs, now: number, go: (nothing: undefined) => void, refuse: (error: unknown) => void): () => void {
    const ahead = this.#meters.ahead(costs);
    let waits = true;
    const waiter: Waiter = { call, costs, ahead, until: now + this.settings.maxWait, go: () => (leave(), go(undefined)), refuse };
    const out = this.#line.join(waiter);
    this.#ahead = this.#ahead.map((sum, i) => sum + (ahead[i] as number));
    const leave = (): void => {
      waits = false;
      out();
      // Sums of fractions are off: nobody is ahead where nobody waits.
      this.#ahead = this.#line.size === 0 ? this.#none : this.#ahead.map((sum, i) => sum - (ahead[i] as number));
    };
    if (this.#line.size === 1) this.#look();
    return () => {
      if (!waits) return;
      const wasFirst = this.#line.first === waiter;
      leave();
      if (wasFirst && !this.#looking) this.#look();
    };
  }

  /** Lets everybody go whose turn it is; then sets the timer for the next. */
  #look(): void {
    this.#disarm();
    this.#disarm = nothing;
    settleFirst(() => {
      const due = this.#throughTheLine(() => this.#letGo());
      if (due !== undefined) this.#arm(due);
    });
  }

  /** Answers when to look again; `undefined` where nobody waits. */
  #letGo(): number | undefined {
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const now = this.#now();
      const at = this.#next(first.costs, this.#line.size, now);
      if (at <= now) {
        this.#take(first.call, first.costs, now);
        first.go();
      } else if (first.until <= now) {
        first.refuse(this.#refused(first.call, at - now, tooLong(this.settings.maxWait)));
      } else return Math.min(at, first.until);
    }
    return undefined;
  }

  #throughTheLine<T>(work: () => T): T {
    this.#looking = true;
    try {
      return work();
    } finally {
      this.#looking = false;
    }
  }

  #arm(due: number): void {
    let over = false;
    const disarm = after(this.#time, due - this.#now(), () => {
      over = true;
      // A timer of the host may be early by a fraction; by more, the clock does not move with the timers.
      if (due - this.#now() > 1) this.#reached = due;
      this.#look();
    });
    // A clock of the user's may call back at once.
    if (!over) this.#disarm = disarm;
  }

  /** The pause is longer: those go at once whose wait has become too long. */
  #review(now: number): void {
    this.#throughTheLine(() => this.#refuseLate(now));
    this.#look();
  }

  #refuseLate(now: number): void {
    const barred = this.#pause.barred(now);
    let ahead = this.#none;
    for (const { call, costs, ahead: own, until, refuse } of [...this.#line]) {
      const at = this.#expected(costs, ahead, now);
      if (barred) refuse(this.#refused(call, this.#pause.left(now), TOO_LONG_A_PAUSE));
      else if (at > until) refuse(this.#refused(call, at - now, tooLong(this.settings.maxWait)));
      else if (!fits(call, at - now)) refuse(outOfTime(call));
      else ahead = ahead.map((sum, i) => sum + (own[i] as number));
    }
  }

  #turnAway(call: Call, wait: number, message?: string): Refusal {
    if (!call.env.events.observed) return (refused) => rejection(refused, wait, message);
    const error = this.#refused(call, wait, message);
    return () => error;
  }

  /** The error for a call that is turned away, told to its policy. */
  #refused(call: Call, wait: number, message?: string): Error {
    const error = rejection(call, wait, message);
    call.env.events.emit({ type: 'rejected', by: 'rateLimit', error });
    return error;
  }
}

function rejection(call: Call, wait: number, message: string | undefined): RateLimitedError {
  return withoutStack(() => new RateLimitedError(wait, { ...becauseOf(call), message }));
}

const TOO_LONG_A_PAUSE = 'The other end has asked for a pause that is longer than is waited for.';

function tooLong(maxWait: number): string {
  return `The wait for the rate limit is longer than it may be (${maxWait} ms).`;
}
