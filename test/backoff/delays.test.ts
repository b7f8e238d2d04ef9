import { IterableBackoff } from 'cockatiel';
import { describe, expect, it } from 'vitest';
import { constant, exponential, linear } from '../../src/backoff/backoff.ts';
import { type DelayContext, delayRule } from '../../src/backoff/delays.ts';
import { delaysOf, failed } from '../helpers/delays.ts';

const AT = 'retry: delay';
const half = (): number => 0.5;

describe('delayRule', () => {
  describe('when nothing is given', () => {
    it('is exponential with full jitter', () => {
      const rule = delayRule(undefined, undefined, AT);
      expect(rule.label).toBe('500 ms ×2 up to 30 s, full jitter');
      expect(rule.describe).toEqual({ kind: 'exponential', first: 500, factor: 2, max: 30_000, jitter: 'full' });
      expect(delaysOf(rule, 8)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    });

    it('takes the jitter of the retry', () => {
      expect(delaysOf(delayRule(undefined, 'none', AT), 3)).toEqual([500, 1_000, 2_000]);
    });
  });

  describe('with a number', () => {
    it('waits as long before every retry', () => {
      const rule = delayRule(250, undefined, AT);
      expect(delaysOf(rule, 2)).toEqual([250, 250]);
      expect([rule.waits, rule.label, rule.describe]).toEqual([true, '250 ms', 250]);
    });

    it('takes the jitter of the retry', () => {
      const rule = delayRule(100, 'decorrelated', AT);
      expect(delaysOf(rule, 3, () => 1)).toEqual([300, 900, 2_700]);
      expect(rule.label).toBe('100 ms, decorrelated jitter');
      expect(delaysOf(delayRule(100, 'equal', AT), 2)).toEqual([75, 75]);
    });

    it('R17 never waits with 0, also with a jitter', () => {
      for (const jitter of [undefined, 'full', 'equal', 'decorrelated', 'none'] as const) {
        const rule = delayRule(0, jitter, AT);
        expect([rule.waits, rule.describe, ...delaysOf(rule, 2)]).toEqual([false, 0, 0, 0]);
      }
      expect([delayRule(-0, undefined, AT).waits, delayRule(-0, undefined, AT).describe]).toEqual([false, 0]);
    });

    it('C2 takes a longer one than a timer can for the longest that it can', () => {
      expect(delaysOf(delayRule(Infinity, undefined, AT), 1)).toEqual([2 ** 31 - 1]);
    });

    it.each([NaN, -1])('C3 refuses %s', (value) => {
      expect(() => delayRule(value, undefined, AT)).toThrow(
        new RangeError(`retry: delay must be a duration in milliseconds, 0 or more, got ${value}`),
      );
    });
  });

  describe('with a backoff', () => {
    it('draws its delays anew for each call', () => {
      const rule = delayRule(linear({ first: 1, step: 1 }), undefined, AT);
      expect([delaysOf(rule, 3), delaysOf(rule, 2)]).toEqual([
        [1, 2, 3],
        [1, 2],
      ]);
      expect([rule.waits, rule.label]).toEqual([true, '1 ms +1 ms up to 30 s']);
    });

    it('prefers its own jitter to the one of the retry', () => {
      expect(delaysOf(delayRule(constant(100, { jitter: 'none' }), 'full', AT), 1)).toEqual([100]);
      expect(delaysOf(delayRule(constant(100), 'full', AT), 1)).toEqual([50]);
    });

    it('draws decorrelated delays from the one before', () => {
      const rule = delayRule(exponential({ first: 100, jitter: 'decorrelated', max: 2_000 }), undefined, AT);
      expect(delaysOf(rule, 4, () => 1)).toEqual([300, 900, 2_000, 2_000]);
    });

    it('knows the size of the last delay without its jitter', () => {
      const source = delayRule(exponential(), 'full', AT).start(half);
      const sizes = [source.nominal, source.next(failed(1)), source.nominal, source.next(failed(2)), source.nominal];
      expect(sizes).toEqual([0, 250, 500, 500, 1_000]);
      expect(source.close()).toBeUndefined();
    });

    it('waits with a constant of 0 as well, so that a hint is read', () => {
      expect(delayRule(constant(0), undefined, AT).waits).toBe(true);
    });
  });

  describe('with a list', () => {
    it('R19 draws from it, spread by the jitter of the retry', () => {
      expect(delaysOf(delayRule([10, 20], undefined, AT), 3)).toEqual([10, 20, 20]);
      expect(delaysOf(delayRule(new Set([10, 20]), 'full', AT), 3)).toEqual([5, 10, 10]);
    });

    it('R19 refuses a string, which could be iterated', () => {
      const message = 'must be a number of milliseconds, a backoff such as exponential(), a list of delays or a function, got "100"';
      expect(() => delayRule('100', undefined, AT)).toThrow(new TypeError(`retry: delay ${message}`));
    });

    it('R19 refuses a generator object, by the name of the option', () => {
      const once = (function* () {
        yield 1;
      })();
      expect(() => delayRule(once, undefined, AT)).toThrow(/^retry: delay must be a list that can be iterated anew/);
    });
  });

  describe('with a function', () => {
    it('asks it after each failure, with what failed, and takes its answer without jitter', () => {
      const seen: DelayContext[] = [];
      const rule = delayRule((context: DelayContext) => seen.push(context) * 100, 'full', AT);
      const source = rule.start(half);
      const contexts = [failed(1), failed(2)];
      const drawn = contexts.map((context) => [source.nominal, source.next(context), source.nominal]);
      expect(drawn).toEqual([
        [0, 100, 100],
        [100, 200, 200],
      ]);
      expect(seen.map((context, index) => context === contexts[index])).toEqual([true, true]);
      expect([rule.waits, rule.label, rule.describe]).toEqual([true, 'a function', 'a function']);
      expect(source.close()).toBeUndefined();
    });

    it('takes a promise of a delay, and any other thenable', async () => {
      const source = delayRule(() => Promise.resolve(30), undefined, AT).start(half);
      const delay = source.next(failed(1));
      expect([delay instanceof Promise, source.nominal]).toEqual([true, 0]);
      expect([await delay, source.nominal]).toEqual([30, 30]);
      const thenable = { then: (done: (ms: number) => void): void => done(40) };
      expect(await delayRule(() => thenable, undefined, AT).start(half).next(failed(1))).toBe(40);
    });

    it('B9 cuts its answer to the longest that a timer takes', () => {
      expect(delaysOf(delayRule(() => 1e12, undefined, AT), 1)).toEqual([2 ** 31 - 1]);
    });

    it('B9 throws where the answer is no delay, and rejects where the promised one is none', async () => {
      const message = 'retry: delay: what the function answers must be a finite number of milliseconds, 0 or more, got ';
      const next = (answer: unknown): unknown => delayRule(() => answer, undefined, AT).start(half).next(failed(1));
      expect(() => next(NaN)).toThrow(new RangeError(`${message}NaN`));
      expect(() => next(undefined)).toThrow(new TypeError(`${message}undefined`));
      expect(() => next(exponential)).toThrow(new TypeError(`${message}the function exponential`));
      await expect(next(Promise.resolve(-1))).rejects.toThrow(new RangeError(`${message}-1`));
      await expect(next({})).rejects.toThrow(new TypeError(`${message}an object`));
    });

    it('lets through what it throws or rejects with', async () => {
      const boom = new Error('boom');
      const throwing = (): never => {
        throw boom;
      };
      expect(() => delayRule(throwing, undefined, AT).start(half).next(failed(1))).toThrow(boom);
      await expect(delayRule(() => Promise.reject(boom), undefined, AT).start(half).next(failed(1))).rejects.toBe(boom);
    });

    it.each([constant, linear, exponential])('refuses the factory $name uncalled', (factory) => {
      expect(() => delayRule(factory, undefined, AT)).toThrow(
        new TypeError(`retry: delay must be a backoff, got the function ${factory.name}: call it`),
      );
    });
  });

  it('takes a cockatiel backoff as it is', () => {
    expect(delaysOf(delayRule(new IterableBackoff([10, 20]), 'full', AT), 3)).toEqual([10, 20, 20]);
  });

  it.each([null, true, 5n, Symbol('x'), {}, { next: 5 }, { '~backoff': 'cubic' }, /x/, new Date(0), 'x'])(
    'C3 refuses %s',
    (value) => {
      expect(() => delayRule(value, undefined, AT)).toThrow(TypeError);
      expect(() => delayRule(value, undefined, AT)).toThrow(
        /^retry: delay must be a number of milliseconds, a backoff such as exponential\(\), a list of delays or a function, got /,
      );
    },
  );
});
