import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ramp, rampOption } from '../../src/circuit/ramp.ts';

/** Lets go whoever may at each of these times, and answers how many that were. */
function letGo(ramp: Ramp, times: readonly number[], most = 1_000): number[] {
  return times.map((now) => {
    let count = 0;
    for (; count < most && ramp.wait(now) === 0; count += 1) ramp.let();
    return count;
  });
}

describe('Ramp', () => {
  it('A15 lets groups go that grow by the factor, one each time', () => {
    expect(letGo(new Ramp({ start: 1, every: 10, factor: 2 }, 0), [0, 5, 10, 20, 30])).toEqual([1, 0, 2, 4, 8]);
    expect(letGo(new Ramp({ start: 3, every: 10, factor: 1 }, 7), [7, 16, 17, 27])).toEqual([3, 0, 3, 3]);
    expect(letGo(new Ramp({ start: 1, every: 10, factor: 1.5 }, 0), [0, 10, 20, 30, 40])).toEqual([1, 1, 2, 3, 5]);
  });

  it('gives what was not used to nobody else', () => {
    const ramp = new Ramp({ start: 5, every: 10, factor: 1 }, 0);
    expect(letGo(ramp, [0, 0], 2)).toEqual([2, 2]);
    expect(letGo(ramp, [10])).toEqual([5]);
  });

  it('grows with the time that passed while nobody asked', () => {
    expect(letGo(new Ramp({ start: 1, every: 10, factor: 2 }, 0), [35])).toEqual([8]);
  });

  it('is not held up by a machine that slept for a year', () => {
    const year = 365 * 86_400_000;
    expect(letGo(new Ramp({ start: 3, every: 1, factor: 1 }, 0), [year, year + 0.5, year + 1])).toEqual([3, 0, 3]);
  });

  it('says how long the next has to wait', () => {
    const ramp = new Ramp({ start: 1, every: 10, factor: 2 }, 100);
    expect(ramp.wait(100)).toBe(0);
    ramp.let();
    expect([ramp.wait(100), ramp.wait(104), ramp.wait(109.5), ramp.wait(110)]).toEqual([10, 6, 0.5, 0]);
  });

  it('has no end where the first group has none', () => {
    expect(letGo(new Ramp({ start: Infinity, every: 10, factor: 2 }, 0), [0, 10], 50)).toEqual([50, 50]);
  });

  it('A15 never lets more go within one time than its group', () => {
    fc.assert(
      fc.property(
        fc.record({ start: fc.integer({ min: 1, max: 5 }), every: fc.integer({ min: 1, max: 50 }), factor: fc.constantFrom(1, 1.25, 1.5, 2, 3) }),
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 30 }),
        (settings, gaps) => {
          const ramp = new Ramp(settings, 0);
          let now = 0;
          const groups = new Map<number, number>();
          for (const gap of gaps) {
            now += gap;
            if (settings.start * settings.factor ** Math.floor(now / settings.every) > 900) break;
            const group = Math.floor(now / settings.every);
            groups.set(group, (groups.get(group) ?? 0) + letGo(ramp, [now])[0]!);
          }
          for (const [group, count] of groups) expect(count).toBe(Math.floor(settings.start * settings.factor ** group));
        },
      ),
    );
  });
});

describe('the option ramp', () => {
  it.each([1, 1.5, 100])('takes a factor of %s', (factor) => {
    expect(rampOption({ every: 5, factor }, 'ramp')).toEqual({ start: 1, every: 5, factor });
  });

  it.each([0.99, 0, -1, Number.NaN])('refuses a factor of %s', (factor) => {
    expect(() => rampOption({ every: 5, factor }, 'ramp')).toThrow(`ramp: factor must be a number of at least 1, got ${factor}`);
  });
});
