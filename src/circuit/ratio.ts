/** Trip rules by a ratio: of failures, and of slow calls. */
import { numberThat, optional, outOfRange, positiveDuration, readOptions, wholeNumber, type Checks } from '../core/options.ts';
import { showMs } from '../core/text.ts';
import type { Time } from './time.ts';
import type { Tripper, TripRule } from './trip.ts';
import { lastCalls } from './windows/last-calls.ts';
import { windowOption, type Tally, type TripWindow } from './windows/window.ts';

/** Options of {@link failureRatio}. */
export interface FailureRatioOptions {
  /**
   * The share of the outcomes in the window that must be failures, above 0 and up to 1. At exactly this share it trips.
   * @default 0.5
   */
  readonly ratio?: number | undefined;
  /**
   * The outcomes that are looked at: {@link lastCalls} or {@link lastMs}.
   * @default lastCalls(100)
   */
  readonly window?: TripWindow | undefined;
  /**
   * The fewest outcomes in the window that say anything, at least 1: below it the rule does not trip.
   * @default 20, or what the window holds where that is less
   */
  readonly minimumCalls?: number | undefined;
}

/** Options of {@link slowCallRatio}. */
export interface SlowCallRatioOptions {
  /** A call is slow whose attempt takes longer than this, in milliseconds. */
  readonly slowAfter: number;
  /**
   * The share of the outcomes in the window that must be slow, above 0 and up to 1. At exactly this share it trips.
   * @default 0.5
   */
  readonly ratio?: number | undefined;
  /**
   * The outcomes that are looked at: {@link lastCalls} or {@link lastMs}.
   * @default lastCalls(100)
   */
  readonly window?: TripWindow | undefined;
  /**
   * The fewest outcomes in the window that say anything, at least 1: below it the rule does not trip.
   * @default 20, or what the window holds where that is less
   */
  readonly minimumCalls?: number | undefined;
}

/**
 * Opens the circuit when too large a share of its recent outcomes are failures. It sees what failures in a row never
 * show: a service that fails every second time.
 *
 * It is asked after each outcome, successes too, as soon as the window holds `minimumCalls` of them. Closing the circuit
 * empties the window. In half-open it has no say: there a failed probe opens, and good ones close.
 *
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range, or `minimumCalls` is more than the window can hold.
 *
 * @example
 * ```ts
 * import { breaker, failureRatio, lastMs } from 'breakwater';
 *
 * const trip = failureRatio({ ratio: 0.5, window: lastMs(30_000), minimumCalls: 20 });
 * trip.label // => '50 % of 20 or more calls in the last 30 s failed'
 *
 * const circuit = breaker({ trip });
 * ```
 * @see {@link slowCallRatio} for a service that answers, but late.
 * @see {@link anyOf} for several rules at once.
 */
export function failureRatio(options?: FailureRatioOptions): TripRule {
  const rule = resolved('failureRatio', readOptions<RatioSettings>('failureRatio', options, checks()), undefined);
  return Object.freeze({ label: `${shareOf(rule)} failed`, '~start': () => new RatioTripper(rule) });
}

/**
 * Opens the circuit when too large a share of its recent calls were slow, whether they failed or not: a service that
 * drowns answers late before it fails.
 *
 * What counts is the time of the attempt that the outcome is of, from the start of the function to its end; waits, queues
 * and backoffs are no part of it. An attempt that a timeout cut took as long as the timeout: a `slowAfter` that is not
 * below it sees nothing. A failure that comes fast is not slow; to see those too, combine it with {@link failureRatio} by
 * {@link anyOf}.
 *
 * In half-open a probe slower than `slowAfter` is a failed probe, though its caller gets the answer.
 *
 * Each attempt reads the clock at its start and its end. A breaker with another rule does not.
 *
 * @throws TypeError when an option is unknown or of the wrong kind, or `slowAfter` is not given.
 * @throws RangeError when a number is out of its range, or `minimumCalls` is more than the window can hold.
 *
 * @example
 * ```ts
 * import { breaker, lastMs, slowCallRatio } from 'breakwater';
 *
 * const circuit = breaker({ trip: slowCallRatio({ slowAfter: 2_000, window: lastMs(30_000) }) });
 * String(circuit) // => 'breaker(50 % of 20 or more calls in the last 30 s took over 2 s, 60 s) ▸ fn'
 * ```
 */
export function slowCallRatio(options: SlowCallRatioOptions): TripRule {
  const given = readOptions<SlowSettings>('slowCallRatio', options, { slowAfter: positiveDuration, ...checks() });
  const { slowAfter } = given;
  // An outcome without an attempt took no time.
  const rule = resolved('slowCallRatio', given, (took = 0) => took > slowAfter);
  return Object.freeze({
    label: `${shareOf(rule)} took over ${showMs(slowAfter)}`,
    '~timed': true,
    '~start': () => new RatioTripper(rule),
  });
}

interface RatioSettings {
  readonly ratio: number;
  readonly window: TripWindow;
  readonly minimumCalls: number | undefined;
}

interface SlowSettings extends RatioSettings {
  readonly slowAfter: number;
}

// Made when it is needed: a call at the top of a module would stay in every bundle.
const checks = (): Checks<RatioSettings> => ({
  ratio: optional(numberThat('a ratio above 0, up to 1', (ratio) => ratio > 0 && ratio <= 1), 0.5),
  window: (value, at) => (value === undefined ? lastCalls(100) : windowOption(value, at)),
  minimumCalls: optional(wholeNumber(1), undefined),
});

/** Enough that one failure more or less does not decide; see docs/breaker.md for where the number comes from. */
const MINIMUM = 20;

/** A rule as its trippers go by it, for however many circuits. */
interface RatioRule {
  readonly ratio: number;
  readonly window: TripWindow;
  readonly minimum: number;
  /** What is counted: slow attempts, or else failures. */
  readonly slow: Tripper['slow'];
}

function resolved(owner: string, { ratio, window, minimumCalls }: RatioSettings, slow: RatioRule['slow']): RatioRule {
  const holds = window['~holds'];
  const minimum = minimumCalls ?? Math.min(MINIMUM, holds);
  if (minimum <= holds) return { ratio, window, minimum, slow };
  throw outOfRange(`${owner}: minimumCalls`, `${holds} or less, as its window (${window.label}) never holds more`, minimum);
}

/** `50 % of the last 20 to 100 calls`. */
function shareOf({ ratio, window, minimum }: RatioRule): string {
  return `${Number((ratio * 100).toPrecision(4))} % of ${window['~of'](minimum)}`;
}

class RatioTripper implements Tripper {
  readonly rule: RatioRule;
  readonly tally: Tally;
  readonly slow: RatioRule['slow'];

  constructor(rule: RatioRule) {
    this.rule = rule;
    this.slow = rule.slow;
    this.tally = rule.window['~open']();
  }

  record(failed: boolean, _failures: number, time: Time, took: number | undefined): boolean {
    const { rule, tally } = this;
    tally.record(this.slow === undefined ? failed : this.slow(took), time);
    // Divided, not multiplied: 7 of 100 are 0.07, but 0.07 * 100 is more than 7.
    return tally.total >= rule.minimum && tally.bad / tally.total >= rule.ratio;
  }

  reset(): void {
    this.tally.reset();
  }
}
