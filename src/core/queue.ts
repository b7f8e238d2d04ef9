/**
 * A line of those who wait: first in first out, those of a higher priority before those of a lower one.
 * @module
 */

interface Place<T> {
  readonly value: T;
  readonly priority: number;
  ahead: Place<T> | undefined;
  behind: Place<T> | undefined;
}

/**
 * A line. Anybody can leave it in constant time, wherever in it; so can anybody join who has the priority of the last. One of
 * a higher priority goes past those of a lower one, one by one.
 */
export class Queue<T> {
  #first: Place<T> | undefined = undefined;
  #last: Place<T> | undefined = undefined;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Whose turn it is. */
  get first(): T | undefined {
    return this.#first?.value;
  }

  /** Joins; the answer leaves, again does nothing. */
  join(value: T, priority = 0): () => void {
    let ahead = this.#last;
    while (ahead !== undefined && ahead.priority < priority) ahead = ahead.ahead;
    const behind = ahead === undefined ? this.#first : ahead.behind;
    const place: Place<T> = { value, priority, ahead, behind };
    this.#link(ahead, place);
    this.#link(place, behind);
    this.#size += 1;
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      this.#size -= 1;
      this.#link(place.ahead, place.behind);
    };
  }

  /** All who wait, in their order. Nobody may join or leave while they are walked: spread them first. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let place = this.#first; place !== undefined; place = place.behind) yield place.value;
  }

  #link(ahead: Place<T> | undefined, behind: Place<T> | undefined): void {
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
  }
}
