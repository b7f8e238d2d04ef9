/** The bulkhead: a limit on the attempts that are under way at once. */
import { commonChecks, type CommonOptions, type Layer } from '../core/layer.ts';
import { functionOf, optional, positiveDuration, readOptions, wholeNumber } from '../core/options.ts';
import type { Mode } from '../core/order.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';
import type { Priority } from './bulkhead/priority.ts';
import { BulkheadStage, type BulkheadSettings } from './bulkhead/stage.ts';

/**
 * Options of {@link bulkhead}.
 * @typeParam Q - how many may wait
 */
export interface BulkheadOptions<Q extends number = number> extends CommonOptions {
  /** Attempts that may be under way at once: a whole number of at least 1, or `Infinity`. */
  readonly limit: number;
  /**
   * Attempts that may wait for one of those to end; one more is turned away at once. With `0` nobody waits, and then the
   * bulkhead can be synchronous.
   * @default 0
   */
  readonly queue?: Q | undefined;
  /**
   * The longest that an attempt waits, in milliseconds, above 0. It ends earlier with the deadline, with the caller's abort,
   * and when the circuit opens.
   * @default the attempt timeout of the policy, else 30_000
   */
  readonly maxWait?: number | undefined;
  /**
   * Which of those who wait goes first: a function of the call's own arguments that answers with a number. Higher goes first;
   * among equals, who came first. It is asked for every attempt, and does not push anybody out of a full queue.
   * @default first come, first served
   */
  readonly priority?: ((...args: any[]) => number) | undefined;
}

/**
 * A policy of one layer, and the bulkhead itself: used in several policies, it is one limit shared by them.
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 */
export interface Bulkhead<M extends Mode = Mode> extends PolicyOf<'bulkhead', M, never> {
  /** Attempts that may be under way at once. */
  readonly limit: number;
  /** Attempts that may wait. */
  readonly queue: number;
  /** Attempts that are under way; one that was cut counts until its function has settled. */
  readonly running: number;
  /** Attempts that wait. */
  readonly waiting: number;
}

/**
 * The colour of a bulkhead: only with the literal queue `0` does nobody wait.
 * @typeParam Q - how many may wait
 * @group Types behind the types
 */
export type BulkheadMode<Q extends number> = number extends Q ? Mode : Q extends 0 ? 'sync' : 'async';

/**
 * Limits how many attempts are under way at once. Further ones wait in line, first in first out, as long as there is room
 * and time; who finds neither is turned away with {@link BulkheadRejectedError}, which counts as no failure and is not
 * repeated.
 *
 * A permit is held for one attempt: nobody holds one between two attempts. It is held until the function has really settled,
 * also where a timeout ended the attempt before, so a function that ignores its signal keeps its place. When the circuit
 * opens, everybody who waits is released with {@link CircuitOpenError}.
 *
 * The object is the bulkhead: used in several policies, it is shared by them.
 *
 * @typeParam Q - how many may wait: only the literal `0` leaves it sync
 * @throws TypeError when an option is unknown or of the wrong kind, or `limit` is left out.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { bulkhead, BulkheadRejectedError } from 'breakwater';
 *
 * const slots = bulkhead({ limit: 1, queue: 1 });
 * const ask = slots.wrap(async (question: string) => `an answer to ${question}`);
 * const answers = [ask('one'), ask('two'), ask('three').catch((error) => error instanceof BulkheadRejectedError)];
 * slots.waiting // => 1
 * await Promise.all(answers) // => ['an answer to one', 'an answer to two', true]
 * ```
 * @see M. Nygard, "Release It!", 2007: the pattern.
 * @see {@link Chain.bulkhead} is the same as a step of a chain.
 */
export function bulkhead<Q extends number = 0>(options: BulkheadOptions<Q>): Bulkhead<BulkheadMode<Q>> {
  const settings = readOptions<BulkheadSettings>('bulkhead', options, {
    limit: wholeNumber(1),
    queue: optional(wholeNumber(0), 0),
    maxWait: optional(positiveDuration, undefined),
    priority: optional(functionOf<Priority>("a function of the call's arguments"), undefined),
    ...commonChecks,
  });
  return new BulkheadObject(new BulkheadStage(settings)) as unknown as Bulkhead<BulkheadMode<Q>>;
}

class BulkheadObject extends PolicyObject {
  readonly #stage: BulkheadStage;

  constructor(stage: BulkheadStage) {
    super([layer(stage)]);
    this.#stage = stage;
  }

  get limit(): number {
    return this.#stage.settings.limit;
  }
  get queue(): number {
    return this.#stage.settings.queue;
  }
  get running(): number {
    return this.#stage.permits.running;
  }
  get waiting(): number {
    return this.#stage.permits.waiting;
  }
}

function layer(stage: BulkheadStage): Layer {
  const { limit, queue, maxWait, priority, clock, onListenerError } = stage.settings;
  return {
    kind: 'bulkhead',
    mode: queue === 0 ? 'sync' : 'async',
    role: 'guard',
    options: { limit, queue, maxWait: maxWait ?? 'default', priority: priority === undefined ? 'none' : 'custom' },
    label: `bulkhead ${told(limit)}${queue === 0 ? '' : `, queue ${told(queue)}`}`,
    clock,
    report: onListenerError,
    idle: () => stage.permits.running === 0,
    stage,
  };
}

function told(count: number): string {
  return count === Infinity ? '∞' : String(count);
}
