/**
 * What a delay is to the retry that waits for it: a rule, checked once, and the delays of each call that fails.
 * @module
 */
import type { Outcome } from '../core/handle.ts';
import { outOfRange, wrongType } from '../core/options.ts';
import { MAX_DELAY } from './backoff-data.ts';

/** What a delay function is told: how the attempt failed (its error, or its bad value), and which attempt it was. */
export type DelayContext = Outcome & {
  /** The attempt that failed, counted from 1. */
  readonly attempt: number;
  /** Aborts when the call is given up. */
  readonly signal: AbortSignal;
};

/** A delay as a function of what failed: milliseconds, 0 or more and finite, or a promise of them. */
export type DelayFunction = (context: DelayContext) => number | PromiseLike<number>;

/** A checked `delay`, ready to run. */
export interface DelayRule {
  /** `false` only for the number 0: it never waits, reads no hint of the server, and can be sync. */
  readonly waits: boolean;
  /** For people: `500 ms`, `500 ms ×2 up to 30 s, full jitter`, `a list of delays`. */
  readonly label: string;
  /** For `describe()`: the number, the backoff's data, or the label. */
  readonly describe: unknown;
  /** The delays of one call. */
  start(random: () => number): DelaySource;
}

/** The delays of one call, drawn one after another. */
export interface DelaySource {
  /** The size of the delay that was drawn last, without its jitter, in milliseconds; 0 before the first. */
  readonly nominal: number;
  /**
   * The delay after a failed attempt, in milliseconds; a promise only where a function answered with one.
   *
   * @throws TypeError or RangeError when a delay that came from outside is none ({@link checkedDelay}).
   */
  next(context: DelayContext): number | PromiseLike<number>;
  /** Lets go of an iterator that was begun. To be called when the call ends; calling it again does nothing. */
  close(): void;
}

/** Nothing to let go of. */
export function keepsNothing(): void {}

/**
 * A delay that came from outside (a function, a list, a cockatiel backoff), in milliseconds; longer than
 * 2147483647 ms it is cut to that.
 *
 * @throws TypeError when it is not a number.
 * @throws RangeError when it is NaN, negative or infinite.
 */
export function checkedDelay(value: unknown, from: string): number {
  const expects = 'a finite number of milliseconds, 0 or more';
  if (typeof value !== 'number') throw wrongType(from, expects, value);
  if (!(value >= 0 && value < Infinity)) throw outOfRange(from, expects, value);
  return Math.min(MAX_DELAY, value) + 0;
}
