import { describe, expect, it } from 'vitest';
import { constant, delayMs, exponential, linear } from '../../src/backoff/backoff.ts';
import {
  type Backoff,
  delayOf,
  isBackoff,
  jitterOf,
  MAX_DELAY,
  nominalDelay,
} from '../../src/backoff/backoff-data.ts';

const nominals = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, (_, index) => nominalDelay(backoff, index));

const half = (): number => 0.5;

describe('MAX_DELAY', () => {
  it('is the longest time that a timer takes', () => {
    expect(MAX_DELAY).toBe(2_147_483_647);
  });
});

describe('constant', () => {
  it('gives the same delay for ever', () => {
    expect(nominals(constant(250), 3)).toEqual([250, 250, 250]);
  });

  it('is frozen plain data', () => {
    const backoff = constant(250, { jitter: 'full' });
    expect(backoff).toEqual({ '~backoff': 'constant', first: 250, step: 0, factor: 1, max: 30_000, jitter: 'full' });
    expect(Object.isFrozen(backoff)).toBe(true);
  });

  it('has the delay itself as its ceiling where that is above 30 seconds', () => {
    expect(constant(45_000).max).toBe(45_000);
  });

  it('C2 takes a longer delay than a timer can for the longest that it can', () => {
    expect([constant(2 ** 31).first, constant(Infinity).first]).toEqual([MAX_DELAY, MAX_DELAY]);
  });

  it('gives no negative zero', () => {
    expect(constant(-0).first).toBe(0);
  });

  it.each<[unknown, string]>([
    [NaN, 'RangeError: constant: the delay must be a duration in milliseconds, 0 or more, got NaN'],
    [-1, 'RangeError: constant: the delay must be a duration in milliseconds, 0 or more, got -1'],
    ['5', 'TypeError: constant: the delay must be a duration in milliseconds, 0 or more, got "5"'],
    [5n, 'TypeError: constant: the delay must be a duration in milliseconds, 0 or more, got 5n'],
  ])('C3 refuses a delay of %s', (ms, message) => {
    expect(() => constant(ms as number)).toThrow(asError(message));
  });

  it('refuses options that it does not have', () => {
    const options = { max: 5 } as object;
    expect(() => constant(5, options)).toThrow(asError('TypeError: constant has no option "max"; it has jitter'));
    expect(() => constant(5, { jitter: 'some' as 'full' })).toThrow(
      asError('TypeError: constant: jitter must be "full" or "equal" or "decorrelated" or "none", got "some"'),
    );
  });
});

describe('linear', () => {
  it('adds a step a retry, up to the ceiling', () => {
    expect(nominals(linear({ first: 100, step: 50, max: 220 }), 4)).toEqual([100, 150, 200, 220]);
  });

  it('begins at 500 ms, adds 500 ms and ends at 30 s where nothing is said', () => {
    const backoff = linear();
    expect(backoff).toEqual({ '~backoff': 'linear', first: 500, step: 500, factor: 1, max: 30_000, jitter: undefined });
    expect(Object.isFrozen(backoff)).toBe(true);
    expect(nominalDelay(backoff, 59)).toBe(30_000);
  });

  it('refuses a first delay above its ceiling, and takes one at it', () => {
    expect(linear({ first: 40, max: 40 }).first).toBe(40);
    expect(() => linear({ first: 41, max: 40 })).toThrow(
      asError('RangeError: linear: first must be at most max (40), got 41'),
    );
  });

  it('refuses options that are not what they should be, by name', () => {
    expect(() => linear({ first: NaN })).toThrow(
      asError('RangeError: linear: first must be a duration in milliseconds, 0 or more, got NaN'),
    );
    expect(() => linear({ step: -5 })).toThrow(
      asError('RangeError: linear: step must be a duration in milliseconds, 0 or more, got -5'),
    );
    expect(() => linear({ factor: 2 } as object)).toThrow(
      asError('TypeError: linear has no option "factor"; it has first, step, max, jitter'),
    );
  });
});

