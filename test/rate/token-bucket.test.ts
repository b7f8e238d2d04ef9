import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Meter } from '../../src/rate/limit.ts';
import { tokenBucket, type TokenBucketOptions } from '../../src/rate/token-bucket.ts';

const bucket = (options: TokenBucketOptions): Meter => tokenBucket(options)['~start']();

describe('tokenBucket', () => {
  it('is plain frozen data that says what it does', () => {
    const limit = tokenBucket({ limit: 10, per: 1_000 });
    expect(limit.label).toBe('10 per 1 s');
    expect(limit.options).toEqual({ kind: 'tokenBucket', limit: 10, per: 1_000, burst: 10 });
    expect([Object.isFrozen(limit), Object.isFrozen(limit.options)]).toEqual([true, true]);
  });

  it('names a burst that is not the limit', () => {
    const limit = tokenBucket({ limit: 10, per: 1_000, burst: 3 });
    expect([limit.label, limit.options['burst']]).toEqual(['10 per 1 s, burst 3', 3]);
  });

  it('keeps the functions that tell costs', () => {
    const [cost, used] = [() => 1, () => 2];
    const limit = tokenBucket({ limit: 10, per: 1_000, cost, used });
    expect([limit['~cost'], limit['~used']]).toEqual([cost, used]);
    expect([tokenBucket({ limit: 1, per: 1 })['~cost'], tokenBucket({ limit: 1, per: 1 })['~used']]).toEqual([undefined, undefined]);
  });

  it.each([
    [{ limit: 0, per: 1 }, 'tokenBucket: limit must be a finite number above 0, got 0'],
    [{ limit: Infinity, per: 1 }, 'tokenBucket: limit must be a finite number above 0, got Infinity'],
    [{ limit: NaN, per: 1 }, 'tokenBucket: limit must be a finite number above 0, got NaN'],
    [{ limit: 1, per: 0 }, 'tokenBucket: per must be a finite duration in milliseconds above 0, got 0'],
    [{ limit: 1, per: Infinity }, 'tokenBucket: per must be a finite duration in milliseconds above 0, got Infinity'],
    [{ limit: 1, per: 1, burst: 0 }, 'tokenBucket: burst must be a finite number above 0, got 0'],
    [{ limit: 1, per: 1, burst: Infinity }, 'tokenBucket: burst must be a finite number above 0, got Infinity'],
  ])('refuses %o with a RangeError', (options, message) => {
    expect(() => tokenBucket(options)).toThrow(RangeError);
    expect(() => tokenBucket(options)).toThrow(message);
  });

  it.each([
    [undefined, 'tokenBucket: limit must be a finite number above 0, got undefined'],
    [{ limit: 1 }, 'tokenBucket: per must be a finite duration in milliseconds above 0, got undefined'],
    [{ limit: 1, per: 1, cost: 3 }, "tokenBucket: cost must be a function of the call's arguments that answers its cost, got 3"],
    [
      { limit: 1, per: 1, used: 3 },
      "tokenBucket: used must be a function of the value and the call's arguments that answers what was used, got 3",
    ],
    [{ limit: 1, per: 1, brust: 3 }, 'tokenBucket has no option "brust"; it has limit, per, cost, used, burst'],
  ])('refuses %o with a TypeError', (options, message) => {
    expect(() => tokenBucket(options as TokenBucketOptions)).toThrow(TypeError);
    expect(() => tokenBucket(options as TokenBucketOptions)).toThrow(message);
  });
});

