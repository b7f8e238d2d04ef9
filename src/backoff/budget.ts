/**
 * A retry budget: tokens that many calls share, so that in a full outage retries cannot multiply the load. The rules
 * are those of gRPC's retry throttling (proposal A6).
 * @module
 */
import { numberThat, readOptions, wrongType } from '../core/options.ts';
import { peek } from './peek.ts';

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
  /** How many tokens it begins with and can hold: a whole number from 1 to 1000000. */
  readonly tokens: number;
  /** What each success gives back, in tokens: 0.001 to 1, to three decimals. */
  readonly ratio: number;
}

/** A budget of retries. Hand the same one to several retries, and they share it. */
export interface RetryBudget {
  /** What is left. Retries are granted while it is above half of `maxTokens`. */
  readonly tokens: number;
  /** What it can hold. */
  readonly maxTokens: number;
  /** What each success gives back, in tokens. */
  readonly ratio: number;
  /** @internal A failure that retry would repeat: takes a token; whether a retry is granted. */
  '~failed'(): boolean;
  /** @internal A success: gives back `ratio`. */
  '~succeeded'(): void;
}

/**
 * A token budget for retries. Each failure that a retry would repeat costs one token, the last attempt's too; each
 * success gives `ratio` of one back. A retry is granted only while more than half of the tokens are left after the
 * cost; else the call ends with its own error. Calls themselves are never held back.
 *
 * @throws TypeError or RangeError when an option is not what it should be.
 *
 * @example
 * ```ts
 * import { retryBudget } from 'breakwater';
 *
 * const budget = retryBudget({ tokens: 10, ratio: 0.1 });
 * budget.tokens // => 10
 * ```
 * @see {@link https://github.com/grpc/proposal/blob/master/A6-client-retries.md | gRPC proposal A6}: the rules.
 */
export function retryBudget(options: RetryBudgetOptions): RetryBudget {
  const { tokens, ratio } = readOptions<RetryBudgetOptions>('retryBudget', options, {
    tokens: numberThat('a whole number from 1 to 1000000', (n) => Number.isInteger(n) && n >= 1 && n <= 1_000_000),
    ratio: numberThat('a number from 0.001 to 1', (n) => n >= 0.001 && n <= 1),
  });
  // In thousandths of a token, as gRPC counts: sums of 0.1 would drift around the half that decides.
  const max = tokens * 1_000;
  const refund = Math.round(ratio * 1_000);
  let left = max;
  return Object.freeze({
    get tokens(): number {
      return left / 1_000;
    },
    maxTokens: tokens,
    ratio: refund / 1_000,
    '~failed'(): boolean {
      left = Math.max(0, left - 1_000);
      return left > max / 2;
    },
    '~succeeded'(): void {
      left = Math.min(max, left + refund);
    },
  });
}

/**
 * The check of a `budget` option.
 *
 * @throws TypeError when it was not made by {@link retryBudget}.
 */
export function readBudget(value: unknown, at: string): RetryBudget {
  if (typeof peek(value, '~failed') !== 'function' || typeof peek(value, '~succeeded') !== 'function') {
    throw wrongType(at, 'a budget made by retryBudget({ tokens, ratio })', value);
  }
  return value as RetryBudget;
}
