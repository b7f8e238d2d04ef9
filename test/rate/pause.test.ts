import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pause } from '../../src/rate/pause.ts';

const half = (): number => 0.5;

describe('Pause', () => {
  it('holds nobody back while nothing was asked', () => {
    const pause = new Pause(1_000, 60_000);
    expect([pause.left(5), pause.barred(5), pause.idle(5), pause.releaseAt(1, 5, half)]).toEqual([0, false, true, 5]);
  });

  it('lasts as long as was asked', () => {
    const pause = new Pause(0, 60_000);
    expect(pause.ask(20, 10)).toBe(true);
    expect([10, 29, 30, 31].map((now) => pause.left(now))).toEqual([20, 1, 0, 0]);
    expect([29, 30].map((now) => pause.idle(now))).toEqual([false, true]);
    expect([pause.releaseAt(3, 12, half), pause.releaseAt(3, 30, half)]).toEqual([30, 30]);
  });

  it('is only lengthened', () => {
    const pause = new Pause(0, 60_000);
    pause.ask(20, 10);
    expect([pause.ask(10, 12), pause.ask(18, 12), pause.left(12)]).toEqual([false, false, 18]);
    expect([pause.ask(18.5, 12), pause.left(12)]).toEqual([true, 18.5]);
  });

  it('is not slept through where it is longer than the longest', () => {
    const pause = new Pause(0, 100);
    pause.ask(100, 0);
    expect(pause.barred(50)).toBe(false);
    pause.ask(101, 0);
    expect([50, 100, 101].map((now) => pause.barred(now))).toEqual([true, true, false]);
  });

  it('is slept through where it outlasts one that is not', () => {
    const pause = new Pause(0, 100);
    pause.ask(500, 0);
    pause.ask(60, 450);
    expect([499, 500, 509].map((now) => pause.barred(now))).toEqual([true, false, false]);
    expect([pause.left(500), pause.idle(509), pause.idle(510)]).toEqual([10, false, true]);
  });

  it('lets go of those who waited later only, each at a time of its own', () => {
    const pause = new Pause(1_000, 60_000);
    pause.ask(20_000, 10_000);
    expect(pause.releaseAt(1, 12_000, half)).toBe(30_500);
    pause.released(30_500);
    expect(pause.releaseAt(1, 30_500, half)).toBe(30_750);
    expect(pause.idle(30_999)).toBe(false);
    expect([pause.idle(31_000), pause.releaseAt(1, 31_000, half)]).toEqual([true, 31_000]);
  });

  it('draws for the first of so many', () => {
    const pause = new Pause(1_000, 60_000);
    pause.ask(20_000, 0);
    expect(pause.releaseAt(2, 0, () => 0.25)).toBe(20_500);
    pause.released(20_500);
    expect(pause.releaseAt(3, 20_500, () => 0.125)).toBe(20_750);
  });

  it('keeps a draw until it is used', () => {
    const pause = new Pause(1_000, 60_000);
    pause.ask(20_000, 0);
    pause.releaseAt(1, 0, half);
    expect(pause.releaseAt(9, 20_400, () => 0.9)).toBe(20_500);
  });

  it('draws anew when it is lengthened', () => {
    const pause = new Pause(1_000, 60_000);
    pause.ask(20_000, 0);
    pause.releaseAt(1, 0, half);
    pause.released(20_500);
    pause.releaseAt(1, 20_500, half);
    pause.ask(5_000, 20_600);
    expect(pause.releaseAt(1, 20_600, half)).toBe(26_100);
  });

  it('spreads over no longer than itself', () => {
    const pause = new Pause(1_000, 60_000);
    pause.ask(100, 0);
    expect([pause.releaseAt(1, 0, half), pause.idle(199), pause.idle(200)]).toEqual([150, false, true]);
  });

  it('draws for one that comes while others are spread from then on', () => {
    const pause = new Pause(1_000, 60_000);
    pause.ask(20_000, 0);
    expect(pause.releaseAt(1, 20_600, half)).toBe(20_800);
  });

  it('lets one after the other go, later than its end and within the spread, spread evenly', () => {
    const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 2_000 }), draws, (ms, spread, numbers) => {
        const pause = new Pause(spread, 60_000);
        pause.ask(ms, 7);
        let last = 7 + ms;
        for (const [i, number] of numbers.entries()) {
          const at = pause.releaseAt(numbers.length - i, last, () => number);
          expect(at).toBeGreaterThanOrEqual(last);
          expect(at).toBeLessThanOrEqual(7 + ms + Math.min(spread, ms) + 1e-6);
          pause.released((last = at));
        }
      }),
    );
    const pause = new Pause(1_000, 60_000);
    pause.ask(2_000, 0);
    const ends: number[] = [];
    for (let left = 99, now = 2_000; left > 0; left -= 1) {
      now = pause.releaseAt(left, now, half);
      pause.released(now);
      ends.push(now);
    }
    // The median of each is near its even share.
    for (const [i, at] of ends.entries()) expect(Math.abs(at - 2_000 - (i + 1) * 10)).toBeLessThan(160);
    expect(new Set(ends).size).toBe(99);
  });
});
