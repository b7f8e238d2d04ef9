/** Trip rules against a recount of the raw log of outcomes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inWindow, ruleOf, specs, trips, type Entry } from '../circuit/recount.ts';
import { Rig } from '../circuit/rig.ts';

/** How long the circuit idles before an outcome: mostly not, now and then far longer than any window. */
const gap = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 0, 0.25, 1, 3.5) },
  { weight: 3, arbitrary: fc.constantFrom(9.75, 10, 10.25, 50, 64) },
  { weight: 1, arbitrary: fc.constantFrom(99.75, 100, 100.25, 1_000, 123_456.75, 1e9) },
);
const arrival = (badly: number): fc.Arbitrary<{ gap: number; verdict: boolean | 'ignore'; took: number | undefined }> =>
  fc.record({
    gap,
    verdict: fc.oneof(
      { weight: badly, arbitrary: fc.constant(true) },
      { weight: 10 - badly, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant('ignore' as const) },
    ),
    took: fc.oneof(
      { weight: badly, arbitrary: fc.constantFrom(50.25, 51, 1_000) },
      { weight: 10 - badly, arbitrary: fc.constantFrom(undefined, 0, 49, 50) },
    ),
  });
const histories = fc
  .constantFrom(1, 3, 5, 8)
  .chain((badly) => fc.array(arrival(badly), { minLength: 1, maxLength: 150, size: 'max' }));

describe('a trip rule', () => {
  it('A10 opens exactly when a recount of the raw log says so, for any gaps, and forgets what is older than its window', () => {
    const seen = { outcomes: 0, opened: 0, byASuccess: 0, byTime: 0, bySlowness: 0, afterIdling: 0, forgot: 0, tooFew: 0, again: 0 };
    fc.assert(
      fc.property(specs(40), histories, fc.constantFrom(0, -5_000, 77.5, 3e9), (spec, history, origin) => {
        const rig = new Rig({ trip: ruleOf(spec)['~start'](() => {}), at: { mono: origin, wall: 0 } });
        let log: Entry[] = [];
        let [openings, failures] = [0, 0];
        for (const { gap: idle, verdict, took } of history) {
          rig.pass(idle);
          rig.machine.record(rig.admit(), verdict, rig.time, took);
          if (verdict === 'ignore') {
            expect(rig.machine.state).toBe('closed');
            continue;
          }
          log.push({ at: rig.mono, failed: verdict, took });
          failures = verdict ? failures + 1 : 0;
          const opens = trips(spec, log, failures);
          expect(rig.machine.state).toBe(opens ? 'open' : 'closed');
          seen.outcomes += 1;
          if (spec.of !== 'any' && spec.of !== 'consecutive') {
            const counted = inWindow(spec, log);
            if ('ms' in spec.window) {
              // What the documentation promises of a window of time, whatever its buckets.
              const { ms, buckets } = spec.window;
              expect(counted.filter(({ at }) => rig.mono - at >= ms)).toEqual([]);
              const young = log.filter(({ at }) => rig.mono - at < ms - ms / buckets);
              expect(young.every((entry) => counted.includes(entry))).toBe(true);
            }
            seen.forgot += Number('ms' in spec.window && counted.length < log.length);
            seen.afterIdling += Number('ms' in spec.window && counted.length === 1 && log.length > 1);
            seen.tooFew += Number(counted.length < spec.minimum);
            seen.byTime += Number(opens && 'ms' in spec.window);
            seen.bySlowness += Number(opens && spec.of === 'slow');
          }
          if (!opens) continue;
          seen.opened += 1;
          seen.byASuccess += Number(!verdict);
          openings += 1;
          // Closed again, it knows nothing of all that.
          log = [];
          failures = 0;
          rig.machine.reset();
        }
        seen.again += Number(openings > 1);
      }),
      { numRuns: 1_000 },
    );
    // Not vacuous: all of this happened, in this very run.
    for (const [what, least] of [
      ['outcomes', 20_000], ['opened', 1_000], ['byASuccess', 100], ['byTime', 100], ['bySlowness', 100],
      ['afterIdling', 100], ['forgot', 1_000], ['tooFew', 1_000], ['again', 100],
    ] as const) {
      expect(seen[what], `${what}: ${JSON.stringify(seen)}`).toBeGreaterThanOrEqual(least);
    }
  });
});
