/**
 * Trip rules: when a closed circuit opens. A rule is plain data that starts a fresh {@link Tripper} for each circuit, so
 * that one rule can be given to many breakers; what was counted lives in the tripper.
 * @module
 */
import { safely, type Report } from '../core/events.ts';
import { wholeNumber, wrongType } from '../core/options.ts';
import type { Time } from './time.ts';

/** What a circuit keeps of its outcomes while closed. Probes are not counted by it: a failed one reopens in any case. */
export interface Tripper {
  /**
   * Takes one outcome in, and answers whether the circuit should open now. It is asked after successes too.
   * `failures` is the current run of consecutive failures, this outcome included; `took` is how long the attempt took that
   * the outcome is of, in milliseconds, where a rule wants to know.
   */
  record(failed: boolean, failures: number, time: Time, took: number | undefined): boolean;
  /** Whether a probe that took so long is a failed one, whatever it came to. Left out by a rule that does not look at time. */
  readonly slow?: ((took: number | undefined) => boolean) | undefined;
  /** Forgets everything: the circuit closed. */
  reset(): void;
}

/** A rule that says when a circuit opens: what {@link consecutive} and its like answer, and what the option `trip` takes. */
export interface TripRule {
  /** The rule in a few words, as `describe()` shows it: `5 in a row`. */
  readonly label: string;
  /** @internal It wants to know how long attempts take. */
  readonly '~timed'?: boolean;
  /** @internal Begins to count for one circuit. */
  readonly '~start': (report: Report) => Tripper;
}

/**
 * A breaker strategy made for cockatiel (its `IBreaker`, 3.2 and 4.0), which `trip` takes as it is. The object itself
 * does the counting: give each circuit its own. The parameters are cockatiel's own enum, which only `any` fits.
 */
export interface CockatielBreaker {
  /** What the strategy has counted; it is neither read nor set here. */
  state: unknown;
  /** Takes a success in. */
  success(state: any): void;
  /** Takes a failure in, and answers whether the circuit should open. */
  failure(state: any): boolean;
}

/**
 * Opens the circuit after so many failures in a row. One success starts the count again, whatever came before it.
 *
 * It needs no clock and no memory of single calls. A downstream that fails every second time never trips it.
 *
 * @param failures - how many failures in a row open the circuit: a whole number, at least 1.
 * @throws TypeError when `failures` is not a number.
 * @throws RangeError when `failures` is not whole, or is below 1.
 *
 * @example
 * ```ts
 * import { consecutive } from 'breakwater';
 *
 * consecutive(5).label // => '5 in a row'
 * ```
 */
export function consecutive(failures: number): TripRule {
  const threshold = wholeNumber(1)(failures, 'consecutive: failures');
  // A rule keeps nothing of any circuit, so that one can serve all: a breaker a tenant has the same rule a thousand times.
  if (latest?.threshold !== threshold) latest = { threshold, rule: inARow(threshold) };
  return latest.rule;
}

let latest: { readonly threshold: number; readonly rule: TripRule } | undefined;

function inARow(threshold: number): TripRule {
  const tripper: Tripper = {
    record: (_failed, run) => run >= threshold,
    reset: () => {},
  };
  return Object.freeze({ label: `${threshold} in a row`, '~start': () => tripper });
}

/**
 * The check of the option `trip`: a rule of ours, or a breaker strategy made for cockatiel.
 *
 * @throws TypeError when it is neither.
 */
export function tripRule(value: unknown, at: string): TripRule {
  if (typeof value === 'object' && value !== null) {
    if (isTripRule(value)) return value;
    if (isCockatielBreaker(value)) return Object.freeze({ label: 'cockatiel breaker', '~start': (report: Report) => adapt(value, report) });
  }
  throw wrongType(at, 'a trip rule such as consecutive(5), or a cockatiel breaker', value);
}

function isTripRule(value: object): value is TripRule {
  return Object.hasOwn(value, '~start') && typeof (value as Partial<TripRule>)['~start'] === 'function';
}

// Its methods sit on the prototype of a class, so here, unlike for options, own properties would be too few.
function isCockatielBreaker(value: object): value is CockatielBreaker {
  const { success, failure } = value as Partial<CockatielBreaker>;
  return typeof success === 'function' && typeof failure === 'function';
}

/** Cockatiel's `CircuitState.Closed`. */
const closed = 0;
/** Cockatiel's `CircuitState.HalfOpen`: a success in it is how its strategies learn that the circuit closed. */
const halfOpen = 2;

/** It is foreign code: where it throws it trips nothing, and what it threw is reported. */
function adapt(breaker: CockatielBreaker, report: Report): Tripper {
  const guarded = (work: () => boolean): boolean => {
    try {
      return work();
    } catch (error) {
      safely(report, error);
      return false;
    }
  };
  const succeed = (state: number): boolean => {
    breaker.success(state);
    return false;
  };
  return {
    record: (failed) => guarded(() => (failed ? breaker.failure(closed) : succeed(closed))),
    reset: () => void guarded(() => succeed(halfOpen)),
  };
}
