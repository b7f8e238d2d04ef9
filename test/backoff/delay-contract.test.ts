import { describe, expect, it } from 'vitest';
import { checkedDelay, keepsNothing } from '../../src/backoff/delay-contract.ts';

describe('checkedDelay', () => {
  it('B9 hands on a finite delay, cut to the longest that a timer takes', () => {
    expect([checkedDelay(0, 'x'), checkedDelay(-0, 'x'), checkedDelay(1.5, 'x')]).toEqual([0, 0, 1.5]);
    expect([checkedDelay(2 ** 31, 'x'), checkedDelay(Number.MAX_VALUE, 'x')]).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
  });

  it.each([NaN, -1, -Number.MIN_VALUE, Infinity, -Infinity])('B9 refuses %s', (value) => {
    expect(() => checkedDelay(value, 'the list')).toThrow(
      new RangeError(`the list must be a finite number of milliseconds, 0 or more, got ${value}`),
    );
  });

  it.each([undefined, null, '5', 5n, {}, new Number(5)])('refuses %s, which is no number', (value) => {
    expect(() => checkedDelay(value, 'the list')).toThrow(TypeError);
    expect(() => checkedDelay(value, 'the list')).toThrow(
      /^the list must be a finite number of milliseconds, 0 or more, got /,
    );
  });
});

describe('keepsNothing', () => {
  it('does nothing', () => {
    expect(keepsNothing()).toBeUndefined();
  });
});
