/**
 * Windows: which outcomes a ratio is made of. A window is plain data that opens a fresh {@link Tally} for each circuit, so
 * that one can be given to many rules.
 * @module
 */
import { wrongType } from '../../core/options.ts';
import type { Time } from '../time.ts';

/** The outcomes that a ratio looks at: what {@link lastCalls} and {@link lastMs} answer, and what the option `window` takes. */
export interface TripWindow {
  /** The window in a few words: `last 100 calls`. */
  readonly label: string;
  /** @internal The most outcomes that it can hold. */
  readonly '~holds': number;
  /** @internal What a ratio is of, where it takes at least so many outcomes: `the last 20 to 100 calls`. */
  readonly '~of': (minimum: number) => string;
  /** @internal Begins to count for one circuit. */
  readonly '~open': () => Tally;
}

/** What is in a window: how many outcomes, and how many of them are bad. It is right as of the last outcome. */
export interface Tally {
  readonly total: number;
  readonly bad: number;
  /** Takes one outcome in, and lets go of those that are no longer in the window. */
  record(bad: boolean, time: Time): void;
  /** Forgets everything. */
  reset(): void;
}

/**
 * The check of the option `window`.
 *
 * @throws TypeError when it is no window.
 */
export function windowOption(value: unknown, at: string): TripWindow {
  if (Object.hasOwn(Object(value) as object, '~open')) return value as TripWindow;
  throw wrongType(at, 'a window, such as lastCalls(100) or lastMs(30_000)', value);
}
