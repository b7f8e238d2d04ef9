/** `anyOf`: one word for all that can be combined so. What it does is done by the room that the parts come from. */
import { anyRule } from './circuit/any-rule.ts';
import type { CockatielBreaker, TripRule } from './circuit/trip.ts';

/**
 * A trip rule that opens the circuit as soon as one of several would: for instance after five failures in a row, or at a
 * ratio over a longer time.
 *
 * Each rule counts for itself, and is told every outcome, whatever the others say of it. A breaker of cockatiel is a rule,
 * too.
 *
 * @throws TypeError when there is none, or one of them is no trip rule.
 *
 * @example
 * ```ts
 * import { anyOf, breaker, consecutive, failureRatio } from 'breakwater';
 *
 * const circuit = breaker({ trip: anyOf(consecutive(5), failureRatio({ ratio: 0.3 })) });
 * String(circuit) // => 'breaker(5 in a row or 30 % of the last 20 to 100 calls failed, 60 s) ▸ fn'
 * ```
 */
export function anyOf(...rules: readonly (TripRule | CockatielBreaker)[]): TripRule {
  return anyRule(rules);
}
