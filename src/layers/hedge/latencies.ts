/**
 * How long recent attempts took, as far as a hedge wants to know: one quantile of the last so many.
 * @module
 */

/** What a hedge hears of recent latencies, and is told. */
export interface LatencyWatch {
  /** The quantile of them, in milliseconds; `undefined` while too few were seen. */
  readonly value: number | undefined;
  note(ms: number): void;
}

/**
 * The last latencies and a quantile of them: exact, in a memory that is fixed, at two short moves of it for each latency
 * and nothing for a question.
 */
export class Latencies implements LatencyWatch {
  readonly #quantile: number;
  readonly #minimum: number;
  /** In the order in which they came, around and around. */
  readonly #came: Float64Array;
  /** In the order of their size. */
  readonly #sorted: Float64Array;
  #size = 0;
  #oldest = 0;

  /** @param window - how many are kept; `minimum` is how many say anything. */
  constructor(quantile: number, window: number, minimum: number) {
    this.#quantile = quantile;
    this.#minimum = minimum;
    this.#came = new Float64Array(window);
    this.#sorted = new Float64Array(window);
  }

  /** The smallest latency that the wanted share did not exceed, in milliseconds; `undefined` while too few were seen. */
  get value(): number | undefined {
    if (this.#size < this.#minimum) return undefined;
    return this.#sorted[Math.ceil(this.#quantile * this.#size) - 1];
  }

  /** Takes one in, and lets the oldest go where there is no more room. */
  note(ms: number): void {
    if (this.#size === this.#came.length) this.#remove(this.#came[this.#oldest] as number);
    this.#came[this.#oldest] = ms;
    this.#oldest = (this.#oldest + 1) % this.#came.length;
    this.#insert(ms);
  }

  #insert(ms: number): void {
    const at = this.#placeOf(ms);
    this.#sorted.copyWithin(at + 1, at, this.#size);
    this.#sorted[at] = ms;
    this.#size += 1;
  }

  #remove(ms: number): void {
    const at = this.#placeOf(ms);
    this.#sorted.copyWithin(at, at + 1, this.#size);
    this.#size -= 1;
  }

  /** How many are smaller: where it stands, or belongs. */
  #placeOf(ms: number): number {
    let [low, high] = [0, this.#size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] as number) < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
