import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, fallback, policy, retry, timeout } from '../src/index.ts';
import { isPolicy } from '../src/policy.ts';
import { hangs, outcomeOf } from './helpers/functions.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

const boom = new Error('boom');

describe('policy', () => {
  it('R27 takes a policy of another copy of the package, by its structure', async () => {
    const foreign = { '~layers': (fallback('plan B') as unknown as Record<'~layers', unknown>)['~layers'] };
    const guard = policy(retry({ attempts: 2, delay: 0 }), foreign as never);
    expect(String(guard)).toBe('retry ×2 ▸ fn, else fallback');
    expect(await guard.execute(() => Promise.reject(boom))).toBe('plan B');
  });

  it('F1 is the identity without parts, and flattens policies of several layers', async () => {
    expect(await policy().execute(() => 7)).toBe(7);
    const inner = policy(timeout(5), policy(retry()));
    expect(String(policy(fallback(1), inner, policy(policy(breaker()))))).toBe(
      'breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 5 ms ▸ fn, else fallback',
    );
  });

  it('R27 takes the very same part given twice, also inside others, as one', () => {
    const [circuit, limit] = [breaker(), timeout(5)];
    expect(String(policy(circuit, policy(circuit, limit) as never, limit as never))).toBe(
      'breaker(5 in a row, 60 s) ▸ timeout 5 ms ▸ fn',
    );
    expect(() => policy(breaker(), breaker() as never)).toThrow(/^a policy can have only one breaker/);
  });

  it('R27 linking and wrapping make no circuit: state is that of the object', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    const [a, b] = [
      policy(circuit, retry({ attempts: 1 })).wrap(() => Promise.reject(boom)),
      policy(circuit, timeout(500)),
    ];
    await outcomeOf(a());
    await outcomeOf(b.execute(() => Promise.reject(boom)));
    expect([circuit.state, b.circuit === circuit]).toEqual(['open', true]);
    expect((await outcomeOf(a()))[1]).toBeInstanceOf(CircuitOpenError);
    expect(policy(retry()).circuit).toBeUndefined();
  });

  it('R29 runs on the clock that any part names', async () => {
    const clock = new VirtualClock();
    for (const guard of [
      policy(retry({ delay: 100, attempts: 2, clock }), timeout(50)),
      policy(retry({ delay: 100, attempts: 2 }), timeout(50), { clock }),
    ]) {
      const call = outcomeOf(guard.execute(hangs));
      const begun = clock.time;
      await clock.drain();
      expect([(await call)[0], clock.time - begun]).toEqual(['error', 200]);
    }
  });

  it('R29 refuses parts with different clocks, and a shared breaker on two', () => {
    const [a, b] = [new VirtualClock(), new VirtualClock()];
    expect(() => policy(retry({ clock: a }), timeout({ after: 5, clock: b }))).toThrow(/^a policy has one clock/);
    expect(() => policy(policy(retry(), { clock: a }), timeout(5), { clock: b })).toThrow(/^a policy has one clock/);
    expect(() => policy(policy(retry(), { clock: a }), policy(timeout(5), { clock: b }))).toThrow(
      /^a policy has one clock/,
    );
  });

  it('R31 an open period ends with the wall clock where the machine slept, and a wall clock that goes back does not prolong it', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 60_000, clock });
    circuit.open();
    clock.wallStart -= 3_600_000;
    await clock.to(30_000);
    expect(circuit.retryAfterMs).toBe(30_000);
    clock.wallStart += 3_600_000 + 30_000;
    expect(circuit.isOpen()).toBe(false);
    expect(await circuit.execute(() => 'probe')).toBe('probe');
    expect(circuit.state).toBe('closed');
  });
});

describe('isPolicy', () => {
  it.each([
    [retry(), true],
    [policy(), true],
    [{ '~layers': [] }, true],
    [{}, false],
    [null, false],
    [undefined, false],
    [retry, false],
    [{ '~layers': 7 }, false],
  ])('%# knows a policy', (value, is) => {
    expect(isPolicy(value)).toBe(is);
  });
});
