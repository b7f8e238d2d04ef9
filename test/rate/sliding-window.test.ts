import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Meter } from '../../src/rate/limit.ts';
import { slidingWindow, type SlidingWindowOptions } from '../../src/rate/sliding-window.ts';

const window = (options: SlidingWindowOptions): Meter => slidingWindow(options)['~start']();

describe('slidingWindow', () => {
  it('is plain frozen data that says what it does', () => {
    const limit = slidingWindow({ limit: 10, per: 20_000 });
    expect(limit.label).toBe('10 in any 20 s');
    expect(limit.options).toEqual({ kind: 'slidingWindow', limit: 10, per: 20_000 });
    expect([Object.isFrozen(limit), Object.isFrozen(limit.options)]).toEqual([true, true]);
  });

  it('keeps the functions that tell costs', () => {
    const [cost, used] = [() => 1, () => 2];
    const limit = slidingWindow({ limit: 10, per: 1_000, cost, used });
    expect([limit['~cost'], limit['~used']]).toEqual([cost, used]);
  });

  it('refuses what is no option with an error that names it', () => {
    expect(() => slidingWindow({ limit: -1, per: 1 })).toThrow('slidingWindow: limit must be a finite number above 0, got -1');
    expect(() => slidingWindow({ limit: 1, per: 1, burst: 2 } as SlidingWindowOptions)).toThrow(
      'slidingWindow has no option "burst"; it has limit, per, cost, used',
    );
  });
});

