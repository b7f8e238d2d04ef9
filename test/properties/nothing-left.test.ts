/** Whatever calls do and whenever they are aborted: each settles, and nothing of it is left. */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  breaker, bulkhead, cache, coalesce, deadline, fallback, hedge, policy, rateLimit, retry, slidingWindow, timeout, tokenBucket,
} from '../../src/index.ts';
import type { AnyPolicy, Context } from '../../src/index.ts';
import { outcomeOf } from '../helpers/functions.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

type Step = { readonly does: 'value' | 'throw' | 'reject' | 'hang' | 'heed'; readonly after: number };

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom<Step['does'][]>('value', 'throw', 'reject', 'hang', 'heed'),
  after: fc.nat(40),
});
const call = fc.record({
  starts: fc.nat(60),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  aborts: fc.option(fc.nat(150), { nil: undefined }),
});
const layers = fc.record({
  breaker: fc.option(
    fc.record({
      failureThreshold: fc.integer({ min: 1, max: 3 }),
      counts: fc.constantFrom('calls' as const, 'attempts' as const),
      whenOpen: fc.constantFrom('reject' as const, 'wait' as const),
    }),
    { nil: undefined },
  ),
  deadline: fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
  retry: fc.option(fc.record({ attempts: fc.integer({ min: 1, max: 4 }), delay: fc.constantFrom(0, 0.5, 10, 30) }), {
    nil: undefined,
  }),
  hedge: fc.option(fc.record({ after: fc.constantFrom(1, 5, 20), max: fc.integer({ min: 2, max: 3 }) }), { nil: undefined }),
  rateLimit: fc.option(
    fc.record({ limit: fc.constantFrom(slidingWindow({ limit: 2, per: 40 }), tokenBucket({ limit: 1, per: 10, burst: 3 })), maxWait: fc.constantFrom(15, Infinity) }),
    { nil: undefined },
  ),
  cache: fc.option(fc.record({ ttl: fc.constantFrom(10, 50), staleIfError: fc.constantFrom(0, 50), key: fc.constant(() => 'one') }), { freq: 2, nil: undefined }),
  coalesce: fc.option(fc.constant({ key: () => 'one' }), { freq: 2, nil: undefined }),
  bulkhead: fc.option(fc.record({ limit: fc.integer({ min: 1, max: 2 }), queue: fc.integer({ min: 0, max: 3 }) }), { nil: undefined }),
  timeout: fc.option(
    fc.record({
      after: fc.integer({ min: 1, max: 50 }),
      mode: fc.constantFrom('aggressive' as const, 'cooperative' as const),
    }),
    { nil: undefined },
  ),
  fallback: fc.option(step, { nil: undefined }),
  nested: fc.boolean(),
});

const boom = new Error('boom');

/** Does what a step says, on the clock. */
function perform({ does, after }: Step, signal: () => AbortSignal, clock: VirtualClock): unknown {
  if (does === 'throw') throw boom;
  if (does === 'value' && after === 0) return 'at once';
  return new Promise((resolve, reject) => {
    if (does === 'value') clock.setTimer(() => resolve('later'), after);
    else if (does === 'reject') clock.setTimer(() => reject(boom), after);
    else if (does === 'heed') signal().addEventListener('abort', () => reject(new Error('heeded')));
  });
}

describe('policy', () => {
  it('C1 B7 B8 C4 D7 A5 leaves no timer, no listener, no promise and no slot of any call, whatever happens in it', { timeout: 60_000 }, async () => {
    let busy = 0;
    await fc.assert(
      fc.asyncProperty(layers, fc.array(call, { minLength: 1, maxLength: 6 }), async (given, calls) => {
        const clock = new VirtualClock();
        const circuit = given.breaker && breaker({ ...given.breaker, recoveryTimeout: 25 });
        const slots = given.bulkhead && bulkhead(given.bulkhead);
        const limiter = given.rateLimit && rateLimit(given.rateLimit);
        const answer = given.fallback;
        let underWay = 0;
        const parts: (AnyPolicy | undefined)[] = [
          circuit,
          given.deadline === undefined ? undefined : deadline(given.deadline),
          given.retry && retry(given.retry),
          given.hedge && hedge(given.hedge),
          given.cache && cache(given.cache),
          given.coalesce && coalesce(given.coalesce),
          limiter,
          slots,
          given.timeout && timeout(given.timeout),
          answer && fallback((_error, ctx) => perform(answer, () => ctx.signal, clock)),
        ];
        const guard = policy(...(parts.filter((part) => part !== undefined) as []), { clock }) as AnyPolicy;
        const around = given.nested
          ? policy(...((circuit ? [circuit] : []) as []), retry({ attempts: 2, delay: 5 }), { clock })
          : undefined;
        const shared = new AbortController();
        const outcomes = calls.map(async ({ starts, steps, aborts }) => {
          const own = new AbortController();
          let attempts = 0;
          const fn = guard.wrapWithContext(
            (ctx: Context) => {
              const out = perform(steps[Math.min(attempts++, steps.length - 1)] as Step, () => ctx.signal, clock);
              if (!(out instanceof Promise)) return out;
              underWay += 1;
              return out.finally(() => (underWay -= 1));
            },
            {
              signal: own.signal,
            },
          );
          await new Promise<void>((resolve) => clock.setTimer(resolve, starts));
          if (aborts !== undefined) clock.setTimer(() => own.abort('mine'), aborts);
          const outcome = await outcomeOf(
            around === undefined ? policy({ clock }).execute(fn, shared.signal) : around.execute(fn, shared.signal),
          );
          expect(getEventListeners(own.signal, 'abort')).toHaveLength(0);
          return outcome;
        });
        const settled = Promise.all(outcomes);
        // A call that fails for ever is held for ever, while nothing ends it: for a while is enough.
        await clock.drain(2_000);
        // What no limit ends, the caller does.
        shared.abort('over');
        busy += (await settled).filter(([kind]) => kind === 'error').length;
        await clock.drain();
        await flush();
        expect([clock.armed, getEventListeners(shared.signal, 'abort').length]).toEqual([0, 0]);
        expect([circuit?.waiting ?? 0, limiter?.waiting ?? 0]).toEqual([0, 0]);
        // Every slot of a probe has come back: the recovery time is all that there is to wait for.
        await clock.advance(25);
        expect(circuit?.isOpen() ?? false).toBe(false);
        // A permit is out for each function that runs on, and for nothing else.
        expect([slots?.waiting ?? 0, slots?.running ?? underWay]).toEqual([0, underWay]);
      }),
      { numRuns: 300 },
    );
    expect(busy).toBeGreaterThan(100);
  });
});
