/**
 * A circuit as data that outlives its process. It carries durations, not stamps of a monotonic clock, which mean nothing
 * to the next process.
 * @module
 */
import { numberThat, oneOf, readOptions, wrongType, type Check, type Checks } from '../core/options.ts';

/** What `toJSON()` of a circuit answers and `initialState` takes: plain data, safe to send through JSON. */
export interface CircuitSnapshot {
  /** The version of this format. */
  readonly version: 1;
  /** A half-open circuit is saved as open with no time left, an isolated one as closed. */
  readonly state: 'closed' | 'open';
  /** Consecutive failures: of the closed circuit so far, or those that opened it. */
  readonly failures: number;
  /** Time until a call may probe, in milliseconds, when it was saved; 0 while closed. */
  readonly remainingMs: number;
  /** How many times it opened again since it was last closed. */
  readonly reopenings: number;
  /** When it was saved: the wall clock, in milliseconds since 1970. */
  readonly savedAt: number;
}

const version: Check<1> = (value, at) => {
  if (value !== 1) throw wrongType(at, '1', value);
  return value;
};
const count = /* @__PURE__ */ numberThat('a whole number, 0 or more', (n) => n >= 0 && Number.isSafeInteger(n));

const checks: Checks<CircuitSnapshot> = {
  version,
  state: /* @__PURE__ */ oneOf('closed', 'open'),
  failures: count,
  remainingMs: /* @__PURE__ */ numberThat('a finite duration in milliseconds, 0 or more', (ms) => ms >= 0 && ms < Infinity),
  reopenings: count,
  savedAt: /* @__PURE__ */ numberThat('a finite time in milliseconds since 1970', (ms) => Number.isFinite(ms)),
};

/**
 * The snapshot in `value`, checked and copied; `at` names the option in an error.
 *
 * @throws TypeError when it is not an object with exactly the fields of {@link CircuitSnapshot} as its own.
 * @throws RangeError when a number in it is out of its range.
 */
export function readSnapshot(value: unknown, at: string): CircuitSnapshot {
  if (typeof value !== 'object' || value === null) throw wrongType(at, 'what toJSON() of a circuit answered', value);
  return readOptions(at, value, checks);
}

/**
 * The milliseconds of an open snapshot that are left at the wall time `wall`; 0 or less when they are over. A wall clock
 * that went back since is ignored.
 */
export function leftOf(snapshot: CircuitSnapshot, wall: number): number {
  return snapshot.remainingMs - Math.max(0, wall - snapshot.savedAt);
}
