/** Where a cache keeps its entries: the store of the user's, and the one in memory. */
import { Lru } from '../../cache/lru.ts';
import { hostClock, type Clock } from '../../core/clock.ts';
import { commonChecks } from '../../core/layer.ts';
import { functionOf, optional, readOptions, wholeNumber, wrongType, type Check, type Checks } from '../../core/options.ts';

/** What a cache keeps of an answer: plain data, as far as the value is. */
export interface CacheEntry {
  /** What was answered. */
  readonly value: unknown;
  /** When, in milliseconds since 1970. */
  readonly storedAt: number;
}

/**
 * What a {@link cache} needs of a store. Each method may answer with a promise. One that throws, or rejects, fails no call: it
 * is reported through `onListenerError`, and a failed `get` is a miss. A `Map` is a store, though one without bounds.
 */
export interface CacheStore {
  /** The entry under a key; `undefined` or `null` where there is none. */
  get(key: string): PromiseLike<CacheEntry | null | undefined> | CacheEntry | null | undefined;
  /**
   * Keeps an entry. After `ttlMs` milliseconds (which may be `Infinity`) it is of no more use. The call does not wait for it.
   */
  set(key: string, entry: CacheEntry, ttlMs: number): unknown;
}

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many entries it keeps. A whole number of at least 1, or `Infinity`.
   * @default 1_000
   */
  readonly max?: number | undefined;
  /**
   * Where its time comes from.
   * @default the host's own
   */
  readonly clock?: Clock | undefined;
}

/** A store in memory: see {@link memoryStore}. */
export interface MemoryStore extends CacheStore {
  get(key: string): CacheEntry | undefined;
  set(key: string, entry: CacheEntry, ttlMs: number): void;
  /** Forgets the entry under a key. */
  delete(key: string): void;
  /** Forgets all entries. */
  clear(): void;
  /** How many entries it keeps now, without those that have expired. */
  readonly size: number;
}

/**
 * A store in memory. When it is full, entries that have expired go first, then the one that was not read for the longest time.
 * It has no timer. Values are handed on as they are, not copied: do not change them.
 *
 * A {@link cache} has one of its own. Make one where several caches are to share it, or where entries are to be deleted.
 *
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when `max` is not at least 1.
 *
 * @example
 * ```ts
 * import { cache, memoryStore } from 'breakwater';
 *
 * const store = memoryStore({ max: 100 });
 * const load = cache({ ttl: 60_000, store, key: (id: number) => `user ${id}` }).wrap((id: number) => `user number ${id}`);
 * await load(7) // => 'user number 7'
 * store.size // => 1
 * store.delete('user 7');
 * store.size // => 0
 * ```
 */
export function memoryStore(options?: MemoryStoreOptions): MemoryStore {
  const { max, clock = hostClock } = readOptions<MemorySettings>('memoryStore', options, memoryChecks());
  return new Memory(max, () => clock.now());
}

interface MemorySettings {
  readonly max: number;
  readonly clock: Clock | undefined;
}

/** The check of `max`. */
export const maxOption: Check<number> = /* @__PURE__ */ wholeNumber(1);

const memoryChecks = (): Checks<MemorySettings> => ({ max: optional(maxOption, 1_000), clock: commonChecks.clock });

/** A store in memory, on a clock that is read when it is needed. */
export class Memory implements MemoryStore {
  readonly #lru: Lru<CacheEntry>;
  readonly #now: () => number;

  constructor(max: number, now: () => number) {
    this.#lru = new Lru(max);
    this.#now = now;
  }

  get size(): number {
    return this.#lru.size(this.#now());
  }
  get(key: string): CacheEntry | undefined {
    return this.#lru.get(key, this.#now())?.value;
  }
  set(key: string, entry: CacheEntry, ttlMs: number): void {
    const now = this.#now();
    this.#lru.set(key, entry, now + ttlMs, now);
  }
  delete(key: string): void {
    this.#lru.delete(key);
  }
  clear(): void {
    this.#lru.clear();
  }
}

/** Checks the option `store`. It may be an object of a class: its methods are used as they are, with their `this`. */
export const storeOption: Check<CacheStore> = (value, at) => {
  if (typeof value !== 'object' || value === null) throw wrongType(at, 'a store, an object with get and set', value);
  for (const method of ['get', 'set'] as const) functionOf('a function')((value as Partial<CacheStore>)[method], `${at}.${method}`);
  return value as CacheStore;
};
