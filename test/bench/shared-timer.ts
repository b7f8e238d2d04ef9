/** One armed timer for all waits of one duration: the first that began is the first that ends. Part of the lower bound. */

/** An entry of the queue. */
export interface Waiting {
  /** When it is over, on `performance.now()`. */
  due: number;
  next: Waiting | undefined;
  previous: Waiting | undefined;
  expired(): void;
}

/** The queue of a duration, as a list that is linked both ways, so that an entry leaves at no cost. */
export class SharedTimer {
  readonly ms: number;
  #first: Waiting | undefined = undefined;
  #last: Waiting | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(ms: number) {
    this.ms = ms;
  }

  add(entry: Waiting): void {
    entry.due = performance.now() + this.ms;
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#timer ??= setTimeout(this.#fire, this.ms);
    // A call that is under way keeps the process alive; a queue that is empty does not.
    if (this.#first === entry) this.#timer.ref();
  }

  remove(entry: Waiting): void {
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.next = undefined;
    entry.previous = undefined;
    if (this.#first === undefined) this.#timer?.unref();
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    while (this.#first !== undefined && this.#first.due <= now) {
      const entry = this.#first;
      this.remove(entry);
      entry.expired();
    }
    if (this.#first !== undefined) this.#timer = setTimeout(this.#fire, Math.ceil(this.#first.due - now));
  };
}
