/** The rate limit: how many calls go in a time, and who waits for that. */
import type { Clock } from '../core/clock.ts';
import type { Report } from '../core/events.ts';
import { commonChecks, type CommonOptions, type Layer } from '../core/layer.ts';
import { duration, oneOf, optional, readOptions, wholeNumber, wrongType, type Check, type Checks } from '../core/options.ts';
import type { Mode } from '../core/order.ts';
import type { Stage } from '../core/stage.ts';
import { PolicyObject } from '../policy.ts';
import { isLimit, limitsOption, type Limit } from '../rate/limit.ts';
import type { PolicyOf } from '../types.ts';
import { Limiter, type RateLimitSettings } from './rate-limit/limiter.ts';
import { RateLimitStage } from './rate-limit/stage.ts';

/**
 * Options of {@link rateLimit}.
 * @typeParam W - what becomes of a call that has to wait
 */
export interface RateLimitOptions<W extends 'wait' | 'reject' = 'wait' | 'reject'> extends CommonOptions {
  /**
   * The limit: {@link tokenBucket} or {@link slidingWindow}; or a list of several, such as requests and tokens a minute. A
   * call goes when all of them admit it.
   */
  readonly limit: Limit | readonly Limit[];
  /**
   * What becomes of a call that may not go at once: it waits, first come first served, or it is rejected with
   * {@link RateLimitedError}. With `'reject'` the limit can be synchronous.
   * @default 'wait'
   */
  readonly whenLimited?: W | undefined;
  /**
   * How many calls may wait at once: a whole number, 0 or more, or `Infinity`. A further one is rejected.
   * @default 1_000
   */
  readonly maxWaiting?: number | undefined;
  /**
   * The longest that a call may wait, in milliseconds. One that would have to wait longer is rejected at once, as far as
   * that is known.
   * @default Infinity
   */
  readonly maxWait?: number | undefined;
  /**
   * Whether all calls pause when the other end asks one of them to (`Retry-After`, `retry-after-ms`).
   * @default true
   */
  readonly honourRetryAfter?: boolean | undefined;
  /**
   * The longest pause that is waited for, in milliseconds. While a longer one lasts, calls are rejected.
   * @default 60_000
   */
  readonly maxRetryAfterMs?: number | undefined;
  /**
   * The time after a pause over which the calls that waited are spread, in milliseconds, each at a moment of its own drawn
   * by chance. Never longer than the pause itself.
   * @default 1_000
   */
  readonly spread?: number | undefined;
}

/**
 * A policy of one layer, and the limiter itself: used in several policies, it is one limit shared by them.
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 */
export interface RateLimitPolicy<M extends Mode = Mode> extends PolicyOf<'rateLimit', M, never> {
  /** How many calls wait. */
  readonly waiting: number;
  /** Whole milliseconds until a call of cost 1 that comes now may go, at the earliest; 0 where it goes at once. */
  readonly retryAfterMs: number;
  /** What is left of a pause that the other end asked for, in whole milliseconds; 0 where there is none. */
  readonly pausedMs: number;
}

/**
 * The colour of a rate limit: one that rejects never waits.
 * @typeParam W - what becomes of a call that has to wait
 * @group Types behind the types
 */
export type RateLimitMode<W> = W extends 'reject' ? 'sync' : 'async';

/**
 * Limits how many calls go in a time, or how much they cost. A call that may not go at once waits in line, strictly first
 * come first served; the wait ends with the caller's abort, when the circuit opens, and does not begin where it could not
 * end before the deadline. The limit is asked before each attempt, so that nobody holds a place while backing off.
 *
 * When an answer asks for a pause (`Retry-After`), all calls of this limit wait until it is over.
 *
 * The object is the limiter: used in several policies, it is shared by them. Make one for each quota, not one a call.
 *
 * @typeParam W - what becomes of a call that has to wait: only the literal `'reject'` leaves it sync
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { rateLimit, RateLimitedError, slidingWindow } from 'breakwater';
 *
 * const quota = rateLimit({ limit: slidingWindow({ limit: 2, per: 60_000 }), whenLimited: 'reject' });
 * const load = quota.wrap(async (id: number) => `document ${id}`);
 * await Promise.all([load(1), load(2)]) // => ['document 1', 'document 2']
 * await load(3).catch((error) => error instanceof RateLimitedError && error.retryAfter) // => 60
 * ```
 * @see {@link Chain.rateLimit} is the same as a step of a chain.
 */
export function rateLimit<W extends 'wait' | 'reject' = 'wait'>(options: RateLimitOptions<W>): RateLimitPolicy<RateLimitMode<W>> {
  refuseLimit(options);
  const checks: Checks<RateLimitSettings> = {
    limit: limitsOption,
    whenLimited: optional(oneOf('wait', 'reject'), 'wait'),
    maxWaiting: optional(wholeNumber(0), 1_000),
    maxWait: optional(duration, Infinity),
    honourRetryAfter: optional(flag, true),
    maxRetryAfterMs: optional(duration, 60_000),
    spread: optional(duration, 1_000),
    ...commonChecks,
  };
  const settings = readOptions('rateLimit', options, checks, ': limits are made by tokenBucket({ limit, per }) or slidingWindow({ limit, per })');
  return new RateLimitObject(settings) as unknown as RateLimitPolicy<RateLimitMode<W>>;
}

/** A limit given in place of the options: it would be refused for the names of its members. */
function refuseLimit(given: unknown): void {
  if (!isLimit(given)) return;
  throw new TypeError(`rateLimit takes options, got the limit ${given.label}: write { limit: … }`);
}

const flag: Check<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw wrongType(at, 'true or false', value);
  return value;
};

/** A policy of one layer, and the limiter: what the limiter can tell is passed on to it. */
class RateLimitObject extends PolicyObject {
  readonly #limiter: Limiter;

  constructor(settings: RateLimitSettings) {
    const limiter = new Limiter(settings);
    super([new RateLimitLayer(limiter)]);
    this.#limiter = limiter;
  }

  get waiting(): number {
    return this.#limiter.waiting;
  }
  get retryAfterMs(): number {
    return this.#limiter.retryAfterMs;
  }
  get pausedMs(): number {
    return this.#limiter.pausedMs;
  }
}

class RateLimitLayer implements Layer {
  readonly #limiter: Limiter;

  constructor(limiter: Limiter) {
    this.#limiter = limiter;
  }

  get kind(): 'rateLimit' {
    return 'rateLimit';
  }
  get mode(): Mode {
    return this.#limiter.settings.whenLimited === 'reject' ? 'sync' : 'async';
  }
  get role(): 'guard' {
    return 'guard';
  }
  get options(): Readonly<Record<string, unknown>> {
    const { limit, clock: _clock, onListenerError: _report, ...rest } = this.#limiter.settings;
    return { limit: limit.map(({ options }) => options), ...rest };
  }
  get label(): string {
    return `rateLimit(${this.#limiter.settings.limit.map(({ label }) => label).join(' and ')})`;
  }
  get clock(): Clock | undefined {
    return this.#limiter.clock;
  }
  get report(): Report | undefined {
    return this.#limiter.settings.onListenerError;
  }
  get stage(): Stage {
    return new RateLimitStage(this.#limiter);
  }
  adopt(clock: Clock): void {
    this.#limiter.adopt(clock);
  }
  idle(): boolean {
    return this.#limiter.idle;
  }
}
