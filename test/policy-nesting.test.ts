import { describe, expect, it } from 'vitest';
import { breaker, deadline, policy, retry, timeout } from '../src/index.ts';
import { hangs, outcomeOf, thrownBy } from './helpers/functions.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';

const boom = new Error('boom');

describe('nesting', () => {
  it('R26 hands the signal of the attempt inward: outer.wrap(inner.wrap(fn)) cancels the function', async () => {
    const clock = new VirtualClock();
    const seen: AbortSignal[] = [];
    const inner = retry({ attempts: 3, clock }).wrapWithContext(({ signal }) => (seen.push(signal), hangs()));
    const call = outcomeOf(timeout({ after: 50, clock }).wrap(inner)());
    await clock.to(50);
    const [, error] = await call;
    expect(error).toMatchObject({ name: 'TimeoutError', after: 50 });
    expect(seen.map(({ aborted, reason }) => [aborted, reason === error])).toEqual([[true, true]]);
    expect(clock.armed).toBe(0);
  });

  it('R26 nested deadlines take the smaller', async () => {
    for (const [outer, inner] of [
      [100, 5_000],
      [5_000, 100],
    ] as const) {
      const clock = new VirtualClock();
      const call = outcomeOf(deadline(outer, { clock }).wrap(deadline(inner, { clock }).wrap(hangs))());
      await clock.drain();
      expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError' });
      expect(clock.time).toBe(100);
    }
  });

  it('R26 an inner deadline sees what is left of the outer one: no wait that cannot fit', async () => {
    const clock = new VirtualClock();
    const call = outcomeOf(
      deadline(100, { clock }).wrap(retry({ delay: 200, clock }).wrap(() => Promise.reject(boom)))(),
    );
    expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError', cause: boom });
    expect(clock.time).toBe(0);
  });

  it.each(['async', 'sync'] as const)(
    'R26 passes an inner occurrence of the same breaker unguarded: one call, one record, also for a probe (%s)',
    async (colour) => {
      const clock = new VirtualClock();
      const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 1, clock });
      const run = async (fn: () => number): Promise<unknown> =>
        colour === 'async' ? circuit.wrap(circuit.wrap(fn))() : circuit.wrapSync(circuit.wrapSync(fn))();
      expect(await run(() => 7)).toBe(7);
      expect(circuit.stats()).toMatchObject({ admitted: 1, succeeded: 1 });
      circuit.open();
      await clock.advance(1);
      expect(await run(() => 8)).toBe(8);
      expect([circuit.state, circuit.stats().admitted]).toEqual(['closed', 2]);
    },
  );

  it('R26 passes it also where a synchronous function is called by a promising policy', async () => {
    const circuit = breaker();
    expect(await policy(circuit, timeout(5_000)).wrap(circuit.wrapSync((n: number) => n + 1))(1)).toBe(2);
    expect(circuit.stats()).toMatchObject({ admitted: 1, succeeded: 1 });
  });

  it('R24 refuses a promising function under a synchronous policy', async () => {
    const circuit = breaker();
    const error = thrownBy(() => circuit.wrapSync(retry().wrap(() => 1) as never)());
    expect(error).toBeInstanceOf(TypeError);
    await flush();
  });

  it('R26 keeps `this` and arguments through both', async () => {
    const both = retry().wrap(
      timeout(500).wrap(function (this: { base: number }, n: number) {
        return this.base + n;
      }),
    );
    expect(await both.call({ base: 1 }, 2)).toBe(3);
  });
});
