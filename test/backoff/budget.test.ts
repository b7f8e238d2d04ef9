import { describe, expect, it } from 'vitest';
import { readBudget, type RetryBudget, retryBudget } from '../../src/backoff/budget.ts';

/** A task that fails at every attempt, of which it has three; answers how often it retried. */
function failingTask(budget: RetryBudget): number {
  for (let retries = 0; ; retries += 1) {
    const granted = budget['~failed']();
    if (!granted || retries === 2) return retries;
  }
}

describe('retryBudget', () => {
  it('S20 grants exactly 4 retries to 40 tasks that fail at once', () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.1 });
    const granted = Array.from({ length: 40 }, () => budget['~failed']()).filter(Boolean).length;
    const further = Array.from({ length: granted }, () => budget['~failed']()).filter(Boolean).length;
    expect(granted + further).toBe(4);
  });

  it('S20 grants exactly 3 retries to 40 tasks that fail one after another', () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.1 });
    const retries = Array.from({ length: 40 }, () => failingTask(budget));
    expect(retries.reduce((sum, n) => sum + n)).toBe(3);
    expect(retries.slice(0, 3)).toEqual([2, 1, 0]);
  });

  it('S20 grants in another frame as many as leave more than half: 49 of 100 at once', () => {
    const budget = retryBudget({ tokens: 100, ratio: 1 });
    expect(Array.from({ length: 400 }, () => budget['~failed']()).filter(Boolean).length).toBe(49);
  });

  it('R18 charges every failure one token, down to none', () => {
    const budget = retryBudget({ tokens: 2, ratio: 0.5 });
    const left = [1, 2, 3].map(() => (budget['~failed'](), budget.tokens));
    expect(left).toEqual([1, 0, 0]);
  });

  it('R18 gives back the ratio for every success, up to what it can hold', () => {
    const budget = retryBudget({ tokens: 3, ratio: 0.4 });
    budget['~failed']();
    const left = [1, 2, 3, 4].map(() => (budget['~succeeded'](), budget.tokens));
    expect(left).toEqual([2.4, 2.8, 3, 3]);
  });

  it('R18 grants a retry only while the tokens after the cost exceed half', () => {
    const budget = retryBudget({ tokens: 4, ratio: 0.1 });
    expect(budget['~failed']()).toBe(true);
    expect(budget['~failed']()).toBe(false);
    for (let n = 0; n < 10; n += 1) budget['~succeeded']();
    expect(budget['~failed']()).toBe(false);
    for (let n = 0; n < 11; n += 1) budget['~succeeded']();
    expect(budget['~failed']()).toBe(true);
  });

  it('counts in thousandths, so that ten tenths are one', () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.1 });
    budget['~failed']();
    for (let n = 0; n < 10; n += 1) budget['~succeeded']();
    expect(budget.tokens).toBe(10);
    expect(retryBudget({ tokens: 10, ratio: 0.12345 }).ratio).toBe(0.123);
  });

  it('tells what it holds and can hold, and lets nobody change it', () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.25 });
    expect([budget.tokens, budget.maxTokens, budget.ratio]).toEqual([10, 10, 0.25]);
    expect(Object.isFrozen(budget)).toBe(true);
  });

  it.each([0, 1_000_001, 1.5, -1, NaN, Infinity])('refuses %s tokens', (tokens) => {
    expect(() => retryBudget({ tokens, ratio: 0.1 })).toThrow(
      new RangeError(`retryBudget: tokens must be a whole number from 1 to 1000000, got ${tokens}`),
    );
  });

  it.each([0, 0.0009, 1.001, -1, NaN, Infinity])('refuses a ratio of %s', (ratio) => {
    expect(() => retryBudget({ tokens: 10, ratio })).toThrow(
      new RangeError(`retryBudget: ratio must be a number from 0.001 to 1, got ${ratio}`),
    );
  });

  it('takes the ends of the ranges', () => {
    expect([retryBudget({ tokens: 1, ratio: 1 }).ratio, retryBudget({ tokens: 1_000_000, ratio: 0.001 }).ratio]).toEqual([
      1, 0.001,
    ]);
  });

  it('refuses options that are missing or unknown', () => {
    expect(() => retryBudget(undefined as never)).toThrow(
      new TypeError('retryBudget: tokens must be a whole number from 1 to 1000000, got undefined'),
    );
    expect(() => retryBudget({ tokens: 10, ratio: 0.1, max: 10 } as never)).toThrow(
      new TypeError('retryBudget has no option "max"; it has tokens, ratio'),
    );
  });
});

describe('readBudget', () => {
  it('R27 hands on the very budget that it was given', () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.1 });
    expect(readBudget(budget, 'retry: budget')).toBe(budget);
  });

  it.each([undefined, null, 5, {}, { tokens: 10, ratio: 0.1 }, { '~failed': () => true }, { '~succeeded': () => 1 }])(
    'refuses %s',
    (value) => {
      expect(() => readBudget(value, 'retry: budget')).toThrow(
        /^retry: budget must be a budget made by retryBudget\(\{ tokens, ratio \}\), got /,
      );
      expect(() => readBudget(value, 'retry: budget')).toThrow(TypeError);
    },
  );
});
