/** A shared bulkhead against a model, and under adversarial interleavings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  bulkhead,
  BulkheadRejectedError,
  CircuitOpenError,
  deadline,
  policy,
  retry,
  timeout,
  TimeoutError,
} from '../../src/index.ts';
import type { Context } from '../../src/core/attempt.ts';
import { fateOf, Stage, type Fate } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

type Step =
  | { readonly does: 'comes'; readonly guard: 0 | 1; readonly rank: number }
  | { readonly does: 'answers' | 'fails' | 'aborts'; readonly which: number }
  | { readonly does: 'passes'; readonly ms: number }
  | { readonly does: 'opens' | 'closes'; readonly guard: 0 | 1 }
  | { readonly does: 'turns'; readonly count: number };

const guards = fc.constantFrom(0 as const, 1 as const);
const step = (turns: number): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ does: fc.constant('comes' as const), guard: guards, rank: fc.integer({ min: 0, max: 2 }) }) },
    { weight: 5, arbitrary: fc.record({ does: fc.constantFrom('answers' as const, 'fails' as const), which: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constant('aborts' as const), which: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ does: fc.constant('passes' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('opens' as const, 'closes' as const), guard: guards }) },
    { weight: turns, arbitrary: fc.record({ does: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  );
const frames = fc.record({ limit: fc.integer({ min: 1, max: 3 }), queue: fc.integer({ min: 0, max: 4 }) });

const MAX_WAIT = 100;
const TIMEOUT = 70;

describe('a bulkhead that two policies share', () => {
  it('R23 R2 C9 A16 does what a model says: who runs, who waits, in which order, and what each call ends with', async () => {
    const seen = { waited: 0, full: 0, 'timed out waiting': 0, opened: 0, aborted: 0, late: 0, overtook: 0 };
    await fc.assert(
      fc.asyncProperty(frames, fc.array(step(0), { minLength: 10, maxLength: 60 }), async ({ limit, queue }, steps) => {
        const clock = new VirtualClock();
        const slots = bulkhead({ limit, queue, maxWait: MAX_WAIT, priority: (_id: number, rank: number) => rank });
        const circuits = [breaker({ failureThreshold: Infinity }), breaker({ failureThreshold: Infinity })] as const;
        const stage = new Stage(clock);
        const started: number[] = [];
        const run = (ctx: Context, id: number, _rank: number): Promise<unknown> => (started.push(id), stage.fn(ctx));
        const policies = circuits.map((circuit) => policy(circuit, slots, timeout(TIMEOUT), { clock }));
        const wrapped = policies.map((guard) =>
          guard.wrapWithContext(run, { signal: (id: number) => controllers[id]!.signal }),
        );
        const controllers: AbortController[] = [];
        const fates: Fate[] = [];

        // The model.
        interface Run { readonly id: number; until: number }
        let running: Run[] = [];
        let line: { id: number; rank: number; guard: number; until: number }[] = [];
        const order: number[] = [];
        const ends: (string | undefined)[] = [];
        const open = [false, false];
        const begin = (id: number): void => {
          order.push(id);
          running.push({ id, until: clock.time + TIMEOUT });
        };
        const giveBack = (id: number): void => {
          running = running.filter((one) => one.id !== id);
          const next = line.shift();
          if (next !== undefined) begin(next.id);
        };
        const leave = (id: number, end: string): void => {
          line = line.filter((one) => one.id !== id);
          ends[id] = end;
        };
        const pass = (to: number): void => {
          for (const one of line.filter(({ until }) => until <= to)) {
            leave(one.id, 'waited');
            seen['timed out waiting'] += 1;
          }
          for (const one of running.filter(({ id, until }) => until <= to && ends[id] === undefined)) ends[one.id] = 'cut';
        };

        for (const one of steps) {
          if (one.does === 'comes') {
            const id = fates.length;
            controllers.push(new AbortController());
            fates.push(fateOf(wrapped[one.guard]!(id, one.rank), clock));
            if (open[one.guard]) ends[id] = 'open';
            else if (running.length < limit) begin(id);
            else if (line.length >= queue) {
              ends[id] = 'full';
              seen.full += 1;
            } else {
              const at = line.findIndex(({ rank }) => rank < one.rank);
              line.splice(at < 0 ? line.length : at, 0, { id, rank: one.rank, guard: one.guard, until: clock.time + MAX_WAIT });
              seen.waited += 1;
              seen.overtook += Number(at >= 0);
            }
          } else if ((one.does === 'answers' || one.does === 'fails') && running.length > 0) {
            const { id } = running[one.which % running.length]!;
            const attempt = stage.at(started.indexOf(id));
            if (one.does === 'answers') attempt.resolve(id);
            else attempt.reject(new Error(`down ${id}`));
            if (ends[id] === undefined) ends[id] = one.does;
            else seen.late += 1;
            giveBack(id);
          } else if (one.does === 'aborts' && fates.length > 0) {
            const id = one.which % fates.length;
            controllers[id]!.abort('left');
            if (line.some((waiter) => waiter.id === id)) {
              leave(id, 'left');
              seen.aborted += 1;
            } else if (ends[id] === undefined) ends[id] = 'left';
          } else if (one.does === 'passes') {
            // One event at a time, so that the model need not know how those of one instant are ordered.
            const to = clock.time + one.ms;
            await clock.to(to);
            pass(to);
          } else if (one.does === 'opens' && !open[one.guard]) {
            open[one.guard] = true;
            circuits[one.guard].open();
            for (const waiter of line.filter(({ guard }) => guard === one.guard)) {
              leave(waiter.id, 'open');
              seen.opened += 1;
            }
          } else if (one.does === 'closes') {
            open[one.guard] = false;
            circuits[one.guard].reset();
          }
          await flush();
          expect([slots.running, slots.waiting]).toEqual([running.length, line.length]);
          expect(started).toEqual(order);
          expect(fates.map(endOf)).toEqual(fates.map((_, id) => ends[id]));
        }
        for (const { resolve } of stage.attempts) resolve('the end');
        await clock.drain();
        for (const { resolve } of stage.attempts) resolve('the end');
        await clock.drain();
        expect([slots.running, slots.waiting, clock.armed, fates.filter(({ state }) => state === 'pending').length]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 200 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(3);
  });

  it('R23 R2 C9 A16 loses no permit and doubles none, whatever happens within one tick', async () => {
    const seen = { waited: 0, 'left with a permit': 0, retried: 0, settled: 0 };
    await fc.assert(
      fc.asyncProperty(frames, fc.array(step(12), { minLength: 20, maxLength: 80 }), async ({ limit, queue }, steps) => {
        const clock = new VirtualClock();
        const slots = bulkhead({ limit, queue, maxWait: MAX_WAIT });
        const circuits = [breaker({ failureThreshold: 3, counts: 'attempts', recoveryTimeout: 50 }), breaker()] as const;
        const stage = new Stage(clock);
        const unsettled = new Set<number>();
        let most = 0;
        const run = (ctx: Context): Promise<unknown> => {
          const index = stage.attempts.length;
          const out = stage.fn(ctx);
          unsettled.add(index);
          most = Math.max(most, unsettled.size);
          seen.retried += Number(ctx.attempt > 1);
          return out;
        };
        const settle = (index: number, how: 'resolve' | 'reject', what: unknown): void => {
          unsettled.delete(index);
          stage.at(index)[how](what);
        };
        const policies = [
          policy(circuits[0], slots, timeout(TIMEOUT), retry({ attempts: 3, delay: [0, 5] }), { clock }),
          policy(circuits[1], slots, deadline(150), { clock }),
        ];
        policies.forEach((guard) => guard.onEvent(({ type }) => (seen.waited += Number(type === 'waiting'))));
        const controllers: AbortController[] = [];
        const fates: Fate[] = [];
        for (const one of steps) {
          if (one.does === 'comes') {
            const controller = new AbortController();
            controllers.push(controller);
            fates.push(fateOf(policies[one.guard]!.execute(run, controller.signal), clock));
          } else if ((one.does === 'answers' || one.does === 'fails') && unsettled.size > 0) {
            settle([...unsettled][one.which % unsettled.size]!, one.does === 'answers' ? 'resolve' : 'reject', 'what came of it');
          } else if (one.does === 'aborts' && fates.length > 0) {
            const before = slots.running;
            controllers[one.which % fates.length]!.abort('left');
            seen['left with a permit'] += Number(before > unsettled.size);
          } else if (one.does === 'passes') await clock.to(clock.time + one.ms);
          else if (one.does === 'opens') circuits[one.guard].open();
          else if (one.does === 'closes') circuits[one.guard].reset();
          else if (one.does === 'turns') for (let i = 0; i < one.count; i += 1) await Promise.resolve();
          // Never more than the limit, and whoever waits does so for a good reason.
          expect(slots.running).toBeLessThanOrEqual(limit);
          expect(slots.running).toBeGreaterThanOrEqual(unsettled.size);
          expect(slots.waiting).toBeLessThanOrEqual(queue);
          if (slots.waiting > 0) expect(slots.running).toBe(limit);
        }
        // Once the tick is over, who has a permit is at work.
        await flush();
        expect(slots.running).toBe(unsettled.size);
        for (let rounds = 0; rounds < 200 && (unsettled.size > 0 || clock.armed > 0); rounds += 1) {
          for (const index of unsettled) settle(index, 'resolve', 'the end');
          await clock.to(clock.time + 10);
        }
        expect([slots.running, slots.waiting, unsettled.size, clock.armed]).toEqual([0, 0, 0, 0]);
        expect(fates.filter(({ state }) => state === 'pending')).toEqual([]);
        expect(most).toBeLessThanOrEqual(limit);
        seen.settled += fates.length;
      }),
      { numRuns: 300 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
  });
});

/** What a call has come to, in a word of the model's. */
function endOf({ state, error }: Fate): string | undefined {
  if (state === 'pending') return undefined;
  if (state === 'value') return 'answers';
  if (error instanceof BulkheadRejectedError) return error.reason;
  if (error instanceof CircuitOpenError) return 'open';
  if (error instanceof TimeoutError) return 'cut';
  return error === 'left' ? 'left' : 'fails';
}
