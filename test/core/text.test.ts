import { describe, expect, it } from 'vitest';
import { show, showMs } from '../../src/core/text.ts';

describe('show', () => {
  it.each([
    ['a string', 'a "b"', '"a \\"b\\""'],
    ['a bigint', 12n, '12n'],
    ['a number', -0.5, '-0.5'],
    ['what is not a number', NaN, 'NaN'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a boolean', true, 'true'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a function', function load() {}, 'the function load'],
    ['a function without a name', (() => () => {})(), 'the function (without a name)'],
    ['an array', [1, 2, 3], 'an array of 3'],
    ['an object', { a: 1 }, 'an object'],
    ['an object without a prototype', Object.create(null), 'an object'],
    ['an object of a class', new Map(), 'an object of Map'],
    [
      'an object with a tag alone',
      Object.assign(Object.create(null), { [Symbol.toStringTag]: 'Odd' }),
      'an object of Odd',
    ],
  ])('names %s', (_, value, text) => {
    expect(show(value)).toBe(text);
  });

  it('cuts a long string', () => {
    expect(show('x'.repeat(61))).toBe(`"${'x'.repeat(60)}…"`);
    expect(show('x'.repeat(60))).toBe(`"${'x'.repeat(60)}"`);
  });

  it('stays calm where reading the value throws', () => {
    const boom = (): never => {
      throw new Error('read');
    };
    expect(show(new Proxy({}, { get: boom }))).toBe('an object that cannot be read');
    expect(show(new Proxy(() => {}, { get: boom }))).toBe('the function (without a name)');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(show(proxy)).toBe('an object that cannot be read');
  });

  it('does not take a name that is no string', () => {
    class Odd {
      static readonly name: unknown = 7;
    }
    expect(show(Odd)).toBe('the function (without a name)');
    expect(show(new Odd())).toBe('an object');
  });
});

describe('showMs', () => {
  it.each([
    [0, '0 ms'],
    [250, '250 ms'],
    [0.12345, '0.123 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [1_500, '1.5 s'],
    [60_000, '60 s'],
    [119_999, '119.999 s'],
    [120_000, '2 min'],
    [7_199_999, '120 min'],
    [7_200_000, '2 h'],
    [86_400_000, '24 h'],
    [Infinity, 'never'],
  ])('writes %d as people do', (ms, text) => {
    expect(showMs(ms)).toBe(text);
  });
});
