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

  it('D11 B13 changes nothing about an error that the original was caused by: a handler unwrapped it', () => {
    const last = new Error('the last attempt');
    const open = new Error('the circuit is open', { cause: new Error('between', { cause: last }) });
    expect(withCause(last, open)).toBe(last);
    const around = new Error('outer', { cause: last });
    expect(withCause(around, open)).toBe(around);
    expect(last).not.toHaveProperty('cause');
  });

  it('D11 B13 says of an error that is thrown for several calls what came last, and leaves their own errors alone', () => {
    const shared = new Error('no cache');
    const outer = new Error('outer', { cause: shared });
    const originals = [1, 2, 3].map((n) => new Error(`call ${n}`));
    for (const one of originals) {
      for (const error of [shared, outer]) {
        expect(withCause(error, one)).toBe(error);
        expect(shared.cause).toBe(one);
        expect(one).not.toHaveProperty('cause');
      }
    }
    expect(withCause(shared, 'a primitive')).toHaveProperty('cause', 'a primitive');
  });

  it('D11 keeps a cause that was set by somebody else since', () => {
    const error = new Error('the second');
    withCause(error, new Error('another call'));
    const theirs = new Error('theirs');
    error.cause = theirs;
    expect(withCause(error, original)).toBe(error);
    expect(error.cause).toBe(theirs);
    expect(theirs.cause).toBe(original);
  });

  it('D11 D4 reads the causes of the original as far as they can be read', () => {
    const hostile = new Proxy(new Error('x'), {
      getPrototypeOf: () => {
        throw new Error('read');
      },
    });
    const error = new Error('the second');
    expect(withCause(error, hostile)).toBe(error);
    expect(error.cause).toBe(hostile);
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
