/**
 * Who may run: a number of permits, and the line of those who wait for one. Pure: it knows no call and no time.
 * @module
 */
import { Queue } from '../../core/queue.ts';

/** One who waits. */
interface Waiter<T> {
  readonly holder: T;
  /** Leaves the line: it has its permit. */
  readonly go: () => void;
}

/**
 * Permits. While somebody waits, none is free: one that is given back goes to the first in line in the same step, so that
 * nobody who comes in between can take it, and it is neither lost nor there twice.
 */
export class Permits<T> {
  readonly #limit: number;
  readonly #holders: Set<T> = new Set();
  readonly #line: Queue<Waiter<T>> = new Queue();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many are held. */
  get running(): number {
    return this.#holders.size;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Whether `one` has a permit; nobody has none. */
  holds(one: T | undefined): boolean {
    return this.#holders.has(one as T);
  }

  /** Takes a permit, where one is free. */
  take(holder: T): boolean {
    if (this.#holders.size >= this.#limit) return false;
    this.#holders.add(holder);
    return true;
  }

  /** Waits for one, where none is free: `go` is called once `holder` has it. The answer leaves the line. */
  join(holder: T, priority: number, go: () => void): () => void {
    const leave = this.#line.join({ holder, go: () => (leave(), go()) }, priority);
    return leave;
  }

  /** Gives a permit back, to whose turn it is. */
  giveBack(holder: T): void {
    this.#holders.delete(holder);
    const { first } = this.#line;
    if (first === undefined) return;
    this.#holders.add(first.holder);
    first.go();
  }
}
