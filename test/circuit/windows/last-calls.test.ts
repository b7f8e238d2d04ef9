import { describe, expect, it, vi } from 'vitest';
import { lastCalls } from '../../../src/circuit/windows/last-calls.ts';
import type { Tally } from '../../../src/circuit/windows/window.ts';

const never = {
  now: (): number => {
    throw new Error('it reads no clock');
  },
  wall: (): number => {
    throw new Error('it reads no clock');
  },
};

/** Takes outcomes in, `F` a bad one, and answers what is in the window after each. */
function fill(tally: Tally, outcomes: string): [total: number, bad: number][] {
  return outcomes.split('').map((outcome) => {
    tally.record(outcome === 'F', never);
    return [tally.total, tally.bad];
  });
}

describe('lastCalls', () => {
  it('is plain frozen data that says what it looks at', () => {
    const window = lastCalls(100);
    expect(window.label).toBe('last 100 calls');
    expect([window['~of'](20), window['~of'](100)]).toEqual(['the last 20 to 100 calls', 'the last 100 calls']);
    expect(window['~holds']).toBe(100);
    expect(Object.isFrozen(window)).toBe(true);
  });

  it('counts what has come, and from then on the last so many, without a clock', () => {
    const tally = lastCalls(3)['~open']();
    expect([tally.total, tally.bad]).toEqual([0, 0]);
    expect(fill(tally, 'FSFFSSSF')).toEqual([[1, 1], [2, 1], [3, 2], [3, 2], [3, 2], [3, 1], [3, 0], [3, 1]]);
  });

  it('lets a single one be the window', () => {
    expect(fill(lastCalls(1)['~open'](), 'FSSFF')).toEqual([[1, 1], [1, 0], [1, 0], [1, 1], [1, 1]]);
  });

  it.each([7, 8, 9, 31, 32, 33, 1_000])('keeps exactly %d, at the edges of bytes too', (size) => {
    const tally = lastCalls(size)['~open']();
    fill(tally, 'F'.repeat(size));
    expect([tally.total, tally.bad]).toEqual([size, size]);
    for (let gone = 1; gone <= size; gone += 1) expect(fill(tally, 'S')).toEqual([[size, size - gone]]);
    expect(fill(tally, 'F'.repeat(size)).at(-1)).toEqual([size, size]);
  });

  it('forgets everything when it is told to, and counts again from nothing', () => {
    const tally = lastCalls(3)['~open']();
    fill(tally, 'FFFF');
    tally.reset();
    expect([tally.total, tally.bad]).toEqual([0, 0]);
    expect(fill(tally, 'SSSSF')).toEqual([[1, 0], [2, 0], [3, 0], [3, 0], [3, 1]]);
  });

  it('begins again where it began when it was reset in the middle of its ring', () => {
    const tally = lastCalls(3)['~open']();
    fill(tally, 'FS');
    tally.reset();
    expect(fill(tally, 'SSSFS')).toEqual([[1, 0], [2, 0], [3, 0], [3, 1], [3, 1]]);
  });

  it('counts for each that opens it apart', () => {
    const window = lastCalls(3);
    const [one, other] = [window['~open'](), window['~open']()];
    fill(one, 'FF');
    expect([one.bad, other.total]).toEqual([2, 0]);
  });

  it('holds a hundred thousand', () => {
    const tally = lastCalls(100_000)['~open']();
    for (let i = 0; i < 250_000; i += 1) tally.record(i % 4 === 0, never);
    expect([tally.total, tally.bad]).toEqual([100_000, 25_000]);
  });

  it('sets one bit an outcome aside', () => {
    const sizes: number[] = [];
    vi.stubGlobal(
      'Uint8Array',
      class extends Uint8Array {
        constructor(length: number) {
          sizes.push(length);
          super(length);
        }
      },
    );
    try {
      for (const size of [1, 8, 9, 10, 1_000, 100_000]) lastCalls(size)['~open']().record(true, never);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(sizes).toEqual([1, 1, 2, 2, 125, 12_500]);
  });

  it('takes a billion, for which it sets no memory aside before it is used', () => {
    expect(lastCalls(1_000_000_000)['~open']().total).toBe(0);
  });

  it.each([0, -1, 1.5, NaN, Infinity, 1_000_000_001])('refuses %d with a RangeError', (calls) => {
    expect(() => lastCalls(calls)).toThrow(RangeError);
    expect(() => lastCalls(calls)).toThrow(`lastCalls: calls must be a whole number from 1 to 1_000_000_000, got ${calls}`);
  });

  it.each<unknown>(['10', undefined, null, 10n])('refuses %s with a TypeError', (calls) => {
    expect(() => lastCalls(calls as number)).toThrow(TypeError);
  });
});
