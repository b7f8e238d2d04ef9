/** `anyOf`: one word for all that can be combined so. What it does is done by the room that the parts come from. */
import { anyRule } from './circuit/any-rule.ts';
import type { CockatielBreaker, TripRule } from './circuit/trip.ts';
import { show } from './core/text.ts';
import { anyCondition, isStopCondition, type StopCondition } from './stop/condition.ts';

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
export function anyOf(...rules: readonly (TripRule | CockatielBreaker)[]): TripRule;
/**
 * A stop condition that holds as soon as one of several does: the first that does gives the reason.
 *
 * @typeParam C - the conditions
 * @throws TypeError when one of them is no stop condition.
 *
 * @example
 * ```ts
 * import { anyOf, breaker, circuitOpen, maxIterations, stopWhen } from 'breakwater';
 *
 * const stop = stopWhen(anyOf(circuitOpen(breaker()), maxIterations(3)));
 * [...stop] // => [1, 2, 3]
 * stop.reason?.kind // => 'max-iterations'
 * ```
 */
export function anyOf<C extends readonly StopCondition[]>(
  ...conditions: C
): StopCondition<C[number]['~reason']>;
export function anyOf(...given: readonly unknown[]): unknown {
  if (!given.some(isStopCondition)) return anyRule(given as readonly TripRule[]);
  const other = given.findIndex((one) => !isStopCondition(one));
  if (other < 0) return anyCondition(given as readonly StopCondition[]);
  const got = `${show(given[other])} as argument ${other + 1} beside stop conditions`;
  throw new TypeError(`anyOf joins trip rules, or stop conditions, not both: got ${got}`);
}
