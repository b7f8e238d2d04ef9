/** The window of the outcomes of the last so many milliseconds. */
import { numberThat, optional, readOptions } from '../../core/options.ts';
import { showMs } from '../../core/text.ts';
import type { Time } from '../time.ts';
import type { Tally, TripWindow } from './window.ts';

/** Options of {@link lastMs}. */
export interface LastMsOptions {
  /**
   * Into how many parts the time is divided, from 2 to 10_000. More of them make the edge of the window sharper: 16 bytes
   * each.
   * @default 10
   */
  readonly buckets?: number | undefined;
}

const length = /* @__PURE__ */ numberThat('a finite duration in milliseconds above 0', (ms) => ms > 0 && ms < Infinity);
const count = /* @__PURE__ */ numberThat('a whole number from 2 to 10_000', (n) => n >= 2 && n <= 10_000 && Number.isInteger(n));

/**
 * The outcomes of the last `ms` milliseconds, however many they are: what is older is forgotten, also by a circuit that
 * nobody calls for a while. Where calls come and go, give the rule a `minimumCalls` that a quiet time does not reach.
 *
 * Time is divided into buckets of `ms / buckets` milliseconds, and an outcome counts while its bucket is one of the last
 * `buckets`, the current one among them. So no outcome of an age of `ms` or more ever counts, and each that is younger
 * than `ms * (1 - 1 / buckets)` does; in between, it depends on where in its bucket it fell. With the 10 of the default,
 * `lastMs(30_000)` looks back at least 27 s and at most 30 s.
 *
 * The clock (the monotonic one) is read once an outcome. An outcome takes the same short time however many there are and
 * however long the one before it is ago: at most one step a bucket. It allocates nothing. The window is 16 bytes a bucket
 * (160 by default), whatever the traffic, which each circuit allocates with its first outcome.
 *
 * @param ms - how far it looks back, in milliseconds: above 0, and finite.
 * @throws TypeError when `ms` is not a number, or an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { breaker, failureRatio, lastMs } from 'breakwater';
 *
 * const circuit = breaker({ trip: failureRatio({ ratio: 0.5, window: lastMs(30_000), minimumCalls: 4 }) });
 * for (const well of [true, false, true, false]) {
 *   await circuit.execute(() => (well ? 'an answer' : Promise.reject(new Error('down')))).catch(() => {});
 * }
 * circuit.state // => 'open'
 * ```
 */
export function lastMs(ms: number, options?: LastMsOptions): TripWindow {
  const span = length(ms, 'lastMs: ms');
  const { buckets } = readOptions<{ buckets: number }>('lastMs', options, { buckets: optional(count, 10) });
  const label = `last ${showMs(span)}`;
  return Object.freeze({
    label,
    '~holds': Infinity,
    '~of': (minimum: number) => `${minimum === 1 ? 'the' : `${minimum} or more`} calls in the ${label}`,
    '~open': () => new LastMs(span / buckets, buckets),
  });
}

/** A ring of buckets, the newest one at `#at`. Sums are kept, so that nobody has to add them up. */
class LastMs implements Tally {
  total = 0;
  bad = 0;
  readonly #width: number;
  readonly #buckets: number;
  /** Of each bucket: how many outcomes, and how many of them are bad. Small whole numbers, which are no objects of their own. */
  #counts: number[] | undefined = undefined;
  #at = 0;
  /** The number of the newest bucket, counted on the clock. */
  #newest = 0;

  constructor(width: number, buckets: number) {
    this.#width = width;
    this.#buckets = buckets;
  }

  record(bad: boolean, time: Time): void {
    const counts = (this.#counts ??= Array.from({ length: 2 * this.#buckets }, () => 0));
    this.#moveTo(Math.floor(time.now() / this.#width), counts);
    counts[this.#at]! += 1;
    this.total += 1;
    if (!bad) return;
    counts[this.#at + 1]! += 1;
    this.bad += 1;
  }

  reset(): void {
    this.#counts?.fill(0);
    this.total = this.bad = 0;
  }

  #moveTo(bucket: number, counts: number[]): void {
    const steps = bucket - this.#newest;
    this.#newest = bucket;
    // Time that goes back is the time of another clock, which says nothing about what was counted by the first.
    if (!(steps >= 0)) return this.reset();
    for (let gone = Math.min(steps, this.#buckets); gone > 0; gone -= 1) {
      this.#at = (this.#at + 2) % counts.length;
      this.total -= counts[this.#at]!;
      this.bad -= counts[this.#at + 1]!;
      counts[this.#at] = counts[this.#at + 1] = 0;
    }
  }
}