describe('a window', () => {
  it('lets its limit go at once, and the next when the first has left', () => {
    const meter = window({ limit: 2, per: 100 });
    meter.take(1, 5);
    expect(meter.readyAt(1, 0, 30)).toBe(30);
    meter.take(1, 30);
    expect(meter.readyAt(1, 0, 40)).toBe(105);
    expect(meter.readyAt(2, 0, 40)).toBe(130);
    expect(meter.readyAt(1, 0, 105)).toBe(105);
    meter.take(1, 105);
    expect(meter.readyAt(1, 0, 105)).toBe(130);
  });

  it('counts for each limiter apart, though one limit is given to both', () => {
    const limit = slidingWindow({ limit: 1, per: 1_000 });
    const [one, other] = [limit['~start'](), limit['~start']()];
    one.take(1, 0);
    expect([one.readyAt(1, 0, 0), other.readyAt(1, 0, 0)]).toEqual([1_000, 0]);
  });

  it('lets one go that costs more than the limit when nothing else is in it, for as long as that cost takes', () => {
    const meter = window({ limit: 10, per: 100 });
    meter.take(1, 0);
    expect(meter.readyAt(25, 0, 0)).toBe(100);
    meter.take(25, 100);
    expect(meter.readyAt(1, 0, 100)).toBe(350);
    expect(meter.readyAt(10, 0, 349)).toBe(350);
    expect([meter.idle(349), meter.idle(350)]).toEqual([false, true]);
  });

  it('lets one go that costs nothing, whatever the debt, and keeps nothing of it', () => {
    const meter = window({ limit: 10, per: 100 });
    expect(meter.take(0, 0)).toBe(undefined);
    expect(meter.idle(0)).toBe(true);
    meter.take(100, 0);
    expect(meter.readyAt(0, 0, 5)).toBe(5);
    expect(meter.readyAt(0, 1, 5)).toBe(meter.readyAt(1, 0, 5));
  });

  it('gives back a part of what was taken, or all of it', () => {
    const meter = window({ limit: 10, per: 100 });
    const first = meter.take(6, 0);
    const second = meter.take(4, 10);
    meter.giveBack(first, 2, 20);
    expect([meter.readyAt(2, 0, 20), meter.readyAt(3, 0, 20), meter.readyAt(7, 0, 20)]).toEqual([20, 100, 110]);
    meter.giveBack(second, 4, 20);
    expect([meter.readyAt(6, 0, 20), meter.readyAt(7, 0, 20)]).toEqual([20, 100]);
    meter.giveBack(first, 99, 20);
    expect([meter.readyAt(10, 0, 20), meter.idle(20)]).toEqual([20, true]);
  });

  it('gives nothing back twice, nor what has left it', () => {
    const meter = window({ limit: 10, per: 100 });
    const first = meter.take(6, 0);
    const second = meter.take(4, 10);
    meter.giveBack(second, 4, 20);
    meter.giveBack(second, 4, 20);
    expect(meter.readyAt(5, 0, 20)).toBe(100);
    meter.take(10, 100);
    meter.giveBack(first, 6, 110);
    meter.giveBack(undefined, 6, 110);
    expect(meter.readyAt(1, 0, 110)).toBe(200);
  });

  it('gives back from the middle', () => {
    const meter = window({ limit: 3, per: 100 });
    const [, second] = [meter.take(1, 0), meter.take(1, 10), meter.take(1, 20)];
    meter.giveBack(second, 1, 30);
    meter.take(1, 30);
    expect([meter.readyAt(1, 0, 30), meter.readyAt(2, 0, 30), meter.readyAt(3, 0, 30)]).toEqual([100, 120, 130]);
  });

  it('gives back what one that was too large for it did not use', () => {
    const meter = window({ limit: 10, per: 100 });
    const taken = meter.take(40, 0);
    meter.giveBack(taken, 15, 10);
    expect(meter.readyAt(1, 0, 10)).toBe(250);
    meter.giveBack(taken, 18, 10);
    expect([meter.readyAt(3, 0, 10), meter.readyAt(4, 0, 10)]).toEqual([10, 100]);
  });

  it('takes more than there is as if it had waited for its room', () => {
    const meter = window({ limit: 10, per: 100 });
    meter.take(6, 0);
    meter.take(4, 50);
    meter.take(5, 60);
    // 6 leave at 100, and 5 of them are taken again then.
    expect([meter.readyAt(1, 0, 60), meter.readyAt(2, 0, 60), meter.readyAt(6, 0, 60)]).toEqual([100, 150, 200]);
    meter.take(4, 60);
    expect([meter.readyAt(1, 0, 60), meter.readyAt(2, 0, 60)]).toEqual([150, 200]);
  });

  it('counts nothing as taken before what was taken last', () => {
    const meter = window({ limit: 10, per: 100 });
    const first = meter.take(10, 0);
    meter.take(5, 10);
    meter.giveBack(first, 9, 20);
    meter.take(1, 20);
    expect([meter.readyAt(3, 0, 20), meter.readyAt(4, 0, 20), meter.readyAt(5, 0, 100)]).toEqual([20, 100, 200]);
    expect([meter.idle(199), meter.idle(200)]).toEqual([false, true]);
    const backward = window({ limit: 1, per: 100 });
    backward.take(1, 50);
    expect(backward.readyAt(1, 0, 20)).toBe(150);
    backward.take(1, 20);
    expect(backward.readyAt(1, 0, 20)).toBe(250);
  });

  it('holds with one that was taken no other that was taken since', () => {
    const meter = window({ limit: 3, per: 100 });
    const [first] = [meter.take(1, 0), meter.take(1, 10)];
    meter.take(1, 105);
    expect(first).toMatchObject({ before: undefined, after: undefined });
  });

  it('forgets what has left it, with the next one that is taken', () => {
    const meter = window({ limit: 3, per: 100 });
    const [first, second] = [meter.take(1, 0), meter.take(1, 10)];
    meter.take(1, 100);
    expect([first, second]).toMatchObject([{ size: 0 }, { size: 1 }]);
  });

  it('forgets what fractions leave over when it is empty', () => {
    const meter = window({ limit: 2 ** 17, per: 100 });
    for (const cost of [100_000.1, 0.3]) meter.take(cost, 0);
    meter.take(1, 100);
    expect(meter.readyAt(2 ** 17 - 1, 0, 100)).toBe(100);
    expect(meter.readyAt(2 ** 17, 0, 100)).toBe(200);
  });

  it('waits for no more than there is, whatever fractions leave over', () => {
    const meter = window({ limit: 2 ** 17, per: 100 });
    meter.take(100_000.1, 0);
    meter.take(0.3, 50);
    // Forgets the first of them.
    meter.take(0, 100);
    expect(meter.readyAt(2 ** 17, 0, 120)).toBe(150);
  });

  it('tells when one goes that stands behind others', () => {
    const meter = window({ limit: 2, per: 100 });
    expect([0, 1, 2, 3, 4, 5].map((ahead) => meter.readyAt(1, ahead, 7))).toEqual([7, 7, 107, 107, 207, 207]);
    meter.take(1, 0);
    expect([0, 1, 2, 3, 4].map((ahead) => meter.readyAt(1, ahead, 7))).toEqual([7, 100, 107, 200, 207]);
    expect(meter.readyAt(9, 1, 7)).toBe(107);
    expect([1, 2, 3, 4, 5].map((cost) => meter.ahead(cost))).toEqual([1, 2, 2, 4, 4]);
  });

  const shapes = fc.record({ limit: fc.integer({ min: 1, max: 9 }), per: fc.integer({ min: 1, max: 60 }) });

  it('lets no window of that length see more than the limit, and nobody wait for longer than that asks', () => {
    const step = fc.record({
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
      cost: fc.integer({ min: 0, max: 9 }),
      back: fc.option(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 })), { nil: undefined, freq: 2 }),
    });
    const seen = { waited: 0, 'full windows': 0, 'given back': 0, 'given back too late': 0 };
    fc.assert(
      fc.property(shapes, fc.array(step, { maxLength: 30 }), (options, steps) => {
        const { limit, per } = options;
        const meter = window(options);
        const log: { at: number; cost: number; taken: object | undefined }[] = [];
        const inside = (from: number): number =>
          log.filter(({ at }) => from <= at && at < from + per).reduce((sum, { cost }) => sum + cost, 0);
        let now = 0;
        for (const { wait, cost: wanted, back } of steps) {
          now += wait;
          const cost = Math.min(wanted, limit);
          let free = now;
          while (cost > 0 && inside(free - per + 1) + cost > limit) free += 1;
          expect(meter.readyAt(cost, 0, now)).toBe(free);
          if (free > now) seen.waited += 1;
          now = free;
          log.push({ at: now, cost, taken: meter.take(cost, now) });
          const one = back === undefined ? undefined : log.at(-back[0]);
          if (one !== undefined) {
            const amount = Math.min(back![1], one.cost);
            meter.giveBack(one.taken, amount, now);
            if (one.at + per <= now) seen['given back too late'] += 1;
            else if (amount > 0) seen['given back'] += 1;
            one.cost -= amount;
          }
        }
        for (let from = 0; from <= now; from += 1) {
          expect(inside(from)).toBeLessThanOrEqual(limit);
          if (inside(from) === limit) seen['full windows'] += 1;
        }
        expect(meter.idle(now)).toBe(inside(now - per + 1) === 0);
      }),
      { numRuns: 200 },
    );
    expect(Object.entries(seen).filter(([, times]) => times < 50)).toEqual([]);
  });

  it('holds the average, whatever is taken on top or costs more than the limit', () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 20 }), cost: fc.integer({ min: 1, max: 30 }), top: fc.integer({ min: 0, max: 12 }) });
    let debts = 0;
    fc.assert(
      fc.property(shapes, fc.array(step, { maxLength: 20 }), (options, steps) => {
        const { limit, per } = options;
        const meter = window(options);
        const log: { at: number; cost: number }[] = [];
        let now = 0;
        for (const { wait, cost, top } of steps) {
          now += wait;
          now = Math.ceil(meter.readyAt(cost, 0, now));
          // What went before has been paid for: from any call on, no more than the limit for each window that has begun.
          for (const { at: from } of log) {
            const sum = log.filter(({ at }) => at >= from).reduce((total, one) => total + one.cost, 0);
            const windows = Math.floor((now - from) / per) + 1;
            expect(sum + Math.min(cost, limit)).toBeLessThanOrEqual(limit * (windows + 1));
          }
          if (cost > limit || top > limit) debts += 1;
          meter.take(cost, now);
          meter.take(top, now);
          log.push({ at: now, cost: cost + top });
        }
      }),
      { numRuns: 300 },
    );
    expect(debts).toBeGreaterThan(500);
  });

  it('tells calls that cost the same, one behind the other, their time exactly', () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 9 }), fc.integer({ min: 1, max: 40 }), (options, waits, count) => {
        const meter = window(options);
        let now = 0;
        for (const wait of waits) meter.take(1, (now = meter.readyAt(1, 0, now + wait)));
        const told = Array.from({ length: count }, (_, ahead) => meter.readyAt(1, ahead, now));
        const went = told.map(() => {
          now = meter.readyAt(1, 0, now);
          meter.take(1, now);
          return now;
        });
        expect(told).toEqual(went);
      }),
      { numRuns: 200 },
    );
  });

  it('never tells one that stands behind others a time that is too late', () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }), (options, costs) => {
        const meter = window(options);
        let ahead = 0;
        const told = costs.map((cost) => {
          const at = meter.readyAt(cost, ahead, 0);
          ahead += meter.ahead(cost);
          return at;
        });
        let now = 0;
        for (const [i, cost] of costs.entries()) {
          now = meter.readyAt(cost, 0, now);
          meter.take(cost, now);
          expect(told[i]).toBeLessThanOrEqual(now + 1e-6);
        }
      }),
      { numRuns: 200 },
    );
  });
});