describe('a bucket', () => {
  it('lets so many go at once as it holds, and the next when its token is there', () => {
    const meter = bucket({ limit: 10, per: 1_000, burst: 3 });
    for (let n = 0; n < 3; n += 1) {
      expect(meter.readyAt(1, 0, 50)).toBe(50);
      meter.take(1, 50);
    }
    expect(meter.readyAt(1, 0, 50)).toBe(150);
    expect(meter.readyAt(1, 0, 149)).toBe(150);
    expect(meter.readyAt(1, 0, 150)).toBe(150);
    expect(meter.readyAt(1, 0, 151)).toBe(151);
  });

  it('counts for each limiter apart, though one limit is given to both', () => {
    const limit = tokenBucket({ limit: 1, per: 1_000 });
    const [one, other] = [limit['~start'](), limit['~start']()];
    one.take(1, 0);
    expect([one.readyAt(1, 0, 0), other.readyAt(1, 0, 0)]).toEqual([1_000, 0]);
  });

  it('never holds more than the burst, however long it was quiet', () => {
    const meter = bucket({ limit: 10, per: 1_000, burst: 3 });
    meter.take(3, 0);
    meter.take(3, 1_000_000);
    expect(meter.readyAt(1, 0, 1_000_000)).toBe(1_000_100);
  });

  it('lets one go that costs more than it holds when it is full, and those after it wait for the debt', () => {
    const meter = bucket({ limit: 10, per: 1_000, burst: 10 });
    meter.take(1, 0);
    expect(meter.readyAt(25, 0, 0)).toBe(100);
    meter.take(25, 100);
    expect(meter.readyAt(1, 0, 100)).toBe(100 + 1_600);
    expect(meter.readyAt(10, 0, 100)).toBe(100 + 2_500);
  });

  it('lets one go that costs nothing, whatever the debt', () => {
    const meter = bucket({ limit: 10, per: 1_000 });
    meter.take(100, 0);
    expect(meter.readyAt(0, 0, 5)).toBe(5);
    expect(meter.readyAt(0, 1, 5)).toBe(meter.readyAt(1, 0, 5));
  });

  it('gives back what was not used, and takes on top what was used more', () => {
    const meter = bucket({ limit: 10, per: 1_000 });
    const taken = meter.take(10, 0);
    expect(taken).toBe(undefined);
    meter.giveBack(taken, 4, 0);
    expect([meter.readyAt(4, 0, 0), meter.readyAt(5, 0, 0)]).toEqual([0, 100]);
    meter.take(6, 0);
    expect(meter.readyAt(4, 0, 0)).toBe(600);
  });

  it('never holds more than the burst, however much is given back', () => {
    const meter = bucket({ limit: 10, per: 1_000 });
    meter.take(10, 0);
    meter.giveBack(undefined, 10, 500);
    expect(meter.readyAt(10, 0, 500)).toBe(500);
    meter.take(10, 500);
    expect(meter.readyAt(1, 0, 500)).toBe(600);
  });

  it('tells when one goes that stands behind others', () => {
    const meter = bucket({ limit: 10, per: 1_000, burst: 5 });
    expect(meter.readyAt(1, 4, 7)).toBe(7);
    expect(meter.readyAt(1, 5, 7)).toBe(107);
    expect(meter.readyAt(1, 25, 7)).toBe(2_107);
    expect(meter.readyAt(9, 5, 7)).toBe(507);
    meter.take(5, 7);
    expect(meter.readyAt(1, 5, 7)).toBe(607);
    expect(meter.readyAt(1, 5, 107)).toBe(607);
  });

  it('is idle when it is full', () => {
    const meter = bucket({ limit: 10, per: 1_000 });
    expect(meter.idle(0)).toBe(true);
    meter.take(3, 0);
    expect([meter.idle(0), meter.idle(299), meter.idle(300)]).toEqual([false, false, true]);
  });

  it('makes no tokens of a clock that goes back', () => {
    const meter = bucket({ limit: 10, per: 1_000, burst: 1 });
    meter.take(1, 1_000);
    meter.take(1, 500);
    meter.giveBack(undefined, 1, 200);
    expect(meter.readyAt(1, 0, 1_000)).toBe(1_100);
  });

  it.each([3, 7, 30, 600, 999])('lets all of its burst go at once, and one at each of its times after that: %d a second', (limit) => {
    const meter = bucket({ limit, per: 1_000 });
    const start = 123.456789;
    let now = start;
    for (let n = 0; n < limit; n += 1) {
      expect(meter.readyAt(1, 0, now)).toBe(now);
      meter.take(1, now);
    }
    for (let n = 1; n <= 3 * limit; n += 1) {
      now = meter.readyAt(1, 0, now);
      expect(now).toBeCloseTo(start + (n * 1_000) / limit, 5);
      meter.take(1, now);
    }
  });

  it('takes a time that is less than a nanosecond away as now, and keeps what was short', () => {
    const meter = bucket({ limit: 3, per: 1_000, burst: 1 });
    meter.take(1, 0);
    const at = meter.readyAt(1, 0, 0);
    expect(at).toBe(333.333333);
    expect(meter.readyAt(1, 0, at)).toBe(at);
    meter.take(1, at);
    expect(meter.readyAt(1, 0, at)).toBe(666.666667);
  });

  it('agrees with a recount in steps of a millisecond, for any costs, debts and settlements', () => {
    const step = fc.record({
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
      cost: fc.integer({ min: 0, max: 14 }),
      does: fc.constantFrom('takes', 'takes', 'takes', 'gives back', 'takes on top'),
    });
    const seen = { waited: 0, debt: 0, oversized: 0, capped: 0 };
    fc.assert(
      fc.property(
        fc.record({ limit: fc.integer({ min: 1, max: 9 }), per: fc.integer({ min: 1, max: 60 }), burst: fc.integer({ min: 1, max: 10 }) }),
        fc.array(step, { maxLength: 30 }),
        ({ limit, per, burst }, steps) => {
          const meter = bucket({ limit, per, burst });
          // What it holds, in tokens times per.
          let holds = burst * per;
          let now = 0;
          let early = false;
          let wrong = false;
          const pass = (): void => {
            now += 1;
            holds = Math.min(burst * per, holds + limit);
          };
          for (const { wait, cost, does } of steps) {
            for (let ms = 0; ms < wait; ms += 1) pass();
            if (does === 'takes on top') {
              meter.take(cost, now);
              holds -= cost * per;
            } else if (does === 'gives back') {
              if (holds + cost * per > burst * per) seen.capped += 1;
              meter.giveBack(undefined, cost, now);
              holds = Math.min(burst * per, holds + cost * per);
            } else {
              const told = Math.ceil(meter.readyAt(cost, 0, now));
              if (holds < 0) seen.debt += 1;
              if (cost > burst) seen.oversized += 1;
              while (cost > 0 && holds < Math.min(cost, burst) * per) {
                seen.waited += 1;
                early ||= meter.readyAt(cost, 0, now) <= now;
                pass();
              }
              expect([told, early]).toEqual([now, false]);
              meter.take(cost, now);
              holds -= cost * per;
            }
            wrong ||= meter.idle(now) !== (holds === burst * per);
          }
          expect(wrong).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
    expect(Object.entries(seen).filter(([, times]) => times < 50)).toEqual([]);
  });

  it('tells those who stand behind others their time exactly, as long as nobody leaves', () => {
    fc.assert(
      fc.property(
        fc.record({ limit: fc.integer({ min: 1, max: 9 }), per: fc.integer({ min: 1, max: 60 }), burst: fc.integer({ min: 1, max: 10 }) }),
        fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 20 }),
        (options, costs, taken) => {
          const meter = bucket(options);
          meter.take(taken, 3);
          let ahead = 0;
          const told = costs.map((cost) => {
            const at = meter.readyAt(cost, ahead, 3);
            ahead += meter.ahead(cost);
            return at;
          });
          let now = 3;
          const went = costs.map((cost) => {
            now = meter.readyAt(cost, 0, now);
            meter.take(cost, now);
            return now;
          });
          for (const [i, at] of went.entries()) expect(told[i]).toBeCloseTo(at, 4);
        },
      ),
      { numRuns: 200 },
    );
  });
});
