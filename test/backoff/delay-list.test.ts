import { describe, expect, it } from 'vitest';
import { isIterable, listRule } from '../../src/backoff/delay-list.ts';
import { delaysOf, failed } from '../helpers/delays.ts';

const half = (): number => 0.5;

/** An iterable that tells what was done to it. */
function watched(entries: readonly unknown[]): Iterable<unknown> & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    [Symbol.iterator](): Iterator<unknown> {
      log.push('begin');
      let index = 0;
      return {
        next() {
          log.push('next');
          return index < entries.length ? { done: false, value: entries[index++] } : { done: true, value: undefined };
        },
        return() {
          log.push('return');
          return { done: true, value: undefined };
        },
      };
    },
  };
}

describe('isIterable', () => {
  it('knows lists from what is none', () => {
    const list = { *[Symbol.iterator]() {} };
    expect([[], new Set(), new Float64Array(1), list].map(isIterable)).toEqual([true, true, true, true]);
    expect(['text', {}, null, undefined, 5, { [Symbol.iterator]: 5 }].some(isIterable)).toBe(false);
  });
});

describe('listRule', () => {
  it('R19 gives its delays in order, and repeats the last when it runs out', () => {
    expect(delaysOf(listRule([10, 20, 30], 'none', 'x'), 5)).toEqual([10, 20, 30, 30, 30]);
    expect(delaysOf(listRule(watched([10, 20]), 'none', 'x'), 4)).toEqual([10, 20, 20, 20]);
  });

  it('R19 iterates anew for each call, and not before its first delay is wanted', () => {
    const list = watched([10, 20]);
    const rule = listRule(list, 'none', 'x');
    const sources = [rule.start(half), rule.start(half)];
    expect(list.log).toEqual([]);
    expect(sources.map((source) => source.next(failed(1)))).toEqual([10, 10]);
    expect(sources.map((source) => source.next(failed(2)))).toEqual([20, 20]);
    expect(list.log).toEqual(['begin', 'next', 'begin', 'next', 'next', 'next']);
  });

  it('R19 takes an infinite list', () => {
    const naturals = {
      *[Symbol.iterator]() {
        for (let n = 1; ; n += 1) yield n;
      },
    };
    expect(delaysOf(listRule(naturals, 'none', 'x'), 3)).toEqual([1, 2, 3]);
  });

  it.each([
    [
      'a generator object',
      (function* () {
        yield 1;
      })(),
    ],
    ['an iterator of an array', [1, 2].values()],
    ['an iterator of a map', new Map([[1, 2]]).values()],
  ])('R19 refuses %s, which can be iterated only once', (_, list) => {
    expect(() => listRule(list, 'none', 'retry: delay')).toThrow(
      new TypeError(
        'retry: delay must be a list that can be iterated anew for each call, as an array; got one that can be ' +
          'iterated only once, as a generator object is: give { [Symbol.iterator]: generatorFunction } instead',
      ),
    );
  });

  it('R19 takes a list that has a next of its own and yet is iterated anew', () => {
    const list = Object.assign(watched([5]), { next: () => 7 });
    expect(delaysOf(listRule(list, 'none', 'x'), 1)).toEqual([5]);
  });

  it('copies an array, so that changing it later changes nothing', () => {
    const delays = [10, 20];
    const rule = listRule(delays, 'none', 'x');
    delays[0] = NaN;
    expect(delaysOf(rule, 2)).toEqual([10, 20]);
    expect(delays).toEqual([NaN, 20]);
  });

  it('refuses a bad entry of an array at once, by its index', () => {
    expect(() => listRule([10, -1], 'none', 'retry: delay')).toThrow(
      new RangeError('retry: delay[1] must be a finite number of milliseconds, 0 or more, got -1'),
    );
    expect(() => listRule(Object.assign([10], { 2: 20 }), 'none', 'retry: delay')).toThrow(
      new TypeError('retry: delay[1] must be a finite number of milliseconds, 0 or more, got undefined'),
    );
  });

  it('refuses a bad entry of another list when it comes', () => {
    const source = listRule(watched([10, 'x']), 'none', 'retry: delay').start(half);
    source.next(failed(1));
    expect(() => source.next(failed(2))).toThrow(
      new TypeError('retry: delay: a delay of the list must be a finite number of milliseconds, 0 or more, got "x"'),
    );
  });

  it('refuses an empty array at once, any other empty list when a delay is wanted', () => {
    const error = new RangeError('retry: delay must be a list of at least one delay, got an empty one');
    expect(() => listRule([], 'none', 'retry: delay')).toThrow(error);
    const source = listRule(new Set(), 'none', 'retry: delay').start(half);
    expect(() => source.next(failed(1))).toThrow(error);
    expect(() => source.next(failed(2))).toThrow(error);
  });

  it('spreads its delays, and knows their size without jitter', () => {
    const source = listRule([100, 200], 'equal', 'x').start(half);
    const drawn = [1, 2, 3].map((attempt) => [source.next(failed(attempt)), source.nominal]);
    expect(drawn).toEqual([
      [75, 100],
      [150, 200],
      [150, 200],
    ]);
    expect(listRule([1], 'none', 'x').start(half).nominal).toBe(0);
  });

  it('draws decorrelated delays from the entry to three times the delay before, up to 30 s or the entry', () => {
    expect(delaysOf(listRule([100], 'decorrelated', 'x'), 7, () => 1)).toEqual([
      300, 900, 2_700, 8_100, 24_300, 30_000, 30_000,
    ]);
    expect(delaysOf(listRule([40_000], 'decorrelated', 'x'), 2, () => 1)).toEqual([40_000, 40_000]);
  });

  it('says what it is', () => {
    const plain = listRule([1], 'none', 'x');
    expect([plain.waits, plain.label, plain.describe]).toEqual([true, 'a list of delays', 'a list of delays']);
    expect(listRule([1], 'full', 'x').label).toBe('a list of delays, full jitter');
    expect(listRule([0], 'none', 'x').waits).toBe(true);
  });

  describe('when the call ends', () => {
    it('lets go of an iterator that was begun, once', () => {
      const list = watched([1, 2]);
      const source = listRule(list, 'none', 'x').start(half);
      source.next(failed(1));
      source.close();
      source.close();
      expect(list.log).toEqual(['begin', 'next', 'return']);
      expect(source.next(failed(2))).toBe(1);
    });

    it('leaves alone a list that was not begun, or has ended', () => {
      const list = watched([1]);
      const rule = listRule(list, 'none', 'x');
      rule.start(half).close();
      expect(list.log).toEqual([]);
      const source = rule.start(half);
      source.next(failed(1));
      source.next(failed(2));
      source.close();
      expect(list.log).toEqual(['begin', 'next', 'next']);
    });

    it('drops what the list throws when it cleans up, and needs no clean-up', () => {
      const iterator = { next: () => ({ done: false, value: 1 }) };
      const throwing = { ...iterator, return: () => JSON.parse('{') as never };
      for (const each of [iterator, throwing]) {
        const source = listRule({ [Symbol.iterator]: () => each }, 'none', 'x').start(half);
        source.next(failed(1));
        expect(() => source.close()).not.toThrow();
      }
    });
  });
});
