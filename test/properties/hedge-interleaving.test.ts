/**
 * Hedges among everything else, while outcomes, arrivals, aborts and time come in an order that an adversary picks. What must
 * hold is looked at after every step.
 */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  bulkhead,
  deadline,
  hedge,
  policy,
  quantile,
  retry,
  retryBudget,
  timeout,
  type AnyPolicy,
  type Breaker,
  type Context,
} from '../../src/index.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

type Fate = 'answers' | 'fails' | 'hangs' | 'heeds' | 'answers at once' | 'fails at once';

interface Setup {
  readonly circuit: { readonly failureThreshold: number; readonly recoveryTimeout: number; readonly counts: 'calls' | 'attempts' } | undefined;
  readonly attempts: number;
  readonly delay: number;
  readonly after: number | 'quantile';
  readonly max: number;
  readonly limit: number | undefined;
  readonly permits: number | undefined;
  readonly within: number | undefined;
  readonly tokens: number | undefined;
}

interface Caller {
  readonly leaves: boolean;
  readonly fates: readonly Fate[];
}

const maybe = (least: number, most: number): fc.Arbitrary<number | undefined> =>
  fc.option(fc.integer({ min: least, max: most }), { freq: 2, nil: undefined });

const setups: fc.Arbitrary<Setup> = fc.record({
  circuit: fc.option(
    fc.record({
      failureThreshold: fc.integer({ min: 1, max: 4 }),
      recoveryTimeout: fc.integer({ min: 10, max: 120 }),
      counts: fc.constantFrom('calls' as const, 'attempts' as const),
    }),
    { freq: 4, nil: undefined },
  ),
  attempts: fc.integer({ min: 1, max: 3 }),
  delay: fc.integer({ min: 0, max: 40 }),
  after: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant('quantile' as const)),
  max: fc.integer({ min: 2, max: 4 }),
  limit: maybe(20, 150),
  permits: maybe(1, 6),
  within: maybe(50, 400),
  tokens: maybe(1, 12),
});
const fates = fc.constantFrom<Fate>('answers', 'answers', 'answers', 'fails', 'fails', 'hangs', 'heeds', 'answers at once', 'fails at once');
const callers: fc.Arbitrary<Caller[]> = fc.array(
  fc.record({
    leaves: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    fates: fc.array(fates, { minLength: 1, maxLength: 6 }),
  }),
  { minLength: 6, maxLength: 16 },
);
const ticks = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 5, maxLength: 20 });

/** What was reached, so that the walk is known to have been where it matters. */
const census = { hedged: 0, won: 0, lost: 0, opened: 0, recovered: 0, left: 0, refused: 0, late: 0 };

/** One attempt as it is seen from outside. */
interface Seen {
  readonly number: number;
  readonly signal: AbortSignal;
  /** It has come to something of its own. */
  over: boolean;
}

class Crowd {
  readonly clock = new VirtualClock();
  readonly wrong: string[] = [];
  readonly settled = new Map<number, number>();
  readonly controllers: AbortController[] = [];
  readonly circuit: Breaker | undefined;
  readonly #guard: AnyPolicy;
  readonly #setup: Setup;
  readonly #scheduler: fc.Scheduler;
  #hedges = 0;
  #answers = 0;

