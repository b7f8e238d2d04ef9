/** The cache: a call that was answered a short while ago is answered again without being made. */
import { keyOption, type CallKey } from '../core/call-key.ts';
import { hostClock, type Clock } from '../core/clock.ts';
import type { Report } from '../core/events.ts';
import { handleOption, type Handle } from '../core/handle.ts';
import { commonChecks, type CommonOptions, type Layer } from '../core/layer.ts';
import { duration, optional, readOptions } from '../core/options.ts';
import { showMs } from '../core/text.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';
import { KeepingStage, type CacheSettings } from './cache/keeping.ts';
import { maxOption, Memory, storeOption, type CacheStore } from './cache/store.ts';

export { memoryStore, type CacheEntry, type CacheStore, type MemoryStore, type MemoryStoreOptions } from './cache/store.ts';

/** Options of {@link cache}. */
export interface CacheOptions extends CommonOptions {
  /**
   * How long an answer is fresh, in milliseconds: until then calls are answered with it and are not made. With `0` every call
   * is made, and `staleIfError` says how long the last good answer stands in for one that fails.
   */
  readonly ttl: number;
  /**
   * How long after that, in milliseconds, it is still answered where the guarded call has no answer: it failed, or it was
   * turned away by an open circuit. Never where the caller aborted. (RFC 5861, section 4.)
   * @default 0
   */
  readonly staleIfError?: number | undefined;
  /**
   * Makes the key of a call from its arguments, with the call's own `this`. `undefined` is no key: such a call goes past the
   * cache. Calls of two functions are never the same, whatever their keys, unless `store` is given.
   * @default the only argument, where that is a primitive; one key for calls without arguments
   */
  readonly key?: CallKey | undefined;
  /**
   * Where entries are kept. With a store of your own, `key` must be given: it makes the whole name of an entry.
   * @default in memory, at most `max` of them
   */
  readonly store?: CacheStore | undefined;
  /**
   * How many entries are kept in memory. A whole number of at least 1, or `Infinity`. A store of your own has its own bounds.
   * @default 1_000
   */
  readonly max?: number | undefined;
  /**
   * Which outcomes are no answers: such a value is not kept, and a stale entry is answered in its stead. An error is never
   * kept; one that does not count (`false`, `'ignore'`) is passed on untouched.
   * @default every failure, as the layers inside judged it, and every local rejection
   */
  readonly handle?: Handle | undefined;
}

/** A policy that is a cache. */
export interface CachePolicy extends PolicyOf<'cache', 'async', never> {}

/**
 * Keeps answers. While one is fresh, calls with the same key are answered with it, in front of all guards: no circuit is
 * asked. With `staleIfError`, an older one is answered where the guarded call has no answer.
 *
 * Only good answers are kept, as the layers inside judged them; errors never. Values in memory are handed on as they are, not
 * copied: do not change them. Calls that come at the same time are each made: add {@link coalesce}.
 *
 * The object holds the entries: used in several policies, they are shared by them.
 *
 * @throws TypeError when an option is missing, unknown or of the wrong kind; a call rejects with it when it has no key.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { cache } from 'breakwater';
 *
 * let calls = 0;
 * const load = cache({ ttl: 60_000 }).wrap(async (id: number) => {
 *   calls += 1;
 *   return `user ${id}`;
 * });
 * await load(7) // => 'user 7'
 * await load(7) // => 'user 7'
 * calls // => 1
 * ```
 * @see {@link coalesce} shares the run of calls that come at the same time.
 * @see {@link Chain.cache} is the same as a step of a chain.
 */
export function cache(options: CacheOptions): CachePolicy {
  const settings = readOptions<CacheSettings>('cache', options, {
    ttl: duration,
    staleIfError: optional(duration, 0),
    key: optional(keyOption, undefined),
    store: optional(storeOption, undefined),
    max: optional(maxOption, undefined),
    handle: optional(handleOption, undefined),
    ...commonChecks,
  });
  const { ttl, staleIfError, store, key, max } = settings;
  if (ttl === 0 && staleIfError === 0) throw new RangeError('cache: ttl must be above 0 where staleIfError is 0, got 0');
  if (store !== undefined && key === undefined) {
    throw new TypeError('cache: key must be given with a store of your own: it makes the whole name of an entry');
  }
  if (store !== undefined && max !== undefined) {
    throw new TypeError('cache: max is for the cache\'s own memory, got a store, too: write store: memoryStore({ max })');
  }
  return new PolicyObject([new CacheLayer(settings)]) as unknown as CachePolicy;
}

class CacheLayer implements Layer {
  readonly kind = 'cache';
  readonly mode = 'async';
  readonly role = 'front';
  readonly options: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly report: Report | undefined;
  readonly stage: KeepingStage;
  /** Its own store; `undefined` where it was given one. */
  readonly #memory: Memory | undefined;
  #clock: Clock | undefined;

  constructor(settings: CacheSettings) {
    const { ttl, staleIfError, key, store, max = 1_000, handle, clock, onListenerError } = settings;
    this.options = {
      ttl,
      staleIfError,
      key: key === undefined ? 'default' : 'custom',
      store: store === undefined ? { max } : 'custom',
      handle: handle === undefined ? 'default' : 'custom',
    };
    this.label = `cache ${showMs(ttl)}${staleIfError > 0 ? `, stale ${showMs(staleIfError)}` : ''}`;
    this.report = onListenerError;
    this.#clock = clock;
    this.#memory = store === undefined ? new Memory(max, () => (this.#clock ?? hostClock).now()) : undefined;
    this.stage = new KeepingStage(settings, store ?? (this.#memory as Memory));
  }

  get clock(): Clock | undefined {
    return this.#clock;
  }

  adopt(clock: Clock): void {
    if (this.#clock === undefined && !this.idle()) throw new TypeError('a cache has one clock, got a policy with another one: give it to the cache, too');
    this.#clock = clock;
  }

  idle(): boolean {
    return this.#memory === undefined || this.#memory.size === 0;
  }
}
