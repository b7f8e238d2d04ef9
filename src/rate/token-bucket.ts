/**
 * A token bucket: it holds so many tokens, refills all the time, and a call takes some out.
 * @module
 */
import { optional, readOptions } from '../core/options.ts';
import { showMs } from '../core/text.ts';
import { amount, limitChecks, type Limit, type LimitOptions, type LimitSettings, type Meter } from './limit.ts';

/** Options of {@link tokenBucket}. */
export interface TokenBucketOptions extends LimitOptions {
  /**
   * What the bucket holds, and begins with: how much may go at once after a quiet time. A number above 0.
   * @default `limit`
   */
  readonly burst?: number | undefined;
}

/**
 * A limit on the average: a bucket that holds `burst` tokens, is full at first, and gets `limit` new ones every `per`
 * milliseconds, evenly and without a pause. A call takes its cost out; where there is not enough, it waits for it. Over a
 * time `t`, at most `burst + limit × t / per` are taken. It keeps two numbers, whatever the rate.
 *
 * A call that costs more than the bucket holds goes when the bucket is full, and leaves a debt, which the calls after it wait
 * for: the average holds.
 *
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { tokenBucket } from 'breakwater';
 *
 * tokenBucket({ limit: 600, per: 60_000, burst: 20 }).label // => '600 per 60 s, burst 20'
 * ```
 * @see {@link slidingWindow} never lets more than `limit` go in any `per`; a bucket may, right after a quiet time.
 */
export function tokenBucket(options: TokenBucketOptions): Limit {
  const settings = readOptions<BucketSettings>('tokenBucket', options, {
    ...limitChecks,
    burst: optional(amount('a finite number above 0'), undefined),
  });
  const { limit, per, burst = limit, cost, used } = settings;
  return Object.freeze({
    label: `${limit} per ${showMs(per)}${burst === limit ? '' : `, burst ${burst}`}`,
    options: Object.freeze({ kind: 'tokenBucket', limit, per, burst }),
    '~cost': cost,
    '~used': used,
    '~start': () => new Bucket(limit, per, burst),
  });
}

interface BucketSettings extends LimitSettings {
  readonly burst: number | undefined;
}

/**
 * Counted is what is missing, in tokens times `per`, which refills by `limit` a millisecond: whole numbers stay whole, and
 * only a time to wait is ever divided.
 */
class Bucket implements Meter {
  readonly #limit: number;
  readonly #per: number;
  readonly #burst: number;
  #missing = 0;
  /** When that was so. */
  #at = -Infinity;

  constructor(limit: number, per: number, burst: number) {
    this.#limit = limit;
    this.#per = per;
    this.#burst = burst;
  }

  readyAt(cost: number, ahead: number, now: number): number {
    const wanted = ahead + Math.min(cost, this.#burst);
    if (wanted === 0) return now;
    const full = Math.max(now, this.#at + this.#missing / this.#limit);
    return Math.max(now, toNanosecond(full + ((wanted - this.#burst) * this.#per) / this.#limit));
  }

  ahead(cost: number): number {
    return cost;
  }

  take(cost: number, now: number): undefined {
    this.#refill(now);
    this.#missing += cost * this.#per;
  }

  giveBack(_taken: undefined, amount: number, now: number): void {
    this.#refill(now);
    this.#missing = Math.max(0, this.#missing - amount * this.#per);
  }

  idle(now: number): boolean {
    return this.#at + this.#missing / this.#limit <= now;
  }

  #refill(now: number): void {
    this.#missing = Math.max(0, this.#missing - (now - this.#at) * this.#limit);
    this.#at = now;
  }
}

/** A sum of fractions is off by less than that, and what is missing stays counted: nobody has to wait for it. */
function toNanosecond(at: number): number {
  return Math.round(at * 1e6) / 1e6;
}
