/** The window of latencies against a brute-force recount. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latencies } from '../../../src/layers/hedge/latencies.ts';

/** The smallest value that is not exceeded by the wanted share of the last `window`. */
function recount(seen: readonly number[], quantile: number, window: number, minimum: number): number | undefined {
  const last = seen.slice(-window);
  if (last.length < minimum) return undefined;
  return last.toSorted((a, b) => a - b).find((_, i) => i + 1 >= quantile * last.length);
}

describe('Latencies', () => {
  it('says nothing before enough were seen', () => {
    const latencies = new Latencies(0.5, 10, 3);
    const said = [10, 20, 30, 40].map((ms) => (latencies.note(ms), latencies.value));
    expect(new Latencies(0.5, 10, 1).value).toBeUndefined();
    expect(said).toEqual([undefined, undefined, 20, 20]);
  });

  it('is the smallest latency that the share did not exceed', () => {
    const of = (quantile: number): number | undefined => {
      const latencies = new Latencies(quantile, 20, 20);
      for (let ms = 20; ms > 0; ms--) latencies.note(ms);
      return latencies.value;
    };
    expect([of(0.01), of(0.05), of(0.5), of(0.95), of(0.951), of(0.999)]).toEqual([1, 1, 10, 19, 20, 20]);
  });

  it('forgets the oldest where there is no room, be it the smallest, the largest or one of several that are equal', () => {
    const latencies = new Latencies(0.5, 3, 3);
    const said = [1, 9, 5, 5, 5, 2, 8, 8].map((ms) => (latencies.note(ms), latencies.value));
    expect(said).toEqual([undefined, undefined, 5, 5, 5, 5, 5, 8]);
  });

  it('keeps one where the window holds one', () => {
    const latencies = new Latencies(0.9, 1, 1);
    expect([3, 1, 2].map((ms) => (latencies.note(ms), latencies.value))).toEqual([3, 1, 2]);
  });

  it('agrees with a recount of the last ones, whatever comes', () => {
    let full = 0;
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.oneof(fc.nat(5), fc.double({ min: 0, max: 1e6, noNaN: true })), { maxLength: 60 }),
        (quantile, window, seen) => {
          const minimum = Math.ceil(window / 2);
          const latencies = new Latencies(quantile, window, minimum);
          for (const [i, ms] of seen.entries()) {
            latencies.note(ms);
            expect(latencies.value).toBe(recount(seen.slice(0, i + 1), quantile, window, minimum));
          }
          if (seen.length > window) full += 1;
        },
      ),
      { numRuns: 500 },
    );
    expect(full).toBeGreaterThan(100);
  });
});
