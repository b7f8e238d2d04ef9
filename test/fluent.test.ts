import { describe, expect, it } from 'vitest';
import { breaker, deadline, fallback, Policy, policy, retry, timeout } from '../src/index.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

const chain = Policy.breaker({ failureThreshold: 5 })
  .retry({ attempts: 3 })
  .timeout(30_000)
  .deadline(90_000)
  .fallback('unknown');

describe('Policy', () => {
  it('F2 says the same as the function form', () => {
    const form = policy(
      fallback('unknown'),
      timeout(30_000),
      deadline(90_000),
      retry({ attempts: 3 }),
      breaker({ failureThreshold: 5 }),
    );
    expect(String(chain)).toBe(String(form));
    expect(chain.describe()).toEqual(form.describe());
  });

  it('is the empty policy', async () => {
    expect([String(Policy), Policy.describe(), Policy.circuit]).toEqual(['fn', [], undefined]);
    expect(await Policy.execute(() => 7)).toBe(7);
    expect(Policy.executeSync(() => 7)).toBe(7);
  });

  it('F1 puts the steps in the one order, whatever their order', () => {
    expect(String(Policy.fallback(1).timeout(5).retry().breaker())).toBe(
      String(Policy.breaker().retry().timeout(5).fallback(1)),
    );
  });

  it('has steps that are policies of their own, none of which changes another', async () => {
    const base = Policy.retry({ attempts: 2, delay: 0 });
    const [a, b] = [base.timeout(5), base.fallback('plan B')];
    expect([String(base), String(a), String(b), String(Policy)]).toEqual([
      'retry ×2 ▸ fn',
      'retry ×2 ▸ timeout 5 ms ▸ fn',
      'retry ×2 ▸ fn, else fallback',
      'fn',
    ]);
    expect(await b.execute(() => Promise.reject(new Error('no plan A')))).toBe('plan B');
  });

  it('passes the options of each step on', async () => {
    const clock = new VirtualClock();
    const guard = Policy.deadline(100, { clock }).fallback('plan B', { handle: TypeError });
    expect(await guard.execute(() => Promise.reject(new TypeError('x')))).toBe('plan B');
    await expect(guard.execute(() => Promise.reject(new RangeError('x')))).rejects.toThrow(RangeError);
  });

  it('R27 takes ready-made policies: a breaker given to several chains is one circuit', () => {
    const circuit = breaker();
    const [a, b] = [Policy.with(circuit).retry(), Policy.timeout(5).with(circuit, fallback(1))];
    expect([a.circuit === circuit, b.circuit === circuit]).toEqual([true, true]);
    expect(String(b)).toBe('breaker(5 in a row, 60 s) ▸ timeout 5 ms ▸ fn, else fallback');
    expect(String(Policy.with())).toBe('fn');
    expect(String(Policy.with(policy(retry(), timeout(5))).breaker())).toBe(
      'breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 5 ms ▸ fn',
    );
  });

  it('refuses a kind twice', () => {
    expect(() => (Policy.retry() as never as typeof Policy).retry()).toThrow(
      /^a policy can have only one retry, got retry ×3 and retry ×3; to nest them/,
    );
    expect(() => Policy.with(retry() as never, retry() as never)).toThrow(/^a policy can have only one retry/);
  });
});

describe('a wrong spelling', () => {
  it.each([
    ['Policy.breaker(breaker())', () => Policy.breaker(breaker() as never)],
    ['Policy.retry(retry())', () => Policy.retry(retry() as never)],
    ['Policy.timeout(timeout(5))', () => Policy.timeout(timeout(5) as never)],
    ['Policy.deadline(deadline(5))', () => Policy.deadline(deadline(5) as never)],
    ['Policy.deadline(5, deadline(5))', () => Policy.deadline(5, deadline(5) as never)],
    ["Policy.fallback(fallback('x'))", () => Policy.fallback(fallback('x'))],
    ["Policy.fallback('x', retry())", () => Policy.fallback('x', retry() as never)],
    ['fallback(policy(retry(), timeout(5)))', () => fallback(policy(retry(), timeout(5)))],
  ])('is answered by an error that shows the right one: %s', (_, wrong) => {
    expect(wrong).toThrow(TypeError);
    expect(wrong).toThrow(/a ready-made policy.*(policy\(a, b\) or Policy\.with\(a, b\))/);
  });

  it.each([
    [
      'policy(breaker)',
      () => policy(breaker as never),
      'policy expects policies, got the function breaker as argument 1: call it, as in policy(breaker(…))',
    ],
    [
      'policy(retry(), timeout)',
      () => policy(retry(), timeout as never),
      'policy expects policies, got the function timeout as argument 2: call it, as in policy(timeout(…))',
    ],
    [
      'Policy.with(retry)',
      () => Policy.with(retry as never),
      'Policy.with expects policies, got the function retry as argument 1: call it, as in Policy.with(retry(…))',
    ],
    [
      'policy(() => …)',
      () => policy((() => () => {})() as never),
      'policy expects policies, got the function (without a name) as argument 1',
    ],
    [
      'policy([…])',
      () => policy([retry()] as never),
      'policy expects policies, got an array of 1 as argument 1: spread it, as in policy(...parts)',
    ],
    [
      'policy(3)',
      () => policy(3 as never),
      'policy expects policies, got 3 as argument 1: write policy(breaker({ failureThreshold: 5 }), retry({ attempts: 3 }))',
    ],
    [
      'policy(undefined)',
      () => policy(undefined as never),
      'policy expects policies, got undefined as argument 1: write policy(',
    ],
    [
      'policy({ …options }, retry())',
      () => policy({}, retry()),
      'policy expects policies, got an object as argument 1: write policy(',
    ],
    [
      "Policy.with('retry')",
      () => Policy.with('retry' as never),
      'Policy.with expects policies, got "retry" as argument 1: write Policy.with(',
    ],
    [
      'policy(new Map())',
      () => policy(new Map() as never),
      'policy expects policies, got an object of Map as argument 1: write policy(',
    ],
  ])('is answered by an error that shows the right one: %s', (_, wrong, message) => {
    expect(wrong).toThrow(TypeError);
    expect(wrong).toThrow(message);
  });

  it.each([
    ['policy({ retry: … })', () => policy({ retry: { attempts: 3 } } as never)],
    ['policy({ failureThreshold: … })', () => policy({ failureThreshold: 5 } as never)],
    ['policy(retry(), { attempts: … })', () => policy(retry(), { attempts: 3 } as never)],
  ])('says that options belong to the parts: %s', (_, wrong) => {
    expect(wrong).toThrow(TypeError);
    expect(wrong).toThrow(
      /^policy has no option "\w+"; it has clock, onListenerError: write policy\(breaker\(\{ failureThreshold: 5 \}\), retry\(\{ attempts: 3 \}\)\)/,
    );
  });
});
