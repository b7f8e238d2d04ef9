/**
 * Backoffs, the rules that make delays: their three factories, which check the options and answer plain data.
 * @module
 */
import { type Check, duration, numberThat, oneOf, optional, outOfRange, readOptions } from '../core/options.ts';
import { type Backoff, DEFAULT_MAX, MAX_DELAY } from './backoff-data.ts';
import { JITTERS, type Jitter } from './jitter.ts';

export { type Backoff, MAX_DELAY } from './backoff-data.ts';

/** Options of {@link constant}. */
export interface ConstantOptions {
  /**
   * How the delays are spread. Left out, the `jitter` of the retry that uses the backoff applies, else `'none'`.
   * `'decorrelated'` goes up to 30 seconds, or to the delay itself where that is longer.
   * @default undefined
   */
  readonly jitter?: Jitter | undefined;
}

/** Options of {@link linear}. */
export interface LinearOptions {
  /**
   * The delay before the first retry, in milliseconds, from 0 to `max`.
   * @default 500
   */
  readonly first?: number | undefined;
  /**
   * What each further delay adds, in milliseconds, 0 or more.
   * @default 500
   */
  readonly step?: number | undefined;
  /**
   * The ceiling of every delay, in milliseconds; above 2147483647 (also `Infinity`) it means 2147483647.
   * @default 30_000
   */
  readonly max?: number | undefined;
  /**
   * How the delays are spread. Left out, the `jitter` of the retry that uses the backoff applies, else `'none'`.
   * @default undefined
   */
  readonly jitter?: Jitter | undefined;
}

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /**
   * The delay before the first retry, in milliseconds, from 0 to `max`.
   * @default 500
   */
  readonly first?: number | undefined;
  /**
   * What each further delay is multiplied by, 1 or more.
   * @default 2
   */
  readonly factor?: number | undefined;
  /**
   * The ceiling of every delay, in milliseconds; above 2147483647 (also `Infinity`) it means 2147483647.
   * @default 30_000
   */
  readonly max?: number | undefined;
  /**
   * How the delays are spread. Left out, the `jitter` of the retry that uses the backoff applies, else `'full'`; as a
   * breaker's `recoveryTimeout` it is `'none'`.
   * @default undefined
   */
  readonly jitter?: Jitter | undefined;
}

/** A duration as a delay: 2147483647 ms where it is longer, and never a negative zero. */
export const delayMs: Check<number> = (value, at) => Math.min(MAX_DELAY, duration(value, at)) + 0;

const jitterOption: Check<Jitter | undefined> = (value, at) =>
  value === undefined ? undefined : oneOf(...JITTERS)(value, at);
const factorOption: Check<number> = /* @__PURE__ */ numberThat('a finite number of at least 1', (n) => n >= 1 && n < Infinity);

/**
 * The same delay before every retry.
 *
 * @param ms - the delay, in milliseconds, 0 or more; above 2147483647 it means 2147483647.
 * @throws TypeError or RangeError when the delay or an option is not what it should be.
 *
 * @example
 * ```ts
 * import { constant } from 'breakwater';
 *
 * constant(250).first // => 250
 * ```
 */
export function constant(ms: number, options?: ConstantOptions): Backoff {
  const first = delayMs(ms, 'constant: the delay');
  const { jitter } = readOptions<Checked<ConstantOptions>>('constant', options, { jitter: jitterOption });
  const max = Math.max(first, DEFAULT_MAX);
  return Object.freeze({ '~backoff': 'constant', first, step: 0, factor: 1, max, jitter });
}

/**
 * A delay that grows by the same step with every retry, up to a ceiling.
 *
 * @throws TypeError or RangeError when an option is not what it should be, or `first` is above `max`.
 *
 * @example
 * ```ts
 * import { linear } from 'breakwater';
 *
 * linear({ first: 100, step: 50 }).step // => 50
 * ```
 */
export function linear(options?: LinearOptions): Backoff {
  const checked = readOptions<Checked<LinearOptions>>('linear', options, {
    first: optional(delayMs, 500),
    step: optional(delayMs, 500),
    max: optional(delayMs, DEFAULT_MAX),
    jitter: jitterOption,
  });
  belowCeiling('linear', checked);
  return Object.freeze({ '~backoff': 'linear', factor: 1, ...checked });
}

/**
 * A delay that is multiplied with every retry, up to a ceiling.
 *
 * @throws TypeError or RangeError when an option is not what it should be, or `first` is above `max`.
 *
 * @example
 * ```ts
 * import { exponential } from 'breakwater';
 *
 * exponential({ first: 100 }).factor // => 2
 * ```
 */
export function exponential(options?: ExponentialOptions): Backoff {
  const checked = readOptions<Checked<ExponentialOptions>>('exponential', options, {
    first: optional(delayMs, 500),
    factor: optional(factorOption, 2),
    max: optional(delayMs, DEFAULT_MAX),
    jitter: jitterOption,
  });
  belowCeiling('exponential', checked);
  return Object.freeze({ '~backoff': 'exponential', step: 0, ...checked });
}

/** Options with their defaults; only the jitter may still be open. */
type Checked<T> = { readonly [K in keyof T]-?: K extends 'jitter' ? Jitter | undefined : number };

function belowCeiling(owner: string, { first, max }: { first: number; max: number }): void {
  if (first > max) throw outOfRange(`${owner}: first`, `at most max (${max})`, first);
}
