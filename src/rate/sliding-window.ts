/**
 * A sliding window: what was taken is remembered for so long, and may never be more than the limit.
 * @module
 */
import { readOptions } from '../core/options.ts';
import { showMs } from '../core/text.ts';
import { limitChecks, type Limit, type LimitOptions, type LimitSettings, type Meter } from './limit.ts';

/** Options of {@link slidingWindow}. */
export interface SlidingWindowOptions extends LimitOptions {}

/**
 * An exact limit: in any stretch of `per` milliseconds, wherever it begins, at most `limit` is taken. What a call took is
 * free again `per` milliseconds later.
 *
 * It remembers each call of the last `per` milliseconds by itself, in about 100 bytes: at most `limit` of them where none
 * costs less than 1. For a limit of many thousands, {@link tokenBucket} needs two numbers.
 *
 * A call that costs more than `limit` goes when nothing else is in the window, and stays in it for as long as its cost would
 * have taken at that rate: the average holds.
 *
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { slidingWindow } from 'breakwater';
 *
 * slidingWindow({ limit: 10, per: 20_000 }).label // => '10 in any 20 s'
 * ```
 * @see {@link tokenBucket} spreads calls evenly, and needs less memory.
 */
export function slidingWindow(options: SlidingWindowOptions): Limit {
  const { limit, per, cost, used } = readOptions<LimitSettings>('slidingWindow', options, limitChecks);
  return Object.freeze({
    label: `${limit} in any ${showMs(per)}`,
    options: Object.freeze({ kind: 'slidingWindow', limit, per }),
    '~cost': cost,
    '~used': used,
    '~start': () => new Log(limit, per),
  });
}

/** Something that was taken. They stand in the order in which they leave the window. */
interface Entry {
  /** When it was taken, or, for what was taken beyond the limit, when there would have been room for it. */
  readonly since: number;
  size: number;
  before: Entry | undefined;
  after: Entry | undefined;
}

class Log implements Meter {
  readonly #limit: number;
  readonly #per: number;
  #first: Entry | undefined = undefined;
  #last: Entry | undefined = undefined;
  /** Of all weights. */
  #sum = 0;

  constructor(limit: number, per: number) {
    this.#limit = limit;
    this.#per = per;
  }

  readyAt(cost: number, ahead: number, now: number): number {
    const wanted = ahead + Math.min(cost, this.#limit);
    if (wanted === 0) return now;
    // What comes after a full window goes as long after it as the window is.
    const rounds = Math.ceil(wanted / this.#limit) - 1;
    let lacking = this.#sum - ((rounds + 1) * this.#limit - wanted);
    let at = now;
    for (let entry = this.#first; lacking > 0 && entry !== undefined; entry = entry.after) {
      lacking -= this.#weight(entry);
      at = Math.max(at, this.#end(entry));
    }
    return at + rounds * this.#per;
  }

  ahead(cost: number): number {
    // One that is too large leaves the window in the middle of a round: those behind it need not wait for its end.
    const rounds = Math.floor(cost / this.#limit) * this.#limit;
    return rounds === 0 ? cost : rounds;
  }

  take(cost: number, now: number): Entry | undefined {
    this.#forget(now);
    if (cost === 0) return undefined;
    const last = this.#last;
    const free = this.readyAt(cost, 0, now);
    const since = last === undefined ? free : Math.max(free, this.#end(last) - this.#per);
    const entry: Entry = { since, size: cost, before: last, after: undefined };
    if (last === undefined) this.#first = entry;
    else last.after = entry;
    this.#last = entry;
    this.#sum += this.#weight(entry);
    return entry;
  }

  giveBack(taken: Entry | undefined, amount: number): void {
    // It may have left the window: then it is nothing any more.
    if (taken === undefined || taken.size === 0) return;
    if (amount >= taken.size) return this.#remove(taken);
    this.#sum -= this.#weight(taken);
    taken.size -= amount;
    this.#sum += this.#weight(taken);
  }

  idle(now: number): boolean {
    return this.#last === undefined || this.#end(this.#last) <= now;
  }

  #forget(now: number): void {
    let first: Entry | undefined;
    while ((first = this.#first) !== undefined && this.#end(first) <= now) this.#remove(first);
  }

  #remove(entry: Entry): void {
    const { before, after } = entry;
    this.#sum -= this.#weight(entry);
    entry.size = 0;
    // A call that takes long holds its entry: not those that came after it, too.
    entry.before = entry.after = undefined;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // What fractions have left over.
    if (this.#last === undefined) this.#sum = 0;
  }

  /** What it takes of the window. */
  #weight({ size }: Entry): number {
    return Math.min(size, this.#limit);
  }

  /** When it leaves the window: one that is larger than the window stays longer instead. */
  #end({ since, size }: Entry): number {
    return since + Math.max(1, size / this.#limit) * this.#per;
  }
}
