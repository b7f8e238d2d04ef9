/**
 * Where policies are kept by key, and which of them gives way to another. Pure: time is an argument, and it makes nothing.
 *
 * Those that may give way stand in two lines, the least recently used first: in `resting` those that were used since
 * somebody looked at them, in `busy` those that were not idle when somebody did. All in `busy` are older than those in
 * `resting`: whoever is used again goes there, to the end. So the search for room looks at each only once after it was
 * used, and besides at a few of the busy ones, which may have come to rest by themselves.
 * @module
 */
import { Line, type Standing } from './line.ts';

/** What is kept: a policy, as far as this is concerned. */
export interface Keepable {
  /** Whether nothing would be lost if it was made anew. */
  readonly '~idle': boolean;
}

/** How many of the busy ones are looked at for each key that comes in: all, where there are not more. */
export const LOOKS = 32;

/** What a shelf goes by. */
export interface ShelfRules {
  /** How many may be kept. */
  readonly max: number;
  /** How long one is kept that is idle and not used, in milliseconds. */
  readonly idleAfter: number;
}

/** A policy with its key. */
export abstract class Entry<K, Self extends Standing<Self>> implements Standing<Self> {
  readonly key: K;
  abstract readonly policy: Keepable;
  /** Its calls that are under way. */
  calls: number;
  /** When it was used last. */
  usedAt: number;
  /** Where it waits for its turn to give way: nowhere, where it is kept until it is deleted. */
  line: Line<Self> | undefined;
  older: Self | undefined;
  newer: Self | undefined;

  constructor(key: K) {
    this.key = key;
    this.calls = 0;
    this.usedAt = 0;
    this.line = undefined;
    this.older = undefined;
    this.newer = undefined;
  }

  get idle(): boolean {
    return this.calls === 0 && this.policy['~idle'];
  }
}

/** Keeps at most so many policies, and none that is not idle gives way. */
export class Shelf<K, E extends Entry<K, E>> {
  readonly #rules: ShelfRules;
  readonly #dropped: (entry: E) => void;
  readonly #entries = new Map<K, E>();
  readonly #resting = new Line<E>();
  readonly #busy = new Line<E>();

  /** `dropped` is told of each that is not kept any more. */
  constructor(rules: ShelfRules, dropped: (entry: E) => void) {
    this.#rules = rules;
    this.#dropped = dropped;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): E | undefined {
    return this.#entries.get(key);
  }

  /** Whether it is this entry that is kept under its key. */
  keeps(entry: E): boolean {
    return this.#entries.get(entry.key) === entry;
  }

  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  /** Keeps an entry under its key, which is free, if there is room or room can be made. Answers whether it is kept. */
  keep(entry: E, now: number): boolean {
    this.#tidy(now);
    if (this.#full) return false;
    this.#entries.set(entry.key, entry);
    this.#rest(entry, now);
    return true;
  }

  /** Keeps an entry until it is deleted, room or not. */
  fix(entry: E): void {
    entry.line?.leave(entry);
    this.#entries.set(entry.key, entry);
  }

  /** Takes in that an entry is used; one that is not kept, or for good, stays so. */
  use(entry: E, now: number): void {
    if (entry.line !== undefined) this.#rest(entry, now);
  }

  /** Keeps it no more. */
  drop(entry: E): void {
    entry.line?.leave(entry);
    this.#entries.delete(entry.key);
    this.#dropped(entry);
  }

  #rest(entry: E, now: number): void {
    entry.usedAt = now;
    this.#resting.join(entry);
  }

  get #full(): boolean {
    return this.#resting.size + this.#busy.size >= this.#rules.max;
  }

  /** Drops those whose time is over and, where there is no room, the least recently used one that is idle. */
  #tidy(now: number): void {
    for (let looks = Math.min(LOOKS, this.#busy.size); looks > 0; looks -= 1) this.#look(this.#busy.first as E, now);
    for (let one = this.#resting.first; one !== undefined && this.#mayGo(one, now); one = this.#resting.first) this.#look(one, now);
  }

  #mayGo({ usedAt }: E, now: number): boolean {
    return this.#full || now - usedAt >= this.#rules.idleAfter;
  }

  #look(entry: E, now: number): void {
    if (this.#mayGo(entry, now) && entry.idle) this.drop(entry);
    else this.#busy.join(entry);
  }
}
