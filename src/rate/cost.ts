/**
 * What calls cost, as functions of the user's tell it: foreign code, whose answers are checked.
 * @module
 */
import { CostError } from '../core/rate-limited-error.ts';
import { show } from '../core/text.ts';
import { disregard } from '../core/thenable.ts';
import type { Limit } from './limit.ts';
import type { Costs } from './meters.ts';

/**
 * What a call with these arguments takes of each limit.
 *
 * @throws CostError where a `cost` throws, or answers with anything but a number from 0 on.
 */
export function costsOf(limits: readonly Limit[], args: readonly unknown[]): Costs {
  return limits.map(({ '~cost': cost }) => {
    if (cost === undefined) return 1;
    let answer: unknown;
    try {
      answer = cost(...args);
    } catch (error) {
      throw new CostError('rateLimit: cost must answer with a number, 0 or more; it threw', { cause: error });
    }
    return checked(answer, 'cost');
  });
}

/**
 * What an attempt that answered `value` has used of each limit. A `used` that throws, or answers with anything but a number
 * from 0 on, is reported, and the cost stands.
 */
export function usedOf(
  limits: readonly Limit[],
  costs: Costs,
  value: unknown,
  args: readonly unknown[],
  report: (error: unknown) => void,
): Costs {
  return limits.map(({ '~used': used }, i) => {
    const cost = costs[i] as number;
    if (used === undefined) return cost;
    try {
      const answer: unknown = used(value, ...args);
      return answer === undefined ? cost : checked(answer, 'used');
    } catch (error) {
      report(error);
      return cost;
    }
  });
}

function checked(answer: unknown, option: 'cost' | 'used'): number {
  if (typeof answer === 'number' && answer >= 0 && answer < Infinity) return answer;
  // A promise is no number, and nobody waits for it.
  disregard(answer);
  throw new CostError(`rateLimit: ${option} must answer with a number, 0 or more, got ${show(answer)}`);
}
