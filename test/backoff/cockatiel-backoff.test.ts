import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { describe, expect, it } from 'vitest';
import { cockatielChain, cockatielRule, isCockatielBackoff } from '../../src/backoff/cockatiel-backoff.ts';
import { delaysOf, failed } from '../helpers/delays.ts';

const half = (): number => 0.5;

describe('isCockatielBackoff', () => {
  it('knows a factory by its next, and takes an iterator for none', () => {
    expect(isCockatielBackoff(new cockatiel3.ConstantBackoff(5))).toBe(true);
    expect([{}, { next: 5 }, null, [].values(), () => 1].some(isCockatielBackoff)).toBe(false);
  });
});

describe.each([
  ['3.2.1', cockatiel3],
  ['4.0.0', cockatiel4],
])('cockatielRule with cockatiel %s', (_, cockatiel) => {
  const { ConstantBackoff, DelegateBackoff, ExponentialBackoff, IterableBackoff, noJitterGenerator } = cockatiel;

  it('draws the delays of its own backoffs', () => {
    const exponential = new ExponentialBackoff({ generator: noJitterGenerator, initialDelay: 100, maxDelay: 500 });
    expect(delaysOf(cockatielRule(new ConstantBackoff(5), 'x'), 3)).toEqual([5, 5, 5]);
    expect(delaysOf(cockatielRule(new IterableBackoff([1, 2]), 'x'), 3)).toEqual([1, 2, 2]);
    expect(delaysOf(cockatielRule(exponential, 'x'), 4)).toEqual([100, 200, 400, 500]);
  });

  it('begins anew for each call', () => {
    const rule = cockatielRule(new IterableBackoff([1, 2]), 'x');
    expect([delaysOf(rule, 2), delaysOf(rule, 2)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('hands over the context that its retry gives: attempt, result, signal', () => {
    const seen: { attempt: number; result: unknown; signal: AbortSignal }[] = [];
    const backoff = new DelegateBackoff<(typeof seen)[number]>((context) => seen.push(context));
    const source = cockatielRule(backoff, 'x').start(half);
    const [first, error] = [failed(1), new Error('boom')];
    expect(source.next(failed(1, error))).toBe(1);
    expect(source.next({ attempt: 2, value: 503, signal: first.signal })).toBe(2);
    expect(seen.map(({ attempt, result }) => [attempt, result])).toEqual([
      [1, { error }],
      [2, { value: 503 }],
    ]);
    expect(seen[1]?.signal).toBe(first.signal);
  });
});

describe('cockatielRule', () => {
  it('knows the size of the last delay', () => {
    const source = cockatielRule(new cockatiel3.IterableBackoff([7, 9]), 'x').start(half);
    const sizes = [source.nominal, source.next(failed(1)), source.nominal, source.next(failed(2)), source.nominal];
    expect(sizes).toEqual([0, 7, 7, 9, 9]);
    expect(source.close()).toBeUndefined();
  });

  it('does not read the signal where the backoff does not', () => {
    const context = {
      attempt: 1,
      error: 'failed',
      get signal(): AbortSignal {
        throw new Error('read');
      },
    };
    expect(cockatielRule(new cockatiel3.ConstantBackoff(5), 'x').start(half).next(context)).toBe(5);
  });

  it('says what it is', () => {
    const { waits, label, describe: data } = cockatielRule(new cockatiel3.ConstantBackoff(0), 'x');
    expect([waits, label, data]).toEqual([true, 'a cockatiel backoff', 'a cockatiel backoff']);
  });
});

describe('cockatielChain', () => {
  it.each([undefined, null, {}, { duration: 'x' }])('B9 refuses %s for a delay', (link) => {
    const draw = cockatielChain({ next: () => link as never }, 'retry: delay');
    expect(() => draw({})).toThrow(TypeError);
    expect(() => draw({})).toThrow(/^retry: delay: the duration that the cockatiel backoff gives must be /);
  });

  it('stays where it was when a delay is none, and calls next as a method', () => {
    const durations = [1, NaN, 3];
    const factory = {
      durations,
      next() {
        return { ...this, duration: this.durations.shift() as number };
      },
    };
    const draw = cockatielChain(factory, 'x');
    expect(draw({})).toBe(1);
    expect(() => draw({})).toThrow(RangeError);
    expect(draw({})).toBe(3);
  });
});
