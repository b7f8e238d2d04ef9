import { describe, expect, it } from 'vitest';
import { withCause } from '../../src/core/cause.ts';

const original = new Error('the first');

describe('withCause', () => {
  it('D11 sets the cause of an error that has none, where it does not show when the error is printed', () => {
    const error = new Error('the second');
    expect(withCause(error, original)).toBe(error);
    expect(error.cause).toBe(original);
    expect(Object.keys(error)).toEqual([]);
  });

  it('D11 sets it where a cause of undefined stands', () => {
    const error = new Error('the second', { cause: undefined });
    expect(withCause(error, original)).toBe(error);
    expect(error.cause).toBe(original);
  });

  it('D11 sets it at the end of the causes there are', () => {
    const inner = new Error('inner');
    const error = new Error('outer', { cause: new Error('middle', { cause: inner }) });
    expect(withCause(error, original)).toBe(error);
    expect(inner.cause).toBe(original);
  });

  it('D11 leaves an error alone from which the original can be reached', () => {
    const error = new Error('outer', { cause: original });
    expect(withCause(error, original)).toBe(error);
    expect(withCause(original, original)).toBe(original);
    expect(original).not.toHaveProperty('cause');
  });

  it('D11 does not set a cause on the original in a circle', () => {
    const chained = new Error('the first', { cause: new Error('its own') });
    expect(withCause(new Error('outer', { cause: chained }), chained)).toHaveProperty('cause', chained);
  });

  it.each([
    ['a primitive', 'no error'],
    ['nothing', undefined],
    ['an object', { an: 'object' }],
    ['a frozen error', Object.freeze(new Error('frozen'))],
    ['an error whose cause is a primitive', new Error('outer', { cause: 'why' })],
  ])('D11 D4 puts both into one where nothing can be set: %s', (_, error) => {
    const both = withCause(error, original) as AggregateError;
    expect(both).toBeInstanceOf(AggregateError);
    expect(both.errors).toEqual([error, original]);
    expect(both.errors[0]).toBe(error);
    expect(both.cause).toBe(original);
  });

  it('D11 puts both into one where the causes run in a circle', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect((withCause(a, original) as AggregateError).errors).toEqual([a, original]);
  });

  it('D11 D4 puts both into one where the error cannot be read', () => {
    const refuse = (): never => {
      throw new Error('read');
    };
    const hostile = new Proxy(new Error('x'), {
      get: refuse,
      getPrototypeOf: refuse,
      getOwnPropertyDescriptor: refuse,
    });
    const hostileCause = Object.defineProperty(new Error('x'), 'cause', { get: refuse });
    for (const error of [hostile, hostileCause]) {
      const both = withCause(error, original) as AggregateError;
      expect(both.errors[0]).toBe(error);
      expect(both.errors[1]).toBe(original);
    }
  });
});
