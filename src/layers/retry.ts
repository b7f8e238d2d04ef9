/** Retry: further attempts after a failed one, with waits between them that end when the circuit opens. */
import { readBudget, type RetryBudget } from '../backoff/budget.ts';
import type { Backoff } from '../backoff/backoff.ts';
import { delayRule, type Delay, type DelayFunction, type DelayRule } from '../backoff/delays.ts';
import { JITTERS, type Jitter } from '../backoff/jitter.ts';
import type { Call } from '../core/call.ts';
import { handleOption, type Handle, type Outcome } from '../core/handle.ts';
import { isPlainSuccess } from '../core/judge.ts';
import { commonChecks, type CommonOptions, type Layer } from '../core/layer.ts';
import { duration, oneOf, optional, readOptions, wholeNumber } from '../core/options.ts';
import type { Mode } from '../core/order.ts';
import { PASS, type Stage } from '../core/stage.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';
import { Retrying, type RetrySettings } from './retry/retrying.ts';

/**
 * Options of {@link retry}.
 * @typeParam D - the kind of its delay
 */
export interface RetryOptions<D extends Delay = Delay> extends CommonOptions {
  /**
   * Attempts in all: the call and its repetitions. A whole number of at least 1, or `Infinity`.
   * @default 3
   */
  readonly attempts?: number | undefined;
  /**
   * The wait before the next attempt: milliseconds, a backoff, a list of delays (its last one repeats), or a function of
   * what failed. `0` never waits, and then the retry can be synchronous.
   * @default exponential({ first: 500, factor: 2, max: 30_000, jitter: 'full' })
   */
  readonly delay?: D | DelayFunction | undefined;
  /**
   * How delays are spread where the backoff does not say it itself.
   * @default 'full' for an exponential backoff, else 'none'
   */
  readonly jitter?: Jitter | undefined;
  /**
   * The longest wait that a server may ask for (`Retry-After`, `retry-after-ms`), in milliseconds. When it asks for more,
   * the call ends with its own error instead of sleeping.
   * @default 60_000
   */
  readonly maxRetryAfterMs?: number | undefined;
  /**
   * A budget of retries that many calls share: see {@link retryBudget}.
   * @default none
   */
  readonly budget?: RetryBudget | undefined;
  /**
   * Which outcomes are repeated. `false` and `'ignore'` are the same here: passed on untouched.
   * @default every error but cancellation and local rejections
   */
  readonly handle?: Handle | undefined;
}

/**
 * A policy that is a retry.
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 */
export interface RetryPolicy<M extends Mode = Mode> extends PolicyOf<'retry', M, never> {}

/**
 * The colour of a retry: only the literal delay `0` never waits.
 * @typeParam D - the kind of its delay
 * @group Types behind the types
 */
export type RetryMode<D> = D extends number ? (number extends D ? Mode : D extends 0 ? 'sync' : 'async') : 'async';

/**
 * Repeats a failed call, with a growing wait before each further attempt. There is no wait after the last one: its own
 * error, or its own bad value, is what the caller gets.
 *
 * Under a breaker it knows the circuit: when that opens, a wait ends at once with {@link CircuitOpenError}, whose cause is
 * the call's own last error; no attempt starts under an open circuit, and a half-open probe is one attempt.
 *
 * @typeParam D - the kind of its delay: only the literal `0` leaves it sync
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { retry } from 'breakwater';
 *
 * let calls = 0;
 * const flaky = retry({ attempts: 3, delay: 1 }).wrap(async () => {
 *   calls += 1;
 *   if (calls < 3) throw new Error('not yet');
 *   return calls;
 * });
 * await flaky() // => 3
 * ```
 * @see {@link Chain.retry} is the same as a step of a chain.
 */
export function retry<D extends Delay = Backoff>(options?: RetryOptions<D>): RetryPolicy<RetryMode<D>> {
  const settings = readOptions<RetrySettings>('retry', options, {
    attempts: optional(wholeNumber(1), 3),
    delay: (value) => value,
    jitter: optional(oneOf(...JITTERS), undefined),
    maxRetryAfterMs: optional(duration, 60_000),
    budget: optional(readBudget, undefined),
    handle: optional(handleOption, undefined),
    ...commonChecks,
  });
  const rule = delayRule(settings.delay, settings.jitter, 'retry: delay');
  return new PolicyObject([layer(settings, rule)]) as unknown as RetryPolicy<RetryMode<D>>;
}

function layer(settings: RetrySettings, rule: DelayRule): Layer {
  const { attempts, maxRetryAfterMs, budget, handle, clock, onListenerError } = settings;
  return {
    kind: 'retry',
    mode: rule.waits ? 'async' : 'sync',
    role: 'guard',
    options: {
      attempts,
      delay: rule.describe,
      maxRetryAfterMs,
      budget: budget === undefined ? 'none' : { tokens: budget.maxTokens, ratio: budget.ratio },
      handle: handle === undefined ? 'default' : 'custom',
    },
    label: `retry ×${attempts === Infinity ? '∞' : attempts}`,
    clock,
    report: onListenerError,
    budget,
    stage: stage(settings, rule),
  };
}

function stage(settings: RetrySettings, rule: DelayRule): Stage {
  const { handle, budget } = settings;
  const conclude = (call: Call, outcome: Outcome): unknown =>
    ((call.history.retrying ??= new Retrying(settings, rule, call)) as Retrying).conclude(outcome);
  return {
    admit: (call) => (call.past?.retrying as Retrying | undefined)?.readmit(),
    value: (call, value) => {
      // The usual case, kept short: the first attempt answers, and nobody has a say in the answer.
      if (call.past?.retrying !== undefined || !isPlainSuccess(call, handle)) return conclude(call, { value });
      if (call.door?.countsAttempts === true) call.door.attempted(call, { value });
      budget?.['~succeeded']();
      return PASS;
    },
    error: (call, error) => conclude(call, { error }),
    quick: handle === undefined && budget === undefined ? true : undefined,
  };
}
