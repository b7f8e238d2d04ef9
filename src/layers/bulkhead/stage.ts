/** What a bulkhead does with each attempt: it gives it a permit, or lets it wait for one, or turns it away. */
import type { Attempt } from '../../core/attempt.ts';
import { BulkheadRejectedError } from '../../core/bulkhead-error.ts';
import type { Call, Refusal } from '../../core/call.ts';
import { afterRound, whenSettled } from '../../core/round.ts';
import { after, nothing } from '../../core/clock.ts';
import { withoutStack } from '../../core/errors.ts';
import { settleFirst } from '../../core/events.ts';
import type { CommonSettings } from '../../core/layer.ts';
import { PASS, type Entry, type Stage } from '../../core/stage.ts';
import { becauseOf, waitInLine } from '../../core/wait.ts';
import { Permits } from './permits.ts';
import { priorityOf, type Priority } from './priority.ts';

/** The options of a bulkhead, checked. */
export interface BulkheadSettings extends CommonSettings {
  readonly limit: number;
  readonly queue: number;
  readonly maxWait: number | undefined;
  readonly priority: Priority | undefined;
}

/** How long a call waits where neither an option nor a timeout says it, in milliseconds. */
const MAX_WAIT = 30_000;

/** One bulkhead, shared by all the policies that it is part of. */
export class BulkheadStage implements Stage {
  readonly settings: BulkheadSettings;
  /** An attempt has a permit, not a call: that may begin another while the function of one that was cut runs on. */
  readonly permits: Permits<Attempt>;

  constructor(settings: BulkheadSettings) {
    this.settings = settings;
    this.permits = new Permits(settings.limit);
  }

  admit(call: Call): Entry {
    const { queue, priority } = this.settings;
    if (this.#around(call)) return undefined;
    // Asked before anything else, as it may do whatever it likes; and a mistake in it is noticed before there is a crowd.
    const rank = priority === undefined ? 0 : priorityOf(priority, call.args);
    if (this.permits.take(call.attempt)) return undefined;
    if (this.permits.waiting >= queue) return this.#turnAway(call);
    // It is in line before a listener hears that it waits.
    return settleFirst(() => waitInLine<undefined>(call, 'bulkhead', (go, refuse) => this.#join(call, rank, go, refuse)));
  }

  value(call: Call): typeof PASS {
    return this.#leave(call);
  }

  error(call: Call): typeof PASS {
    return this.#leave(call);
  }

  /** A nested call of the same bulkhead is a part of the attempt around it: waiting for that one's permit would never end. */
  #around(call: Call): boolean {
    for (let one: Call | undefined = call; one !== undefined; one = one.outer) {
      if (this.permits.holds(one.under)) return true;
    }
    return false;
  }

  #join(call: Call, rank: number, go: (nothing: undefined) => void, refuse: (error: unknown) => void): () => void {
    const leave = this.permits.join(call.attempt, rank, () => go(undefined));
    const ms = this.#maxWait(call);
    // Where both are equal the error says deadline.
    const disarm = ms < call.remainingMs() ? after(call.env.clock, ms, () => settleFirst(() => refuse(this.#reject(call, ms)))) : nothing;
    return () => (leave(), disarm());
  }

  #maxWait({ env }: Call): number {
    const { maxWait } = this.settings;
    if (maxWait !== undefined) return maxWait;
    return env.limit === undefined || env.limit.ms === Infinity ? MAX_WAIT : env.limit.ms;
  }

  /**
   * The attempt is over for its call. Its permit goes on when the circuit has heard what came of it, and not before its
   * function has really settled.
   */
  #leave(call: Call): typeof PASS {
    const { attempt } = call;
    if (this.permits.holds(attempt)) afterRound(call, () => whenSettled(call, () => this.permits.giveBack(attempt)));
    return PASS;
  }

  #turnAway(call: Call): Refusal {
    if (!call.env.events.observed) return (refused) => this.#rejection(refused, 0);
    const error = this.#reject(call, 0);
    return () => error;
  }

  /** The error for a call that is turned away, told to its policy. */
  #reject(call: Call, waitedMs: number): BulkheadRejectedError {
    const error = this.#rejection(call, waitedMs);
    call.env.events.emit({ type: 'rejected', by: 'bulkhead', error });
    return error;
  }

  #rejection(call: Call, waitedMs: number): BulkheadRejectedError {
    const { limit, queue } = this.settings;
    return withoutStack(() => new BulkheadRejectedError(limit, queue, waitedMs, becauseOf(call)));
  }
}
