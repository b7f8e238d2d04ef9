import { describe, expect, it } from 'vitest';
import { peek } from '../../src/backoff/peek.ts';

describe('peek', () => {
  it('reads a property, also of a prototype', () => {
    expect([peek({ a: 1 }, 'a'), peek([], Symbol.iterator)]).toEqual([1, Array.prototype[Symbol.iterator]]);
  });

  it.each([undefined, null, 5, 'text', () => 1])('finds nothing on %s, which is no object', (value) => {
    expect([peek(value, 'length'), peek(value, 'toString')]).toEqual([undefined, undefined]);
  });

  it('D4 finds nothing where reading throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = {
      get a(): never {
        throw new Error('no');
      },
    };
    expect([peek(proxy, 'a'), peek(hostile, 'a')]).toEqual([undefined, undefined]);
  });
});
