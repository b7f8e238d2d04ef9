/**
 * Jitter: randomness in a delay, so that calls which failed together do not come back together. The four kinds and
 * their formulas are those of the AWS Architecture Blog, "Exponential Backoff and Jitter".
 * @module
 */

/**
 * How a delay is spread: `'full'` from 0 to the delay, `'equal'` over its upper half, `'decorrelated'` from the first
 * delay to three times the one before, `'none'` not at all.
 *
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ | Exponential Backoff and Jitter}:
 * the formulas.
 */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none';

/** Every kind of jitter, for checks and messages. */
export const JITTERS: readonly Jitter[] = ['full', 'equal', 'decorrelated', 'none'];

/** What `'decorrelated'` needs to know besides the delay; all in milliseconds. */
interface JitterBounds {
  readonly first: number;
  readonly max: number;
  /** The delay that was drawn before this one; `undefined` for the first, which then stands in for it. */
  readonly previous: number | undefined;
}

/** The delay to wait, in milliseconds: from 0 to `delay`, for `'decorrelated'` from `first` to `max`. */
export function jittered(delay: number, jitter: Jitter, bounds: JitterBounds, random: () => number): number {
  switch (jitter) {
    case 'full':
      return unit(random) * delay;
    case 'equal':
      // As one product, which rounding cannot take above the delay.
      return delay * (0.5 + unit(random) / 2);
    case 'decorrelated': {
      const { first, max, previous = first } = bounds;
      return Math.min(max, first + unit(random) * (Math.max(first, 3 * previous) - first));
    }
    case 'none':
      return delay;
  }
}

/** A draw from 0 to 1, also where a random source that was handed in answers something else. */
function unit(random: () => number): number {
  return Math.min(1, Math.max(0, random())) || 0;
}
