/** Retry: further attempts after a failed one, with waits between them that end when the circuit opens. */
import type { RetryBudget } from '../backoff/budget.ts';
import { readBudget } from '../backoff/budget.ts';
import { MAX_DELAY, type Backoff } from '../backoff/backoff.ts';
import {
  delayRule,
  type Delay,
  type DelayContext,
  type DelayFunction,
  type DelayRule,
  type DelaySource,
} from '../backoff/delays.ts';
import { retryAfterHint } from '../backoff/hint.ts';
import { JITTERS, type Jitter } from '../backoff/jitter.ts';
import { Scope, type Attempt, type Call, type Env } from '../core/call.ts';
import { safely, settleFirst, type Report } from '../core/events.ts';
import { handleOption, type Handle, type Judge, type Outcome } from '../core/handle.ts';
import { isPlainSuccess, judge } from '../core/judge.ts';
import { commonChecks, type CommonOptions, type CommonSettings, type Layer, type Run } from '../core/layer.ts';
import { duration, oneOf, optional, readOptions, wholeNumber } from '../core/options.ts';
import type { Mode } from '../core/order.ts';
import { AGAIN, repeat, settle, watch } from '../core/thenable.ts';
import { beforeWaiting, fits, outOfTime, pause, waitForPromise } from '../core/wait.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';

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

interface RetrySettings extends CommonSettings {
  readonly attempts: number;
  readonly delay: unknown;
  readonly jitter: Jitter | undefined;
  readonly maxRetryAfterMs: number;
  readonly budget: RetryBudget | undefined;
  readonly handle: Judge | undefined;
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
    link: (next, env) => (first) => new Retrying(settings, rule, next, env).run(first),
  };
}

/** One call's way through its attempts. */
class Retrying {
  readonly #settings: RetrySettings;
  readonly #rule: DelayRule;
  readonly #next: Run;
  readonly #env: Env;
  readonly #report: Report;
  #source: DelaySource | undefined = undefined;

  constructor(settings: RetrySettings, rule: DelayRule, next: Run, env: Env) {
    this.#settings = settings;
    this.#rule = rule;
    this.#next = next;
    this.#env = env;
    this.#report = settings.onListenerError ?? env.report;
  }

  run(first: Attempt): unknown {
    return settle(
      () => this.#next(first),
      (value) => this.#succeed(first, value),
      (error) => this.#further(first, { error }),
    );
  }

  /** The usual case, kept short: the first attempt answers, and nobody has a say in the answer. */
  #succeed(first: Attempt, value: unknown): unknown {
    const { call } = first;
    if (!isPlainSuccess(call, this.#settings.handle)) return this.#further(first, { value });
    call.door?.attempted(first, { value });
    this.#settings.budget?.['~succeeded']();
    return value;
  }

  /** All that follows the first attempt; in the end the source of delays is let go. */
  #further(first: Attempt, outcome: Outcome): unknown {
    return watch(
      () => repeat(this.#conclude(first, outcome), () => this.#turn(first.call)),
      () => this.#source?.close(),
    );
  }

  /** One more attempt, where it may still start: much may have happened since it was scheduled, be it in the same tick. */
  #turn(call: Call): unknown {
    const { aborted } = call;
    if (aborted !== undefined) throw aborted.reason;
    if (!fits(call, 0)) throw outOfTime(call);
    const refusal = call.door?.renew(call);
    if (refusal !== undefined) throw refusal;
    const attempt = call.attempt.next();
    return settle(
      () => this.#next(attempt),
      (value) => this.#conclude(attempt, { value }),
      (error) => this.#conclude(attempt, { error }),
    );
  }

  /** What follows from an attempt's outcome: the outcome itself, or another attempt (at once, or after a wait). */
  #conclude(attempt: Attempt, outcome: Outcome): unknown {
    return settleFirst(() => {
      const { call } = attempt;
      const { door } = call;
      const verdict = judge(attempt, this.#settings.handle, outcome, this.#report);
      door?.attempted(attempt, outcome);
      // An error is no success of the other end's, even where a predicate calls it one: here `false` is `'ignore'`.
      if (verdict === false && 'value' in outcome) this.#settings.budget?.['~succeeded']();
      // A probe is one attempt: it neither pays the budget nor asks it.
      if (verdict !== true || door?.probe === true) return surface(outcome);
      const granted = this.#settings.budget?.['~failed']() ?? true;
      if (!granted || attempt.number >= this.#settings.attempts || attempt.overdue) return surface(outcome);
      call.last = outcome;
      if (!this.#rule.waits) return this.#schedule(attempt, 0);
      beforeWaiting(call);
      return this.#afterDelay(attempt, outcome);
    });
  }

  #afterDelay(attempt: Attempt, outcome: Outcome): unknown {
    const scope = new Scope(attempt.call);
    const source = (this.#source ??= this.#rule.start(() => this.#env.clock.random()));
    let delay: number | PromiseLike<number>;
    try {
      delay = source.next(delayContext(scope, attempt, outcome));
    } catch (error) {
      return this.#withoutDelay(outcome, error);
    }
    if (typeof delay === 'number') return this.#wait(attempt, outcome, delay, source.nominal);
    // What the delay function itself fails with must not be mistaken for the end of the wait.
    const told = delay.then(
      (ms) => () => this.#wait(attempt, outcome, ms, source.nominal),
      (error: unknown) => () => this.#withoutDelay(outcome, error),
    );
    return waitForPromise(attempt.call, told).then(settleFirst, (error: unknown) => {
      scope.stop(error);
      throw error;
    });
  }

  /** A delay that cannot be used ends the call with its own outcome; what is wrong with it is reported. */
  #withoutDelay(outcome: Outcome, error: unknown): unknown {
    safely(this.#report, error);
    return surface(outcome);
  }

  /** The wait is what the backoff says, `nominal` without its jitter, or the longer one that the server asks for. */
  #wait(attempt: Attempt, outcome: Outcome, backoff: number, nominal: number): unknown {
    const hint = retryAfterHint('value' in outcome ? outcome.value : outcome.error, this.#env.clock.wall());
    if (hint !== undefined && hint > this.#settings.maxRetryAfterMs) return surface(outcome);
    const asked = hint !== undefined && hint > backoff;
    return this.#schedule(attempt, asked ? this.#later(hint, backoff, nominal) : backoff);
  }

  /** A server's hint is never shortened; where the backoff was jittered, calls are spread behind it. */
  #later(hint: number, backoff: number, nominal: number): number {
    const spread = nominal === backoff ? 0 : this.#env.clock.random() * nominal;
    return Math.min(MAX_DELAY, hint + spread);
  }

  #schedule(attempt: Attempt, delay: number): unknown {
    const { call } = attempt;
    beforeWaiting(call);
    if (!fits(call, delay)) throw outOfTime(call);
    this.#env.events.emit({ type: 'retry-scheduled', attempt: attempt.number, delay });
    return this.#rule.waits ? pause(call, delay).then(() => AGAIN) : AGAIN;
  }
}

/** What a delay function is told. Its signal aborts when the call is given up. */
function delayContext(scope: Scope, attempt: Attempt, outcome: Outcome): DelayContext {
  return {
    ...outcome,
    attempt: attempt.number,
    get signal() {
      return scope.signal;
    },
  };
}

/** The outcome itself: returned or thrown. */
function surface(outcome: Outcome): unknown {
  if ('value' in outcome) return outcome.value;
  throw outcome.error;
}
