/** A delay that follows how long attempts took lately. */
import { numberThat, optional, outOfRange, positiveDuration, readOptions, wrongType } from '../../core/options.ts';
import { Latencies, type LatencyWatch } from './latencies.ts';

/** Options of {@link quantile}. */
export interface QuantileOptions {
  /**
   * How many latencies are looked at, the last ones: a whole number from 1 to 10000. Each takes 16 bytes.
   * @default 1_000
   */
  readonly window?: number | undefined;
  /**
   * The fewest latencies that say anything: before that many were seen, nothing is hedged.
   * @default 100, or the window where that is less
   */
  readonly minimum?: number | undefined;
}

/** A delay that is a quantile of recent latencies: see {@link quantile}. */
export interface Quantile {
  /** The share of attempts that are not slow: above 0 and below 1. */
  readonly quantile: number;
  /** How many latencies are looked at. */
  readonly window: number;
  /** The fewest that say anything. */
  readonly minimum: number;
  /** @internal Begins to watch for one hedge. */
  readonly '~watch': () => LatencyWatch;
}

/**
 * The time within which the given share of recent attempts had answered: with 0.95, about one call in twenty is hedged,
 * however fast or slow the other end is at the moment. Until enough attempts were seen, none is.
 *
 * What is looked at is how long first attempts took, without any wait before them: those that answered well, and those
 * that a further one overtook, with the time they had had by then. One that failed says nothing. Each hedge watches for
 * itself, also where two have the same quantile.
 *
 * @param share - the share of attempts that are not slow: above 0 and below 1.
 * @throws TypeError when the share is no number, or an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range, or `minimum` is more than the window holds.
 *
 * @example
 * ```ts
 * import { hedge, quantile } from 'breakwater';
 *
 * const guard = hedge({ after: quantile(0.95) });
 * String(guard) // => 'hedge after p95 ▸ fn'
 * ```
 */
export function quantile(share: number, options?: QuantileOptions): Quantile {
  const between = numberThat('a number above 0 and below 1, such as 0.95', (n) => n > 0 && n < 1)(share, 'quantile: share');
  const { window, minimum = Math.min(100, window) } = readOptions<{ window: number; minimum: number | undefined }>(
    'quantile',
    options,
    { window: optional(holds, 1_000), minimum: optional(holds, undefined) },
  );
  if (minimum > window) throw outOfRange('quantile: minimum', `at most ${window}, which is what the window holds`, minimum);
  return Object.freeze({
    quantile: between,
    window,
    minimum,
    '~watch': () => new Latencies(between, window, minimum),
  });
}

const holds = /* @__PURE__ */ numberThat('a whole number from 1 to 10000', (n) => Number.isInteger(n) && n >= 1 && n <= 10_000);

/**
 * The check of the option `after`.
 *
 * @throws TypeError when it is neither a number nor a quantile.
 * @throws RangeError when the number is not above 0.
 */
export function delayOption(value: unknown, at: string): number | Quantile {
  if (typeof value === 'number') return positiveDuration(value, at);
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '~watch')) return value as Quantile;
  if (value === quantile) throw new TypeError(`${at} must be a quantile, got the function quantile: call it, as in quantile(0.95)`);
  throw wrongType(at, 'a duration in milliseconds above 0, or a quantile such as quantile(0.95)', value);
}
