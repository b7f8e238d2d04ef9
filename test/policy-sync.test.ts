import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, deadline, fallback, policy, retry, timeout } from '../src/index.ts';
import type { AnyPolicy } from '../src/index.ts';
import { outcomeOf, thrownBy } from './helpers/functions.ts';
import { flush } from './helpers/virtual-clock.ts';

const boom = new Error('boom');

describe('wrapSync and executeSync', () => {
  const sync = policy(breaker({ failureThreshold: 2 }), retry({ attempts: 2, delay: 0 }), fallback('plan B'));

  it('R24 answer directly, with `this` and arguments', () => {
    const read = sync.wrapSync(function read(this: { base: number }, n: number) {
      return this.base + n;
    });
    expect([read.name, read.length, read.call({ base: 1 }, 2)]).toEqual(['read', 1, 3]);
    expect(sync.executeSync(({ attempt, signal }) => [attempt, signal.aborted])).toEqual([1, false]);
  });

  it('R24 throw directly, by identity', () => {
    const guard = policy(breaker(), retry({ attempts: 2, delay: 0 }));
    for (const thrown of [boom, undefined, null, 0])
      expect(
        thrownBy(() =>
          guard.executeSync(() => {
            throw thrown;
          }),
        ),
      ).toBe(thrown);
  });

  it('R24 the colour of a policy is that of its slowest layer', () => {
    expect(
      [policy(), sync, policy(sync, timeout(5)), retry(), retry({ delay: 0 })].map(
        (guard) => (guard as AnyPolicy)['~mode'],
      ),
    ).toEqual(['sync', 'sync', 'async', 'async', 'sync']);
  });

  it('R24 are on the same circuit as their promising twins', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    expect(
      thrownBy(() =>
        circuit.executeSync(() => {
          throw boom;
        }),
      ),
    ).toBe(boom);
    await outcomeOf(
      circuit.execute(() => {
        throw boom;
      }),
    );
    expect(thrownBy(() => circuit.executeSync(() => 1))).toBeInstanceOf(CircuitOpenError);
    expect(thrownBy(() => circuit.wrapSync(() => 1)())).toBeInstanceOf(CircuitOpenError);
  });

  it.each([
    ['a timeout', timeout(30_000), 'timeout 30 s'],
    ['a deadline', deadline(90_000), 'deadline 90 s'],
    ['a retry that waits', retry({ delay: 5 }), 'retry ×3'],
  ])('R24 refuse a policy with %s, and say why', (_, slow, label) => {
    const guard = policy(breaker(), slow) as unknown as typeof sync;
    expect(() => guard.wrapSync(() => 1)).toThrow(
      new TypeError(`wrapSync: ${label} needs time, so the policy cannot answer at once; use wrap or execute`),
    );
    expect(() => guard.executeSync(() => 1)).toThrow(
      new TypeError(`executeSync: ${label} needs time, so the policy cannot answer at once; use wrap or execute`),
    );
  });

  it.each([
    ['a promise', () => Promise.reject(boom)],
    ['a promise that resolves', () => Promise.resolve(1)],
    ['a thenable', () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(boom) })],
    [
      'a hostile thenable',
      () => ({
        then: () => {
          throw boom;
        },
      }),
    ],
  ])('R24 refuse a function that answers with %s, which says nothing to the breaker', async (_, fn) => {
    const circuit = breaker({ failureThreshold: 1 });
    let calls = 0;
    const guard = policy(circuit, retry({ attempts: 3, delay: 0 }), fallback('plan B'));
    const error = thrownBy(() => guard.executeSync((() => ((calls += 1), fn())) as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toBe(
      'TypeError: wrapSync and executeSync take a function that does not return a promise: use wrap or execute',
    );
    expect(thrownBy(() => circuit.wrapSync(fn as never)())).toBeInstanceOf(TypeError);
    await flush();
    expect([calls, circuit.state, circuit.stats()]).toMatchObject([
      1,
      'closed',
      { ignored: 2, failed: 0, succeeded: 0 },
    ]);
  });

  it('R24 refuse a fallback that answers with a promise', async () => {
    const guard = fallback(() => Promise.reject(boom)) as unknown as typeof sync;
    const error = thrownBy(() =>
      guard.executeSync(() => {
        throw boom;
      }),
    ) as Error;
    expect([error.name, error.cause]).toEqual(['TypeError', boom]);
    await flush();
  });

  it('B13 B14 repeat falsy errors, too', () => {
    let calls = 0;
    expect(
      thrownBy(() =>
        retry({ attempts: 4, delay: 0 }).executeSync(() => {
          calls += 1;
          throw undefined;
        }),
      ),
    ).toBeUndefined();
    expect(calls).toBe(4);
  });
});
