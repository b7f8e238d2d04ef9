/**
 * How old an entry is, and what it is good for. Pure: time is an argument.
 * @module
 */

/**
 * Whether an entry is less than `ms` milliseconds away from now. An entry that is dated in the future (the wall clock was set
 * back, or another machine's is ahead) is measured the same way: it cannot stay young for ever.
 */
export function isWithin(storedAt: number, now: number, ms: number): boolean {
  return Math.abs(now - storedAt) < ms;
}
