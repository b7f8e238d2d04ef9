import { describe, expect, it } from 'vitest';
import type { CallRecord } from 'breakwater/testing';
import { manualClock } from 'breakwater/testing';
import { columnsOf, mostPerColumn, perColumn, roundTime, waitingSteps } from '../../../src/testing/simulate/steps.ts';

/** A call that waited from and to these times. */
const call = (...waits: readonly (readonly [from: number, to: number])[]): CallRecord => ({
  name: 'call', from: 0, to: 0, attempts: [], end: 'answer', outcome: undefined,
  waits: waits.map(([from, to]) => ({ by: 'retry', from, to, planned: undefined })),
});

describe('waitingSteps', () => {
  it('adds up the waits of all calls in the order of time, with one step a moment', () => {
    expect(waitingSteps([])).toEqual([{ at: 0, count: 0 }]);
    expect(waitingSteps([call([5, 20], [30, 40]), call([0, 10]), call([7, 7], [10, 30])])).toEqual([
      { at: 0, count: 1 }, { at: 5, count: 2 }, { at: 7, count: 2 }, { at: 10, count: 2 }, { at: 20, count: 1 },
      { at: 30, count: 1 }, { at: 40, count: 0 },
    ]);
  });
});

describe('roundTime', () => {
  it('goes up to the next length that people count in', () => {
    const lengths = [0, 1, 1.1, 3, 499, 501, 1_000, 1_001, 11_000, 31_000, 61_000, 3_600_001, 86_400_000, 86_400_001, 200_000_000];
    expect(lengths.map(roundTime)).toEqual([
      1, 1, 2, 5, 500, 1_000, 1_000, 2_000, 15_000, 60_000, 120_000, 7_200_000, 86_400_000, 172_800_000, 259_200_000,
    ]);
  });
});

describe('columns', () => {
  it('are at most as many as asked for, and at least one', () => {
    expect(columnsOf(600, 60)).toEqual({ tick: 10, length: 60 });
    expect(columnsOf(610, 60)).toEqual({ tick: 20, length: 31 });
    expect(columnsOf(0, 60)).toEqual({ tick: 1, length: 1 });
  });

  it('count what begins in them; the last one what begins at the very end, too', () => {
    expect(perColumn([0, 9, 10, 29, 30], { tick: 10, length: 3 })).toEqual([2, 1, 2]);
  });

  it('have the most that there was at once, also for no time, but not on the way down', () => {
    const columns = { tick: 10, length: 4 };
    expect(mostPerColumn([{ at: 0, count: 0 }, { at: 5, count: 3 }, { at: 20, count: 1 }], columns)).toEqual([3, 3, 1, 1]);
    expect(mostPerColumn([{ at: 0, count: 2 }, { at: 10, count: 1 }, { at: 10, count: 0 }], columns)).toEqual([2, 0, 0, 0]);
    expect(mostPerColumn([{ at: 0, count: 2 }, { at: 10, count: 2 }, { at: 10, count: 0 }], columns)).toEqual([2, 2, 0, 0]);
    expect(mostPerColumn([{ at: 0, count: 0 }, { at: 10, count: 1 }, { at: 10, count: 0 }], columns)).toEqual([0, 1, 0, 0]);
    expect(mostPerColumn([{ at: 0, count: 0 }, { at: 40, count: 5 }], columns)).toEqual([0, 0, 0, 5]);
  });
});

describe('the numbers of a seed', () => {
  it('stay the same from one version to the next, as tests rely on them', () => {
    const clock = manualClock();
    const draws = Array.from({ length: 4 }, () => Math.round(clock.random() * 1e6) / 1e6);
    expect(draws).toEqual([0.627074, 0.002736, 0.527447, 0.981051]);
  });
});
