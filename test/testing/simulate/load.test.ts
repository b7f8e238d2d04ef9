import { describe, expect, it } from 'vitest';
import { retry } from 'breakwater';
import { simulate } from 'breakwater/testing';
import { loadOption } from '../../../src/testing/simulate/load.ts';
import { thrownBy } from '../../helpers/functions.ts';

const starts = async (load: Parameters<typeof simulate>[0]['load']): Promise<number[]> =>
  (await simulate({ policy: retry(), load, takes: 100 })).calls.map(({ from }) => from);

describe('a load', () => {
  it('is a batch of workers, calls one after the other, or an even rate; each from when it is told', async () => {
    expect(await starts({ workers: 2, calls: 5 })).toEqual([0, 0, 100, 100, 200]);
    expect(await starts({ workers: 2, calls: 3, from: 50 })).toEqual([50, 50, 150]);
    expect(await starts({ calls: 3 })).toEqual([0, 0, 0]);
    expect(await starts({ calls: 3, every: 30, from: 7 })).toEqual([7, 37, 67]);
    expect(await starts({ perSecond: 4, for: 1_000 })).toEqual([0, 250, 500, 750]);
    expect(await starts({ perSecond: 0.5, for: 5_000, from: 1_000 })).toEqual([1_000, 3_000, 5_000]);
    expect(await starts([{ calls: 1, from: 0 }, { calls: 1, from: 9 }])).toEqual([0, 9]);
    expect(await starts({ perSecond: 4, for: 0 })).toEqual([]);
  });

  it.each([
    [undefined, 'TypeError: load must be a load, such as { workers: 40, calls: 400 } or { perSecond: 50, for: 60_000 }, got undefined'],
    [null, 'TypeError: load must be a load, such as { workers: 40, calls: 400 } or { perSecond: 50, for: 60_000 }, got null'],
    ['calls', 'TypeError: load must be a load, such as { workers: 40, calls: 400 } or { perSecond: 50, for: 60_000 }, got "calls"'],
    [{ perSecond: Infinity, for: 1 }, 'RangeError: load: perSecond must be a number above 0, with an end, got Infinity'],
    [{ perSecond: 1, for: Infinity }, 'RangeError: load: for must be a duration in milliseconds, 0 or more, with an end, got Infinity'],
    [{ perSecond: 1, for: -1 }, 'RangeError: load: for must be a duration in milliseconds, 0 or more, with an end, got -1'],
    [{ calls: 1, from: Infinity }, 'RangeError: load: from must be a duration in milliseconds, 0 or more, with an end, got Infinity'],
  ])('that is %o is refused', (load, message) => {
    expect(String(thrownBy(() => loadOption(load, 'load')))).toBe(message);
  });
});