describe('exponential', () => {
  it('multiplies with every retry, up to the ceiling', () => {
    expect(nominals(exponential({ first: 100, factor: 3, max: 1_000 }), 4)).toEqual([100, 300, 900, 1_000]);
  });

  it('begins at 500 ms, doubles and ends at 30 s where nothing is said', () => {
    const backoff = exponential();
    expect(backoff).toEqual({
      '~backoff': 'exponential',
      first: 500,
      step: 0,
      factor: 2,
      max: 30_000,
      jitter: undefined,
    });
    expect(Object.isFrozen(backoff)).toBe(true);
    expect(nominals(backoff, 8)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('C2 takes a ceiling above what a timer can for the longest that it can', () => {
    expect(exponential({ max: Infinity }).max).toBe(MAX_DELAY);
    expect(nominalDelay(exponential({ max: Infinity }), 5_000)).toBe(MAX_DELAY);
  });

  it('takes a factor of 1, which does not grow', () => {
    expect(nominals(exponential({ factor: 1 }), 2)).toEqual([500, 500]);
  });

  it.each([0.99, 0, -1, NaN, Infinity])('refuses a factor of %s', (factor) => {
    expect(() => exponential({ factor })).toThrow(
      asError(`RangeError: exponential: factor must be a finite number of at least 1, got ${factor}`),
    );
  });

  it('refuses a first delay above its ceiling, also above the default one', () => {
    expect(exponential({ first: 30_000 }).first).toBe(30_000);
    expect(() => exponential({ first: 60_000 })).toThrow(
      asError('RangeError: exponential: first must be at most max (30000), got 60000'),
    );
  });

  it('D9 reads own options only, and changes none', () => {
    const options = Object.freeze(Object.assign(Object.create({ first: 1 }) as object, { factor: 4 }));
    expect(exponential(options)).toMatchObject({ first: 500, factor: 4 });
  });
});

describe('delayMs', () => {
  it('takes a duration for a delay', () => {
    expect([delayMs(0, 'x'), delayMs(5.5, 'x'), delayMs(1e300, 'x')]).toEqual([0, 5.5, MAX_DELAY]);
  });
});

describe('isBackoff', () => {
  it('knows the three kinds, also one that was copied', () => {
    expect([constant(1), linear(), exponential(), { ...linear() }].map(isBackoff)).toEqual([true, true, true, true]);
  });

  it('knows what is none', () => {
    const none = [undefined, null, 5, 'linear', {}, [], { '~backoff': 'cubic' }, { '~backoff': undefined }, exponential];
    expect(none.map(isBackoff)).toEqual(none.map(() => false));
  });
});

describe('jitterOf', () => {
  it('prefers the jitter of the backoff itself', () => {
    expect(jitterOf(exponential({ jitter: 'none' }), 'equal')).toBe('none');
  });

  it('takes the one of the retry where the backoff has none', () => {
    expect(jitterOf(exponential(), 'equal')).toBe('equal');
  });

  it('is full for exponential and none for the others where nothing was said', () => {
    expect([exponential(), linear(), constant(5)].map((backoff) => jitterOf(backoff, undefined))).toEqual([
      'full',
      'none',
      'none',
    ]);
  });
});

describe('delayOf', () => {
  it('is the nominal delay where there is no jitter', () => {
    expect(delayOf(exponential(), 2, undefined, 'none', half)).toBe(2_000);
  });

  it('spreads the nominal delay', () => {
    expect(delayOf(exponential(), 2, undefined, 'full', half)).toBe(1_000);
    expect(delayOf(linear(), 1, undefined, 'equal', half)).toBe(750);
  });

  it('draws decorrelated delays from the first to three times the one before, whatever the index', () => {
    expect(delayOf(exponential(), 9, undefined, 'decorrelated', () => 1)).toBe(1_500);
    expect(delayOf(exponential(), 0, 4_000, 'decorrelated', () => 1)).toBe(12_000);
    expect(delayOf(exponential(), 0, 20_000, 'decorrelated', () => 1)).toBe(30_000);
  });

  it('B9 stays within the ceiling where powers and products overflow', () => {
    for (const index of [1_024, 1e6, 1e15]) {
      expect(nominalDelay(exponential(), index)).toBe(30_000);
      expect(nominalDelay(exponential({ first: 0, factor: 1e300 }), index)).toBe(0);
      expect(nominalDelay(linear({ step: Infinity, max: Infinity }), index)).toBe(MAX_DELAY);
    }
  });
});

/** What `toThrow` compares: the kind of error and its whole message. */
function asError(text: string): Error {
  const [name, message] = [text.slice(0, text.indexOf(': ')), text.slice(text.indexOf(': ') + 2)];
  return name === 'TypeError' ? new TypeError(message) : new RangeError(message);
}
