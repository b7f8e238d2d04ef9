import { describe, expect, it } from 'vitest';
import { lastMs } from '../../../src/circuit/windows/last-ms.ts';
import type { Tally } from '../../../src/circuit/windows/window.ts';

/** A window on a clock that is set by hand; it counts how often that is read. */
function opened(ms: number, buckets?: number, start = 0): { tally: Tally; at: (time: number, bad?: boolean) => [number, number]; reads: () => number } {
  let now = start;
  let reads = 0;
  const time = {
    now: (): number => {
      reads += 1;
      return now;
    },
    wall: (): number => {
      throw new Error('it goes by the monotonic clock');
    },
  };
  const tally = lastMs(ms, { buckets })['~open']();
  const at = (when: number, bad = false): [number, number] => {
    now = when;
    tally.record(bad, time);
    return [tally.total, tally.bad];
  };
  return { tally, at, reads: () => reads };
}

describe('lastMs', () => {
  it('is plain frozen data that says what it looks at', () => {
    const window = lastMs(30_000);
    expect(window.label).toBe('last 30 s');
    expect([window['~of'](1), window['~of'](20)]).toEqual(['the calls in the last 30 s', '20 or more calls in the last 30 s']);
    expect(window['~holds']).toBe(Infinity);
    expect(Object.isFrozen(window)).toBe(true);
  });

  it('counts an outcome while its bucket is among the last ten, by default', () => {
    const { at } = opened(100);
    expect(at(9, true)).toEqual([1, 1]);
    expect(at(10)).toEqual([2, 1]);
    expect(at(99.75)).toEqual([3, 1]);
    // The bucket from 0 to 10 has left.
    expect(at(100)).toEqual([3, 0]);
    expect(at(109.75)).toEqual([4, 0]);
    expect(at(110, true)).toEqual([4, 1]);
  });

  it('is divided into as many parts as it is told', () => {
    const { at } = opened(100, 2);
    expect(at(49, true)).toEqual([1, 1]);
    expect(at(99)).toEqual([2, 1]);
    expect(at(100)).toEqual([2, 0]);
  });

  it('never counts what is as old as it, and always what is younger than all but one of its parts', () => {
    for (const buckets of [2, 3, 10]) {
      for (let first = 0; first < 200; first += 0.5) {
        const { at } = opened(120, buckets);
        at(first, true);
        expect(at(first + 120)).toEqual([1, 0]);
        const young = opened(120, buckets);
        young.at(first, true);
        expect(young.at(first + 120 - 120 / buckets)).toEqual([2, 1]);
      }
    }
  });

  it('forgets while it idles, for however long: to the edge, just over it, and far beyond', () => {
    for (const idle of [100, 101, 110, 150, 200, 1_000, 1_005, 1e12]) {
      const { at } = opened(100);
      for (let time = 0; time < 100; time += 5) at(time, true);
      expect(at(95 + idle)).toEqual([1, 0]);
      expect(at(95 + idle, true)).toEqual([2, 1]);
    }
  });

  it('lets go of as many parts as have passed', () => {
    const filled = (): ReturnType<typeof opened> => {
      const window = opened(100);
      for (let time = 0; time < 100; time += 10) window.at(time, true);
      return window;
    };
    for (let steps = 0; steps < 10; steps += 1) expect(filled().at(90 + 10 * steps)).toEqual([11 - steps, 10 - steps]);
    expect(filled().at(190)).toEqual([1, 0]);
  });

  it('goes by any origin of the clock, also one in the future', () => {
    for (const origin of [-1e9, -55, 0, 7.25, 5e9]) {
      const { at } = opened(100, 10, origin);
      at(origin, true);
      expect(at(origin + 90)).toEqual([2, 1]);
      expect(at(origin + 100)).toEqual([2, 0]);
    }
  });

  it('begins anew when the clock goes back: that is another clock', () => {
    const { at } = opened(100);
    at(1_000, true);
    at(1_001, true);
    expect(at(989)).toEqual([1, 0]);
    expect(at(0, true)).toEqual([1, 1]);
    expect(at(99)).toEqual([2, 1]);
    expect(at(100)).toEqual([2, 0]);
  });

  it('recovers from a clock that once said nothing', () => {
    const { at } = opened(100);
    at(50, true);
    expect(at(NaN, true)).toEqual([1, 1]);
    expect(at(60)).toEqual([1, 0]);
    expect(at(70)).toEqual([2, 0]);
  });

  it('reads the clock once an outcome', () => {
    const { at, reads } = opened(100);
    for (const time of [0, 5, 50, 500, 505]) at(time, true);
    expect(reads()).toBe(5);
  });

  it('forgets everything when it is told to, and counts again from nothing', () => {
    const { tally, at } = opened(100);
    tally.reset();
    at(5, true);
    at(55, true);
    tally.reset();
    expect([tally.total, tally.bad]).toEqual([0, 0]);
    expect(at(60)).toEqual([1, 0]);
    expect(at(105, true)).toEqual([2, 1]);
    expect(at(160)).toEqual([2, 1]);
  });

  it('counts for each that opens it apart', () => {
    const window = lastMs(100);
    const [one, other] = [window['~open'](), window['~open']()];
    one.record(true, { now: () => 0, wall: () => 0 });
    expect([one.bad, other.total]).toEqual([1, 0]);
  });

  it.each([0, -1, NaN, Infinity])('refuses %d with a RangeError', (ms) => {
    expect(() => lastMs(ms)).toThrow(RangeError);
    expect(() => lastMs(ms)).toThrow(`lastMs: ms must be a finite duration in milliseconds above 0, got ${ms}`);
  });

  it.each<unknown>(['10', undefined, null, 10n])('refuses %s with a TypeError', (ms) => {
    expect(() => lastMs(ms as number)).toThrow(TypeError);
  });

  it.each([0, 1, 1.5, NaN, Infinity, 10_001])('refuses %d buckets with a RangeError', (buckets) => {
    expect(() => lastMs(100, { buckets })).toThrow(RangeError);
    expect(() => lastMs(100, { buckets })).toThrow(`lastMs: buckets must be a whole number from 2 to 10_000, got ${buckets}`);
  });

  it('takes as few as 2 and as many as 10_000 buckets', () => {
    for (const buckets of [2, 10_000]) expect(opened(100, buckets).at(0)).toEqual([1, 0]);
  });

  it('refuses an option that it does not have', () => {
    expect(() => lastMs(100, { bucket: 5 } as object)).toThrow('lastMs has no option "bucket"; it has buckets');
  });
});
