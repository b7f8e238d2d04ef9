/**
 * What is kept, by its key: at most so many, for so long. When there is no room, what has expired goes first, then what was
 * not read for the longest time. Pure: time is an argument, and nothing is done between two calls.
 * @module
 */
import { Queue } from '../core/queue.ts';

interface Slot<T> {
  readonly value: T;
  readonly expiresAt: number;
  /** Takes it out of the line of those that expire. */
  readonly leave: () => void;
}

/** At most `max` values, each until it expires. */
export class Lru<T> {
  readonly #max: number;
  /** In the order in which they were read or written last. */
  readonly #slots = new Map<string, Slot<T>>();
  /** In the order in which they expire: those of one lifetime join at the end. */
  readonly #expiring = new Queue<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** How many are kept, at the time `now`. */
  size(now: number): number {
    this.#forgetExpired(now);
    return this.#slots.size;
  }

  /** What is kept under a key, in a box, as `undefined` may be kept, too; it counts as read. */
  get(key: string, now: number): { readonly value: T } | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#slots.delete(key);
    if (slot.expiresAt > now) {
      this.#slots.set(key, slot);
      return slot;
    }
    slot.leave();
    return undefined;
  }

  /** Keeps a value until `expiresAt`, in the place of what was kept under its key. */
  set(key: string, value: T, expiresAt: number, now: number): void {
    this.delete(key);
    this.#forgetExpired(now);
    if (expiresAt <= now) return;
    for (const [oldest] of this.#slots) {
      if (this.#slots.size < this.#max) break;
      this.delete(oldest);
    }
    this.#slots.set(key, { value, expiresAt, leave: this.#expiring.join(key, -expiresAt) });
  }

  /** Forgets what is kept under a key. */
  delete(key: string): void {
    this.#slots.get(key)?.leave();
    this.#slots.delete(key);
  }

  /** Forgets all. */
  clear(): void {
    for (const key of [...this.#slots.keys()]) this.delete(key);
  }

  #forgetExpired(now: number): void {
    for (let key = this.#expiring.first; key !== undefined; key = this.#expiring.first) {
      if ((this.#slots.get(key) as Slot<T>).expiresAt > now) break;
      this.delete(key);
    }
  }
}
