/** The attempts of one call, and the waits between them. */
import { MAX_DELAY } from '../../backoff/backoff.ts';
import type { RetryBudget } from '../../backoff/budget.ts';
import type { DelayRule, DelaySource } from '../../backoff/delays.ts';
import { retryAfterHint } from '../../backoff/hint.ts';
import type { Jitter } from '../../backoff/jitter.ts';
import { Attempt, contextOf } from '../../core/attempt.ts';
import type { Call } from '../../core/call.ts';
import { safely, settleFirst, type Report } from '../../core/events.ts';
import type { Judge, Outcome } from '../../core/handle.ts';
import { judge } from '../../core/judge.ts';
import type { CommonSettings } from '../../core/layer.ts';
import { AGAIN, PASS } from '../../core/stage.ts';
import { settle } from '../../core/thenable.ts';
import { beforeWaiting, fits, outOfTime, pause, waitForPromise } from '../../core/wait.ts';

/** The options of a retry, checked. */
export interface RetrySettings extends CommonSettings {
  readonly attempts: number;
  readonly delay: unknown;
  readonly jitter: Jitter | undefined;
  readonly maxRetryAfterMs: number;
  readonly budget: RetryBudget | undefined;
  readonly handle: Judge | undefined;
}

/** One call's way through its attempts, from the first one that was not plainly good. */
export class Retrying {
  readonly #settings: RetrySettings;
  readonly #rule: DelayRule;
  readonly #call: Call;
  #source: DelaySource | undefined = undefined;
  /** How many attempts were spent of those that the call may make. */
  #spent = 0;
  /** The number of the last attempt that failed. */
  #failed = 0;

  constructor(settings: RetrySettings, rule: DelayRule, call: Call) {
    this.#settings = settings;
    this.#rule = rule;
    this.#call = call;
  }

  get #report(): Report {
    return this.#settings.onListenerError ?? this.#call.env.report;
  }

  /** Lets one more attempt start, if it still may: much may have happened since it was scheduled, be it in the same tick. */
  readmit(): undefined {
    const call = this.#call;
    try {
      const { aborted } = call;
      if (aborted !== undefined) throw aborted.reason;
      if (!fits(call, 0)) throw outOfTime(call);
      const refusal = call.door?.renew(call);
      if (refusal !== undefined) throw refusal;
      // Turned back before its attempt, the call still has it.
      if (this.#failed === call.number) call.next();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** What follows from an attempt's outcome: nothing (it stands), or another attempt (at once, or after a wait). */
  conclude(outcome: Outcome): unknown {
    return settle(
      () => settleFirst(() => this.#judge(outcome)),
      (rest) => {
        if (rest === PASS) this.#source?.close();
        return rest;
      },
      (error) => this.#giveUp(error),
    );
  }

  /** Whatever is thrown ends the call, or sends it back to the door, where its delays begin anew: their source is let go. */
  #giveUp(error: unknown): never {
    this.#source?.close();
    this.#source = undefined;
    throw error;
  }

  #judge(outcome: Outcome): unknown {
    const call = this.#call;
    const { door } = call;
    const { handle, budget, attempts } = this.#settings;
    const verdict = judge(call, handle, outcome, this.#report);
    door?.attempted(call, outcome);
    // An error is no success of the other end's, even where a predicate calls it one: here `false` is `'ignore'`.
    if (verdict === false && 'value' in outcome) budget?.['~succeeded']();
    // A probe is one attempt: it neither pays the budget nor asks it, and where calls are held it spends none.
    if (door?.probe === true) call.history.unfinished = verdict === true && attempts > 1 && !call.history.overdue;
    if (verdict !== true) return PASS;
    this.#failed = call.number;
    if (door?.probe === true) {
      call.history.last = outcome;
      return PASS;
    }
    this.#spent += 1;
    const granted = budget?.['~failed']() ?? true;
    if (!granted || this.#spent >= attempts || call.history.overdue) return PASS;
    call.history.last = outcome;
    if (!this.#rule.waits) return this.#schedule(0);
    beforeWaiting(call);
    return this.#afterDelay(outcome);
  }

  #afterDelay(outcome: Outcome): unknown {
    const call = this.#call;
    const run = new Attempt(undefined, call.signals, call.number);
    const source = (this.#source ??= this.#rule.start(() => call.env.clock.random()));
    let delay: number | PromiseLike<number>;
    try {
      // Its signal aborts when the call is given up.
      delay = source.next(contextOf(run, call.number, outcome));
    } catch (error) {
      return this.#withoutDelay(error);
    }
    if (typeof delay === 'number') return this.#wait(outcome, delay, source.nominal);
    // What the delay function itself fails with must not be mistaken for the end of the wait.
    const told = delay.then(
      (ms) => () => this.#wait(outcome, ms, source.nominal),
      (error: unknown) => () => this.#withoutDelay(error),
    );
    return waitForPromise(call, told).then(settleFirst, (error: unknown) => {
      run.stop(error);
      throw error;
    });
  }

  /** A delay that cannot be used ends the call with its own outcome; what is wrong with it is reported. */
  #withoutDelay(error: unknown): typeof PASS {
    safely(this.#report, error);
    return PASS;
  }

  /** The wait is what the backoff says, `nominal` without its jitter, or the longer one that the server asks for. */
  #wait(outcome: Outcome, backoff: number, nominal: number): unknown {
    const { clock } = this.#call.env;
    const hint = retryAfterHint('value' in outcome ? outcome.value : outcome.error, clock.wall());
    if (hint !== undefined && hint > this.#settings.maxRetryAfterMs) return PASS;
    if (hint === undefined || hint <= backoff) return this.#schedule(backoff);
    // A server's hint is never shortened; where the backoff was jittered, calls are spread behind it.
    const spread = nominal === backoff ? 0 : clock.random() * nominal;
    return this.#schedule(Math.min(MAX_DELAY, hint + spread));
  }

  #schedule(delay: number): unknown {
    const call = this.#call;
    beforeWaiting(call);
    if (!fits(call, delay)) throw outOfTime(call);
    call.env.events.emit({ type: 'retry-scheduled', attempt: call.number, delay });
    return this.#rule.waits ? pause(call, delay).then(() => AGAIN) : AGAIN;
  }
}
