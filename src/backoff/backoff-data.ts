/**
 * A backoff as data, and the arithmetic on it. Nothing here waits: the index of the retry, the delay before it and the
 * randomness are arguments.
 * @module
 */
import { MAX_TIMER } from '../core/clock.ts';
import { type Jitter, jittered } from './jitter.ts';
import { peek } from './peek.ts';

/** The longest delay there is, in milliseconds (about 24.8 days): a longer timer would fire at once. */
export const MAX_DELAY: number = MAX_TIMER;

/** The ceiling of a delay where none was given, in milliseconds. */
export const DEFAULT_MAX = 30_000;

/** A rule that makes delays, as its three factories return it: frozen plain data. */
export interface Backoff {
  /** @internal Which rule it is. */
  readonly '~backoff': 'constant' | 'linear' | 'exponential';
  /** The delay before the first retry, in milliseconds. */
  readonly first: number;
  /** What each further delay adds, in milliseconds; 0 unless linear. */
  readonly step: number;
  /** What each further delay is multiplied by; 1 unless exponential. */
  readonly factor: number;
  /** The ceiling of every delay, in milliseconds. */
  readonly max: number;
  /** How the delays are spread; `undefined` where the place that uses the backoff decides. */
  readonly jitter: Jitter | undefined;
}

const KINDS: readonly unknown[] = ['constant', 'linear', 'exponential'];

/** Whether a value is a backoff made by this package (any copy of it: the mark is a word, not an identity). */
export function isBackoff(value: unknown): value is Backoff {
  return KINDS.includes(peek(value, '~backoff'));
}

/** The jitter of a retry's delays: the backoff's own, else the retry's, else `'full'` if exponential, else `'none'`. */
export function jitterOf(backoff: Backoff, option: Jitter | undefined): Jitter {
  return backoff.jitter ?? option ?? (backoff['~backoff'] === 'exponential' ? 'full' : 'none');
}

/** The delay before retry `index` (from 0) without jitter, in milliseconds: 0 to `max` for any index, however large. */
export function nominalDelay({ '~backoff': kind, first, step, factor, max }: Backoff, index: number): number {
  // A power that has become Infinity would make NaN out of a first delay of 0.
  const grown = kind === 'exponential' ? first * Math.min(factor ** index, Number.MAX_VALUE) : first + step * index;
  return Math.min(max, grown);
}

/**
 * The delay before retry `index` (from 0), in milliseconds: 0 to `max` for any index, however large.
 *
 * @param previous - the delay drawn before this one, which `'decorrelated'` needs; `undefined` for the first.
 * @param jitter - the jitter that applies here ({@link jitterOf}).
 * @param random - answers numbers from 0 to 1.
 */
export function delayOf(
  backoff: Backoff,
  index: number,
  previous: number | undefined,
  jitter: Jitter,
  random: () => number,
): number {
  const { first, max } = backoff;
  return jittered(nominalDelay(backoff, index), jitter, { first, max, previous }, random);
}
