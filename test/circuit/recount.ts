/**
 * What a trip rule should say, told a second time: nothing is kept but the raw log of outcomes, and all of it is counted
 * anew each time.
 */
import fc from 'fast-check';
import { anyRule } from '../../src/circuit/any-rule.ts';
import { failureRatio, slowCallRatio } from '../../src/circuit/ratio.ts';
import { consecutive, type TripRule } from '../../src/circuit/trip.ts';
import { lastCalls } from '../../src/circuit/windows/last-calls.ts';
import { lastMs } from '../../src/circuit/windows/last-ms.ts';

/** One outcome as it came in; `at` is a time on the monotonic clock. */
export interface Entry {
  readonly at: number;
  readonly failed: boolean;
  readonly took: number | undefined;
}

/** A rule as data, from which the real one is made, and by which the log is counted. */
export type Spec =
  | { readonly of: 'consecutive'; readonly failures: number }
  | (Share & { readonly of: 'failures' })
  | (Share & { readonly of: 'slow'; readonly slowAfter: number })
  | { readonly of: 'any'; readonly specs: readonly Spec[] };

export interface Share {
  /** In twentieths. */
  readonly share: number;
  readonly minimum: number;
  readonly window: { readonly calls: number } | { readonly ms: number; readonly buckets: number };
}

/** The real rule. */
export function ruleOf(spec: Spec): TripRule {
  if (spec.of === 'consecutive') return consecutive(spec.failures);
  if (spec.of === 'any') return anyRule(spec.specs.map(ruleOf));
  const { share, minimum, window } = spec;
  const options = {
    ratio: share / 20,
    minimumCalls: minimum,
    window: 'calls' in window ? lastCalls(window.calls) : lastMs(window.ms, { buckets: window.buckets }),
  };
  return spec.of === 'failures' ? failureRatio(options) : slowCallRatio({ slowAfter: spec.slowAfter, ...options });
}

/** Which entries of the log are in a window when its last one has come. */
export function inWindow({ window }: Share, log: readonly Entry[]): readonly Entry[] {
  if ('calls' in window) return log.slice(-window.calls);
  const { ms, buckets } = window;
  const bucketOf = ({ at }: Entry): number => Math.floor((at * buckets) / ms);
  const newest = bucketOf(log.at(-1)!);
  return log.filter((entry) => newest - bucketOf(entry) < buckets);
}

/** Whether the rule opens the circuit at the last entry of the log. `failures` is the run of failures that it ends. */
export function trips(spec: Spec, log: readonly Entry[], failures: number): boolean {
  if (spec.of === 'any') return spec.specs.some((one) => trips(one, log, failures));
  if (spec.of === 'consecutive') return failures >= spec.failures;
  const counted = inWindow(spec, log);
  const bad = counted.filter(({ failed, took }) => (spec.of === 'failures' ? failed : isSlow(spec, took)));
  return counted.length >= spec.minimum && bad.length * 20 >= spec.share * counted.length;
}

/** Whether the rule calls an attempt slow that took so long. */
export function isSlow(spec: Spec, took: number | undefined): boolean {
  if (spec.of === 'any') return spec.specs.some((one) => isSlow(one, took));
  return spec.of === 'slow' && took !== undefined && took > spec.slowAfter;
}

/** Rules of every kind and their combinations, with windows of at most `most` calls. All call slow what takes over 50 ms. */
export function specs(most: number): fc.Arbitrary<Spec> {
  const calls = fc.integer({ min: 1, max: most }).map((size) => ({ calls: size }));
  // Widths that a clock of quarters of a millisecond meets exactly.
  const time = fc.constantFrom(
    { ms: 100, buckets: 10 },
    { ms: 100, buckets: 2 },
    { ms: 64, buckets: 8 },
    { ms: 7, buckets: 7 },
    { ms: 1_000, buckets: 100 },
  );
  const share = fc
    .record({ share: fc.integer({ min: 1, max: 20 }), minimum: fc.integer({ min: 1, max: most }), window: fc.oneof(calls, time) })
    .map((spec): Share => ({ ...spec, minimum: 'calls' in spec.window ? Math.min(spec.minimum, spec.window.calls) : spec.minimum }));
  const single: fc.Arbitrary<Spec> = fc.oneof(
    { weight: 3, arbitrary: share.map((spec): Spec => ({ of: 'failures', ...spec })) },
    { weight: 3, arbitrary: share.map((spec): Spec => ({ of: 'slow', slowAfter: 50, ...spec })) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }).map((failures): Spec => ({ of: 'consecutive', failures })) },
  );
  return fc.oneof(
    { weight: 3, arbitrary: single },
    { weight: 2, arbitrary: fc.array(single, { minLength: 1, maxLength: 3 }).map((some): Spec => ({ of: 'any', specs: some })) },
  );
}
