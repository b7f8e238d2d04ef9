import { describe, expect, it } from 'vitest';
import { Meters } from '../../src/rate/meters.ts';
import { slidingWindow } from '../../src/rate/sliding-window.ts';
import { tokenBucket } from '../../src/rate/token-bucket.ts';

const both = (): Meters => new Meters([slidingWindow({ limit: 2, per: 1_000 }), tokenBucket({ limit: 100, per: 1_000 })]);

describe('Meters', () => {
  it('admits a call when all of them do', () => {
    const meters = both();
    expect(meters.readyAt([1, 100], [0, 0], 5)).toBe(5);
    meters.take([1, 100], 5);
    expect(meters.readyAt([1, 50], [0, 0], 5)).toBe(505);
    expect(meters.readyAt([1, 0], [0, 0], 5)).toBe(5);
    meters.take([1, 0], 5);
    expect(meters.readyAt([1, 50], [0, 0], 5)).toBe(1_005);
    expect(meters.readyAt([0, 150], [0, 0], 5)).toBe(1_005);
  });

  it('tells when one goes that stands behind others', () => {
    const meters = both();
    expect([meters.readyAt([1, 1], [1, 1], 0), meters.readyAt([1, 1], [2, 2], 0), meters.readyAt([1, 1], [1, 299], 0)]).toEqual([
      0, 1_000, 2_000,
    ]);
    expect(meters.ahead([5, 300])).toEqual([4, 300]);
  });

  it('settles each with what was used of it, and answers whether something was given back', () => {
    const meters = both();
    const taken = meters.take([2, 100], 0);
    expect(taken.costs).toEqual([2, 100]);
    expect(meters.settle(taken, [2, 100], 0)).toBe(false);
    expect(meters.settle(taken, [2, 150], 0)).toBe(false);
    expect(meters.readyAt([0, 50], [0, 0], 0)).toBe(1_000);
    expect(meters.settle(taken, [1, 100], 0)).toBe(true);
    expect([meters.readyAt([1, 0], [0, 0], 0), meters.readyAt([2, 0], [0, 0], 0)]).toEqual([0, 1_000]);
    expect(meters.settle(taken, [3, 99], 0)).toBe(true);
  });

  it('is idle when all of them are', () => {
    const meters = both();
    expect(meters.idle(0)).toBe(true);
    meters.take([1, 100], 0);
    expect([meters.idle(999), meters.idle(1_000)]).toEqual([false, true]);
    meters.take([0, 100], 1_000);
    expect([meters.idle(1_999), meters.idle(2_000)]).toEqual([false, true]);
    meters.take([1, 0], 2_000);
    expect(meters.idle(2_500)).toBe(false);
  });
});
