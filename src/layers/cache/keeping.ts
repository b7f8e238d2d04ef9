/** What a cache does with each call: looks for an entry on the way in, keeps the answer or uses the entry on the way out. */
import { isWithin } from '../../cache/freshness.ts';
import type { Call } from '../../core/call.ts';
import { Callees, keyOf, type CallKey } from '../../core/call-key.ts';
import { attend, safely, type Report } from '../../core/events.ts';
import type { Judge } from '../../core/handle.ts';
import { isNoAnswer, isPlainSuccess, judge } from '../../core/judge.ts';
import type { CommonSettings } from '../../core/layer.ts';
import { wrongType } from '../../core/options.ts';
import { PASS, type Entry, type Ready, type Stage } from '../../core/stage.ts';
import { adopt } from '../../core/thenable.ts';
import { waitForPromise } from '../../core/wait.ts';
import type { CacheEntry, CacheStore } from './store.ts';

/** The options of a cache, checked. */
export interface CacheSettings extends CommonSettings {
  readonly ttl: number;
  readonly staleIfError: number;
  readonly key: CallKey | undefined;
  readonly store: CacheStore | undefined;
  readonly max: number | undefined;
  readonly handle: Judge | undefined;
}

/** What a call found on its way in. */
interface Lookup {
  readonly key: string;
  /** Not fresh any more. */
  readonly entry: CacheEntry | undefined;
}

/** Looks for an entry on the way in; keeps the answer, or uses the entry, on the way out. */
export class KeepingStage implements Stage {
  readonly #settings: CacheSettings;
  readonly #store: CacheStore;
  /** What is called, where the store is the cache's own; a store of the user's gets the user's keys as they are. */
  readonly #callees: Callees | undefined;
  readonly #lookups = new WeakMap<Call, Lookup>();
  /** The attempts whose answers are kept, and under which key: calls that shared a run carry the same one. */
  readonly #kept = new WeakMap<object, string>();

  constructor(settings: CacheSettings, store: CacheStore) {
    this.#settings = settings;
    this.#store = store;
    this.#callees = settings.store === undefined ? new Callees() : undefined;
  }

  admit(call: Call): Entry {
    const own = keyOf('cache', this.#settings.key, call);
    if (own === undefined) return undefined;
    const key = this.#callees === undefined ? own : this.#callees.nameOf(call) + own;
    const found = this.#read(call, key);
    if (!(found instanceof Promise)) return this.#look(call, key, found as CacheEntry | undefined);
    return waitForPromise<CacheEntry | undefined>(call, found).then((entry) => this.#look(call, key, entry));
  }

  value(call: Call, value: unknown): unknown {
    const lookup = this.#lookups.get(call);
    if (lookup === undefined) return PASS;
    const { handle } = this.#settings;
    if (!isPlainSuccess(call, handle)) {
      const verdict = judge(call, handle, { value }, this.#reportOf(call));
      if (verdict !== false) return verdict === true ? this.#stale(call, lookup) : PASS;
    }
    this.#keep(call, lookup.key, value);
    return PASS;
  }

  error(call: Call, error: unknown): unknown {
    const lookup = this.#lookups.get(call);
    if (lookup === undefined || call.aborted !== undefined) return PASS;
    return isNoAnswer(call, this.#settings.handle, { error }, this.#reportOf(call)) ? this.#stale(call, lookup) : PASS;
  }

  #reportOf(call: Call): Report {
    return this.#settings.onListenerError ?? call.env.report;
  }

  /** The entry under a key, or a promise of it. A store that fails has none. */
  #read(call: Call, key: string): unknown {
    const missed = (error: unknown): undefined => safely(this.#reportOf(call), error) as undefined;
    try {
      const found = adopt(this.#store.get(key));
      return found instanceof Promise ? found.then(entryOf).catch(missed) : entryOf(found);
    } catch (error) {
      return missed(error);
    }
  }

  #look(call: Call, key: string, entry: CacheEntry | undefined): Ready | undefined {
    if (entry !== undefined && isWithin(entry.storedAt, call.env.clock.wall(), this.#settings.ttl)) {
      call.env.events.emit({ type: 'served', by: 'cache', stale: false });
      return { value: entry.value };
    }
    this.#lookups.set(call, { key, entry });
    return undefined;
  }

  /** The guarded call has no answer: the entry is one, if it is not too old by now. */
  #stale(call: Call, { entry }: Lookup): unknown {
    const { ttl, staleIfError } = this.#settings;
    if (staleIfError === 0 || entry === undefined) return PASS;
    if (!isWithin(entry.storedAt, call.env.clock.wall(), ttl + staleIfError)) return PASS;
    call.env.events.emit({ type: 'served', by: 'cache', stale: true });
    // What was said of the outcome says nothing of the entry.
    call.history.judged = undefined;
    return entry.value;
  }

  #keep(call: Call, key: string, value: unknown): void {
    const { made } = call;
    if (made !== undefined) {
      if (this.#kept.get(made) === key) return;
      this.#kept.set(made, key);
    }
    const { ttl, staleIfError } = this.#settings;
    const entry: CacheEntry = { value, storedAt: call.env.clock.wall() };
    attend(() => this.#store.set(key, entry, ttl + staleIfError), undefined, this.#reportOf(call));
  }
}

/**
 * What a store answered, read once.
 *
 * @throws TypeError when it is no entry.
 */
function entryOf(found: unknown): CacheEntry | undefined {
  if (found === undefined || found === null) return undefined;
  const { value, storedAt } = found as Partial<CacheEntry>;
  // A `value` that is not there was `undefined` before it was written as JSON.
  if (typeof storedAt !== 'number' || Number.isNaN(storedAt)) {
    throw wrongType('cache: what store.get(...) answers', 'an entry { value, storedAt }, undefined or null', found);
  }
  return { value, storedAt };
}
