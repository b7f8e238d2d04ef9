/** Several trip rules as one. */
import type { Report } from '../core/events.ts';
import { tripRule, type CockatielBreaker, type Tripper, type TripRule } from './trip.ts';

/**
 * A rule that opens the circuit as soon as one of several would. All of them are told every outcome, so that each keeps its
 * own window as it would alone.
 *
 * @throws TypeError when there is none, or one of them is no trip rule.
 */
export function anyRule(given: readonly (TripRule | CockatielBreaker)[]): TripRule {
  if (given.length === 0) throw new TypeError('anyOf expects at least one trip rule, such as consecutive(5), got none');
  const rules = given.map((rule, i) => tripRule(rule, `anyOf: argument ${i + 1}`));
  return Object.freeze({
    label: rules.map(({ label }) => label).join(' or '),
    '~timed': rules.some((rule) => rule['~timed']),
    '~start': (report: Report) => together(rules.map((rule) => rule['~start'](report))),
  });
}

function together(trippers: readonly Tripper[]): Tripper {
  return {
    record(failed, failures, time, took) {
      let trips = false;
      for (const one of trippers) if (one.record(failed, failures, time, took)) trips = true;
      return trips;
    },
    slow: (took) => trippers.some((one) => one.slow?.(took)),
    reset: () => trippers.forEach((one) => one.reset()),
  };
}
