/**
 * Time and chance as a policy sees them. Everything that waits, measures or draws goes through a {@link Clock}, so that a
 * test can hold all of it in its hand.
 * @module
 */
import { wrongType, type Check } from './options.ts';

/**
 * Where a policy takes its time and its randomness from. The default reads the host's globals at each call, so fake
 * timers work without one.
 *
 * @example
 * ```ts
 * import { breaker, type Clock } from 'breakwater';
 *
 * let now = 0;
 * const clock: Clock = {
 *   now: () => now,
 *   wall: () => now,
 *   setTimer: (callback, ms) => setTimeout(callback, ms),
 *   clearTimer: (timer) => clearTimeout(timer as number),
 *   random: () => 0.5,
 * };
 * const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 1_000, clock });
 * circuit.open();
 * now = 400;
 * circuit.retryAfterMs // => 600
 * ```
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Milliseconds since 1970: for dates that a server sends, and for time that a suspended machine slept through. */
  wall(): number;
  /** Calls `callback` once, `ms` milliseconds from now (never more than 2³¹−1), and answers a handle. */
  setTimer(callback: () => void, ms: number): unknown;
  /** Calls a timer off. One that has fired already is left alone. */
  clearTimer(timer: unknown): void;
  /** A number from 0 up to, but not including, 1. */
  random(): number;
}

/**
 * The longest time that a host's timer takes, in milliseconds; a longer one fires at once (HTML, "timer initialization
 * steps": a 32-bit integer).
 */
export const MAX_TIMER: number = 2 ** 31 - 1;

/** The host's own clock. `setTimeout` cuts fractions off, which would be early: they are rounded up. */
export const hostClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimer: (callback, ms) => setTimeout(callback, Math.ceil(ms)),
  clearTimer: (timer) => clearTimeout(timer as number),
  random: () => Math.random(),
};

/**
 * Calls back once after `ms` milliseconds, however long that is; for `Infinity` never. Answers how to call it off.
 */
export function after(clock: Clock, ms: number, callback: () => void): () => void {
  if (ms === Infinity) return nothing;
  let timer: unknown;
  const arm = (left: number): void => {
    timer = left > MAX_TIMER ? clock.setTimer(() => arm(left - MAX_TIMER), MAX_TIMER) : clock.setTimer(callback, left);
  };
  arm(ms);
  return () => clock.clearTimer(timer);
}

/** What there is to call off where nothing was begun. */
export function nothing(): void {}

const METHODS: readonly (keyof Clock)[] = ['now', 'wall', 'setTimer', 'clearTimer', 'random'];

/** Checks the option `clock`. A clock may be an object of a class: its methods are used as they are, with their `this`. */
export const clockOption: Check<Clock> = (value, at) => {
  const expects = `a clock, an object with ${METHODS.join(', ')}`;
  if (typeof value !== 'object' || value === null) throw wrongType(at, expects, value);
  for (const method of METHODS) {
    const found: unknown = (value as Partial<Clock>)[method];
    if (typeof found !== 'function') throw wrongType(`${at}.${method}`, 'a function', found);
  }
  return value as Clock;
};
