/** Calls that share runs, under any order of arrivals, aborts, deadlines and settlings. */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breaker, coalesce, deadline, policy, retry, timeout, type Context } from '../../src/index.ts';
import { deferred, type Deferred } from '../helpers/functions.ts';
import { fateOf, microtasks, type Fate } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

type Step =
  | { readonly does: 'comes'; readonly key: number; readonly own: boolean; readonly within: number | undefined }
  | { readonly does: 'aborts' | 'resolves' | 'rejects'; readonly which: number }
  | { readonly does: 'passes'; readonly microtasks: number }
  | { readonly does: 'waits'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('comes' as const),
      key: fc.nat(1),
      own: fc.boolean(),
      within: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 3, nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('aborts' as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('resolves' as const, 'rejects' as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('passes' as const), microtasks: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('waits' as const), ms: fc.nat(40) }) },
);

interface Run extends Deferred<unknown> {
  readonly key: number;
  readonly ctx: Context;
  settled: { readonly how: 'value' | 'error'; readonly what: unknown } | undefined;
}

interface Caller {
  readonly key: number;
  readonly run: Run;
  readonly fate: Fate;
  readonly controller: AbortController | undefined;
  readonly within: boolean;
  settlements: number;
  reason: unknown;
}

describe('coalesce', () => {
  it('makes at most one run a key, settles each caller once, and stops a run when, and only when, all have left it', async () => {
    const census = { shared: 0, left: 0, late: 0, stopped: 0, again: 0, values: 0, errors: 0 };
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 40, size: 'max' }), async (observed, steps) => {
        const clock = new VirtualClock();
        const circuit = breaker({ failureThreshold: 1_000 });
        const guard = policy(coalesce(), circuit, retry({ attempts: 1 }), timeout(1e6), { clock });
        if (observed) guard.onEvent(() => {});
        const runs: Run[] = [];
        const callers: Caller[] = [];
        let signal: AbortSignal | undefined;
        const load = guard.wrapWithContext(
          (ctx: Context, key: number) => {
            const run: Run = { ...deferred(), key, ctx, settled: undefined };
            // There is none of this key that is neither settled nor stopped.
            expect(runs.filter((other) => other.key === key && other.settled === undefined && !other.ctx.signal.aborted)).toEqual([]);
            runs.push(run);
            return run.promise;
          },
          { signal: () => signal },
        );
        const waiting = (run: Run): Caller[] => callers.filter((caller) => caller.run === run && caller.reason === undefined && caller.fate.state === 'pending');
        for (const one of steps) {
          if (one.does === 'passes') await microtasks(one.microtasks);
          else if (one.does === 'waits') await clock.advance(one.ms);
          else if (one.does === 'comes') {
            const controller = one.own ? new AbortController() : undefined;
            signal = controller?.signal;
            const before = runs.length;
            const limited = one.within === undefined ? undefined : policy(deadline(one.within), { clock }).wrap(load);
            // Under a deadline of its own it may be the one that starts the run; then that is the deadline of the run.
            const starts = !runs.some((run) => run.key === one.key && run.settled === undefined && !run.ctx.signal.aborted);
            const within = limited !== undefined && !starts;
            const promise = within ? limited(one.key) : load(one.key);
            const run = runs.length > before ? runs.at(-1) : runs.findLast(({ key }) => key === one.key);
            if (runs.length === before) census.shared += 1;
            else if (runs.some((other) => other !== run && other.key === one.key)) census.again += 1;
            const caller: Caller = { key: one.key, run: run!, fate: fateOf(promise, clock), controller, within, settlements: 0, reason: undefined };
            promise.then(
              () => (caller.settlements += 1),
              () => (caller.settlements += 1),
            );
            callers.push(caller);
          } else if (one.does === 'aborts') {
            const caller = callers[one.which % Math.max(1, callers.length)];
            if (caller?.controller === undefined || caller.controller.signal.aborted) continue;
            const others = waiting(caller.run).filter((other) => other !== caller);
            const here = waiting(caller.run).includes(caller) && caller.run.settled === undefined;
            const reason = { caller };
            caller.controller.abort(reason);
            if (!here) continue;
            caller.reason = reason;
            census.left += 1;
            // At once, and only where nobody else waits; one whose own time is over has left, too.
            if (others.length === 0) {
              expect(caller.run.ctx.signal.reason).toBe(reason);
              census.stopped += 1;
            } else expect(caller.run.ctx.signal.aborted).toBe(false);
          } else {
            const run = runs[one.which % Math.max(1, runs.length)];
            if (run === undefined || run.settled !== undefined) continue;
            const what = { run };
            run.settled = { how: one.does === 'resolves' ? 'value' : 'error', what };
            run[one.does === 'resolves' ? 'resolve' : 'reject'](what);
            if (run.ctx.signal.aborted) census.late += 1;
            await flush();
          }
        }
        for (const run of runs) {
          if (run.settled !== undefined) continue;
          run.settled = { how: 'value', what: { run } };
          run.resolve(run.settled.what);
        }
        await flush();
        for (const { fate, run, reason, settlements, within, controller } of callers) {
          expect(settlements).toBe(1);
          if (reason !== undefined) expect(fate.error).toBe(reason);
          else if (within && fate.error?.name === 'DeadlineExceededError') expect(fate.state).toBe('error');
          else expect([fate.state, fate.state === 'value' ? fate.value : fate.error]).toEqual([run.settled?.how, run.settled?.what]);
          if (fate.state === 'value') census.values += 1;
          else if (fate.error === run.settled?.what) census.errors += 1;
          if (controller !== undefined) expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
        }
        // Each run is one call of the circuit: those that were stopped say nothing.
        const { admitted, succeeded, failed, ignored } = circuit.stats();
        expect(admitted).toBe(runs.length);
        expect(succeeded + failed + ignored).toBe(runs.length);
        expect(ignored).toBe(runs.filter(({ ctx }) => ctx.signal.aborted).length);
        expect([(guard as unknown as { '~idle': boolean })['~idle'], clock.armed]).toEqual([true, 0]);
      }),
      { numRuns: 400 },
    );
    expect(Math.min(...Object.values(census))).toBeGreaterThan(50);
  });
});