  constructor(setup: Setup, scheduler: fc.Scheduler) {
    this.#setup = setup;
    this.#scheduler = scheduler;
    const { clock } = this;
    const budget = setup.tokens === undefined ? undefined : retryBudget({ tokens: setup.tokens, ratio: 0.5 });
    const parts: (AnyPolicy | undefined)[] = [
      (this.circuit = setup.circuit && breaker(setup.circuit)),
      setup.within === undefined ? undefined : deadline(setup.within),
      retry({ attempts: setup.attempts, delay: setup.delay }),
      hedge({ after: setup.after === 'quantile' ? quantile(0.5, { window: 8, minimum: 2 }) : setup.after, max: setup.max, budget }),
      setup.permits === undefined ? undefined : bulkhead({ limit: setup.permits, queue: 4, maxWait: 60 }),
      setup.limit === undefined ? undefined : timeout(setup.limit),
    ];
    this.#guard = policy(...(parts.filter((part) => part !== undefined) as []), { clock }) as AnyPolicy;
    this.#guard.onEvent((event) => {
      if (event.type === 'hedged') {
        this.#hedges += 1;
        census.hedged += 1;
        this.#expect(this.circuit === undefined || this.circuit.state === 'closed', `a hedge while the circuit is ${this.circuit?.state}`);
        if (budget !== undefined) this.#expect(budget.tokens > budget.maxTokens / 2, `a hedge with ${budget.tokens} tokens left`);
      } else if (event.type === 'state-changed') census[event.to === 'open' ? 'opened' : 'recovered'] += 1;
      else if (event.type === 'rejected' && event.by === 'bulkhead') census.refused += 1;
    });
  }

  arrive(id: number, { leaves, fates }: Caller): void {
    const controller = new AbortController();
    this.controllers.push(controller);
    if (leaves) void this.#scheduler.schedule(Promise.resolve(), `${id} leaves`).then(() => controller.abort(`${id} left`));
    const seen: Seen[] = [];
    const settle = (won: boolean): void => {
      this.settled.set(id, (this.settled.get(id) ?? 0) + 1);
      if (controller.signal.aborted) census.left += 1;
      // Whoever is still under way has lost.
      const others = seen.filter(({ over }) => !over);
      this.#expect(others.every(({ signal }) => signal.aborted), `call ${id} is over, and ${others.length} of its attempts are not aborted`);
      if (won) census.won += seen.length > 1 ? 1 : 0;
      census.lost += others.length;
    };
    this.#guard
      .execute((ctx) => this.#attempt(ctx, id, seen, fates[Math.min(seen.length, fates.length - 1)]!), controller.signal)
      .then(
        () => settle(true),
        (error: unknown) => {
          settle(false);
          if (controller.signal.aborted && typeof error === 'string') this.#expect(error === controller.signal.reason, `call ${id} has ${error}`);
        },
      );
  }

  #attempt({ signal, attempt }: Context, id: number, seen: Seen[], fate: Fate): unknown {
    const { max, attempts } = this.#setup;
    const { circuit } = this;
    const name = `attempt ${attempt} of ${id}`;
    this.#expect(circuit === undefined || circuit.state === 'closed' || circuit.state === 'half-open', `${name} starts under ${circuit?.state}`);
    this.#expect((seen.at(-1)?.number ?? 0) < attempt, `${name} starts after ${seen.at(-1)?.number}`);
    const one: Seen = { number: attempt, signal, over: false };
    seen.push(one);
    const under = seen.filter((other) => !other.over && !other.signal.aborted);
    this.#expect(under.length <= max, `${under.length} attempts of ${id} are under way`);
    this.#expect(seen.length <= attempts * max, `${id} makes ${seen.length} attempts`);
    if (circuit?.state === 'half-open') this.#expect(under.length === 1, `the probe of ${id} has company`);
    if (signal.aborted) this.#expect(false, `${name} starts aborted`);
    const end = (): string => {
      if (signal.aborted) census.late += 1;
      one.over = true;
      if (fate.startsWith('fails')) throw new Error(name);
      this.#answers += 1;
      return name;
    };
    if (fate.endsWith('at once')) return end();
    if (fate === 'hangs') return new Promise(() => {});
    if (fate === 'heeds') return new Promise((_, reject) => signal.addEventListener('abort', () => ((one.over = true), reject(signal.reason))));
    return this.#scheduler.schedule(Promise.resolve(), name).then(end);
  }

  /** Looks at what must hold in the end. */
  end(calls: number): void {
    this.#expect(this.settled.size === calls && [...this.settled.values()].every((times) => times === 1), `settled: ${JSON.stringify([...this.settled])}`);
    this.#expect(this.clock.armed === 0, `${this.clock.armed} timers are left`);
    const listeners = this.controllers.map(({ signal }) => getEventListeners(signal, 'abort').length);
    this.#expect(listeners.every((count) => count === 0), `listeners are left: ${listeners.join()}`);
    const { tokens } = this.#setup;
    if (tokens !== undefined) this.#expect(this.#hedges <= tokens + 0.5 * this.#answers, `${this.#hedges} hedges for ${tokens} tokens and ${this.#answers} answers`);
  }

  #expect(holds: boolean, sentence: string): void {
    if (!holds) this.wrong.push(sentence);
  }
}

describe('a hedge', () => {
  it('F6 R2 R18 C1 B7 B8 D7 holds its word under adversarial interleavings with all the other guards', async () => {
    await fc.assert(
      fc.asyncProperty(setups, callers, ticks, fc.scheduler(), async (setup, calls, steps, scheduler) => {
        const crowd = new Crowd(setup, scheduler);
        for (const [id, caller] of calls.entries()) {
          void scheduler.schedule(Promise.resolve(), `${id} arrives`).then(() => crowd.arrive(id, caller));
        }
        let passed: Promise<void> = Promise.resolve();
        for (const ms of steps) void scheduler.schedule(Promise.resolve(), `${ms} ms`).then(() => (passed = crowd.clock.advance(ms)));
        const exhaust = async (): Promise<void> => {
          do {
            while (scheduler.count() > 0) {
              await scheduler.waitNext(1);
              await passed;
              await flush();
            }
            // Nothing is left to happen but time.
            if (crowd.clock.armed > 0) await crowd.clock.advance(10);
            await flush();
          } while (scheduler.count() > 0 || crowd.clock.armed > 0);
        };
        await exhaust();
        // What nothing ends, the caller does.
        for (const controller of crowd.controllers) controller.abort('over');
        await flush();
        await exhaust();
        crowd.end(calls.length);
        expect(crowd.wrong).toEqual([]);
      }),
      { numRuns: 300 },
    );
    for (const [what, least] of [['hedged', 300], ['won', 100], ['lost', 100], ['opened', 50], ['recovered', 50], ['left', 50], ['refused', 20], ['late', 50]] as const) {
      expect(census[what], what).toBeGreaterThan(least);
    }
  });
});
