/**
 * The pause that the other end asks for: nobody goes until it is over, and then not all at once.
 * @module
 */

/** One limiter's pause. It is only ever lengthened. */
export class Pause {
  readonly #spread: number;
  readonly #longest: number;
  #until = -Infinity;
  /** The end of what is too long to be slept through. */
  #barredUntil = -Infinity;
  /** After the pause, the calls that waited are spread until then. */
  #spreadUntil = -Infinity;
  /** When the last of them went, or the pause ended. */
  #from = 0;
  /** When the next of them goes. */
  #next: number | undefined = undefined;

  /**
   * @param spread - the time behind a pause over which calls are spread, in milliseconds; never more than the pause itself.
   * @param longest - the longest pause that is slept through, in milliseconds.
   */
  constructor(spread: number, longest: number) {
    this.#spread = spread;
    this.#longest = longest;
  }

  /** The other end asks for a pause of `ms` milliseconds. Answers whether the pause is longer now. */
  ask(ms: number, now: number): boolean {
    const until = now + ms;
    if (until <= this.#until) return false;
    this.#until = until;
    if (ms > this.#longest) this.#barredUntil = until;
    this.#spreadUntil = until + Math.min(this.#spread, ms);
    this.#from = until;
    this.#next = undefined;
    return true;
  }

  /** What is left of it, in milliseconds. */
  left(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** Whether it is one that nobody sleeps through. */
  barred(now: number): boolean {
    return now < this.#barredUntil;
  }

  /** When all of it is over, the spreading too. */
  idle(now: number): boolean {
    return this.#spreadUntil <= now;
  }

  /**
   * When the first of `waiting` calls goes; not after `now` where nothing holds it back. As if each of them had drawn its
   * own time out of what is left: this is the earliest of so many draws. It stands until it is used, or the pause lengthens.
   */
  releaseAt(waiting: number, now: number, random: () => number): number {
    if (this.idle(now)) return now;
    if (this.#next === undefined) {
      const from = Math.max(this.#from, now);
      this.#next = from + (this.#spreadUntil - from) * (1 - random() ** (1 / waiting));
    }
    return this.#next;
  }

  /** A call went at the time it was told. */
  released(now: number): void {
    this.#from = now;
    this.#next = undefined;
  }
}
