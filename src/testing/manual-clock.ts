/** A clock that stands still until a test moves it. */
import type { Clock } from 'breakwater';
import { duration, numberThat, optional, readOptions, type Check } from '../core/options.ts';
import { seeded } from './random.ts';
import { turn } from './turn.ts';

/** A {@link Clock} in a test's hand: see {@link manualClock}. */
export interface ManualClock extends Clock {
  /** Milliseconds since the clock was made: what {@link Clock.now} answers. */
  readonly time: number;
  /** How many timers are armed: 0 when nothing is under way. */
  readonly pending: number;
  /**
   * Moves on by `ms` milliseconds. What is due on the way is called at its time, the older of equal ones first, and
   * before and after each of them promises have their say.
   * @throws RangeError when `ms` is negative.
   */
  advance(ms: number): Promise<void>;
  /**
   * Moves on to a time, in milliseconds since the clock was made; like {@link ManualClock.advance}.
   * @throws RangeError when that time has passed.
   */
  to(time: number): Promise<void>;
  /**
   * Moves on until no timer is armed any more, or the next one is due after `until`, in milliseconds since the clock was
   * made: then it stands where the last one was.
   * @throws Error when a hundred thousand timers were called: something arms a new one whenever it is called, and would for ever.
   */
  runAll(until?: number): Promise<void>;
  /**
   * Moves on by `ms` milliseconds at once, as for a machine that was suspended: what became due meanwhile is called late,
   * at the time that it is then.
   * @throws RangeError when `ms` is negative.
   */
  jump(ms: number): Promise<void>;
  /** Lets promises say everything that they have to say, without moving. */
  settle(): Promise<void>;
}

/** The options of {@link manualClock}. */
export interface ManualClockOptions {
  /**
   * What {@link Clock.wall} answers at first, in milliseconds since 1970.
   * @default 2026-01-01T00:00:00Z
   */
  readonly wall?: number | undefined;
  /**
   * What {@link Clock.random} draws: a function that answers with a number from 0 up to, but not including, 1; or a whole
   * number, the seed of such numbers that look random and are the same each time.
   * @default 1
   */
  readonly random?: number | (() => number) | undefined;
}

/**
 * A clock that stands still until it is moved: give it to a policy, and minutes of waiting take no time. Between two
 * timers, promises say what they have to say, so that the order in which things happen is always the same.
 *
 * It fakes nothing for the code around it: no global is touched.
 *
 * @throws TypeError when an option is unknown or of the wrong kind.
 *
 * @example
 * ```ts
 * import { policy, retry } from 'breakwater';
 * import { failsTimes, manualClock } from 'breakwater/testing';
 *
 * const clock = manualClock();
 * const load = failsTimes(2, 'at last');
 * const answer = policy(retry({ attempts: 3, delay: 30_000 }), { clock }).execute(load);
 * await clock.advance(30_000);
 * load.calls // => 2
 * await clock.runAll();
 * await answer // => 'at last'
 * clock.time // => 60_000
 * clock.pending // => 0
 * ```
 */
export function manualClock(options?: ManualClockOptions): ManualClock {
  const { wall, random } = readOptions<{ wall: number; random: () => number }>('manualClock', options, {
    wall: optional(numberThat('milliseconds since 1970', Number.isFinite), NEW_YEAR),
    random: randomOption,
  });
  return new HandClock(random, wall);
}

const NEW_YEAR = Date.UTC(2026, 0, 1);
const seed = optional(numberThat('a whole number, or a function', Number.isInteger), 1);

/** The option `random`: a function, or a seed. */
export const randomOption: Check<() => number> = (value, at) =>
  typeof value === 'function' ? (value as () => number) : seeded(seed(value, at));

/** How many timers {@link ManualClock.runAll} calls before it gives up. */
export const MANY = 100_000;

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** The clock behind {@link manualClock}. */
export class HandClock implements ManualClock {
  time = 0;
  /** What the wall clock shows at time 0. */
  wallStart: number;
  readonly #draw: () => number;
  /** The next one last; of equal ones the older. */
  readonly #timers: Timer[] = [];

  constructor(draw: () => number, wallStart: number = NEW_YEAR) {
    this.#draw = draw;
    this.wallStart = wallStart;
  }

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.wallStart + this.time;
  }

  random(): number {
    return this.#draw();
  }

  setTimer(callback: () => void, ms: number): unknown {
    const timer = { due: this.time + Math.max(0, ms), callback };
    this.#timers.splice(this.#before(timer.due), 0, timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    const at = this.#timers.lastIndexOf(timer as Timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  get pending(): number {
    return this.#timers.length;
  }

  async to(time: number): Promise<void> {
    laterThan(this.time)(time, 'to: time');
    await turn();
    while (await this.step(time));
    this.time = Math.max(this.time, time);
  }

  async advance(ms: number): Promise<void> {
    await this.to(this.time + duration(ms, 'advance: ms'));
  }

  async runAll(until: number = Infinity): Promise<void> {
    await turn();
    for (let rung = 0; rung < MANY; rung += 1) if (!(await this.step(until))) return;
    throw new Error(`runAll: ${MANY} timers were called, and more are armed: say how far it may go, as in runAll(60_000)`);
  }

  /** Calls the next timer, if it is due by `until`, at its time; false where there is none. */
  async step(until: number): Promise<boolean> {
    const next = this.#timers.at(-1);
    if (next === undefined || next.due > until) return false;
    this.#timers.pop();
    this.time = Math.max(this.time, next.due);
    next.callback();
    await turn();
    return true;
  }

  async jump(ms: number): Promise<void> {
    await turn();
    this.time += duration(ms, 'jump: ms');
    await this.to(this.time);
  }

  settle(): Promise<void> {
    return turn();
  }

  /** Where a new timer belongs: before those that are due with it or earlier. */
  #before(due: number): number {
    let [from, to] = [0, this.#timers.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#timers[middle]!.due <= due) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}

function laterThan(now: number): (value: unknown, at: string) => number {
  return numberThat(`a time from ${now} on, in milliseconds since the clock was made`, (time) => time >= now);
}
