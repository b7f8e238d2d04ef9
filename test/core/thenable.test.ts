import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { adopt, disregard, settle, thenOf } from '../../src/core/thenable.ts';
import { thrownBy } from '../helpers/functions.ts';

const boom = new Error('boom');

/** A thenable that answers with `value`, and how often its `then` was read. */
function thenable(then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): {
  reads: number;
} {
  const value = {
    reads: 0,
    get then() {
      value.reads += 1;
      return then;
    },
  };
  return value;
}

describe('adopt', () => {
  it.each([undefined, null, 0, '', false, 'text', 7n, Symbol.iterator, {}, [], () => {}, { then: 7 }])(
    'R25 D3 D4 hands on what is no thenable: %s',
    (value) => {
      expect(adopt(value)).toBe(value);
    },
  );

  it('R25 hands on a native promise', () => {
    const promise = Promise.resolve(1);
    expect(adopt(promise)).toBe(promise);
  });

  it('R25 D2 reads `then` once and gives a native promise', async () => {
    const given = thenable((resolve) => resolve('value'));
    const out = adopt(given);
    expect(out).toBeInstanceOf(Promise);
    expect(await out).toBe('value');
    expect(given.reads).toBe(1);
  });

  it('R25 D2 adopts a function with a `then`, a derived promise, and a promise of another realm', async () => {
    class Derived extends Promise<unknown> {}
    const callable = Object.assign(() => {}, { then: (resolve: (value: unknown) => void) => resolve('callable') });
    for (const [given, value] of [
      [callable, 'callable'],
      [Derived.resolve('derived'), 'derived'],
      [runInNewContext('Promise.resolve("far away")'), 'far away'],
    ] as [unknown, string][]) {
      const out = adopt(given) as Promise<unknown>;
      expect(out.constructor).toBe(Promise);
      expect(await out).toBe(value);
    }
  });

  it('R25 D2 adopts a native promise whose `then` was replaced, and reads that once', async () => {
    let reads = 0;
    const promise = Object.defineProperty(Promise.resolve('own'), 'then', {
      get() {
        reads += 1;
        return (resolve: (value: unknown) => void) => resolve('replaced');
      },
    });
    const out = adopt(promise);
    expect(out).not.toBe(promise);
    expect(await out).toBe('replaced');
    expect(reads).toBe(1);
  });

  it('D2 takes the first answer of a thenable that answers twice, and its error only when it came first', async () => {
    const twice = thenable((resolve, reject) => {
      resolve('first');
      resolve('second');
      reject(boom);
    });
    expect(await adopt(twice)).toBe('first');
    const late = thenable((resolve) => {
      resolve('first');
      throw boom;
    });
    expect(await adopt(late)).toBe('first');
    const never = thenable(() => {
      throw boom;
    });
    await expect(adopt(never)).rejects.toBe(boom);
  });

  it('D2 throws what reading a `then` throws', () => {
    const hostile = {
      get then() {
        throw boom;
      },
    };
    expect(thrownBy(() => adopt(hostile))).toBe(boom);
  });
});

describe('thenOf', () => {
  it('is the `then` of what has one', () => {
    const then = (): void => {};
    expect(thenOf({ then })).toBe(then);
    expect([undefined, null, 'text', {}, { then: 1 }].map(thenOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('disregard', () => {
  it('says of a promise that it is one, and swallows its rejection', () => {
    expect(disregard(Promise.reject(boom))).toBe(true);
    expect(disregard(Promise.resolve())).toBe(true);
  });

  it('D2 says so also of a hostile one', () => {
    expect(
      disregard(
        thenable(() => {
          throw boom;
        }),
      ),
    ).toBe(true);
  });

  it.each([undefined, null, true, 'ignore', {}, () => {}])('says of %s that it is none', (value) => {
    expect(disregard(value)).toBe(false);
  });
});

describe('settle', () => {
  const tell = (start: () => unknown): unknown =>
    settle(
      start,
      (value) => ['value', value],
      (error) => ['error', error],
    );

  it('D1 goes on at once where the start answers, or throws, at once', () => {
    expect(tell(() => 1)).toEqual(['value', 1]);
    expect(
      tell(() => {
        throw boom;
      }),
    ).toEqual(['error', boom]);
  });

  it('D1 goes on when the promise settles', async () => {
    expect(await tell(() => Promise.resolve(1))).toEqual(['value', 1]);
    expect(await tell(() => Promise.reject(boom))).toEqual(['error', boom]);
  });

  it('does not ask the one handler about what the other throws', async () => {
    const rethrow = (): never => {
      throw boom;
    };
    const wrong = (): never => {
      throw new Error('asked');
    };
    expect(thrownBy(() => settle(() => 1, rethrow, wrong))).toBe(boom);
    await expect(settle(() => Promise.resolve(1), rethrow, wrong)).rejects.toBe(boom);
  });
});
