import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cache, memoryStore, policy, type CacheEntry, type CacheStore, type PolicyEvent } from '../../src/index.ts';
import { outcomeOf } from '../helpers/functions.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const boom = new Error('the store is down');
const key = (id: number): string => `user ${id}`;

/** A function that counts its calls, under a cache with a store. */
function under(store: CacheStore, options: { readonly ttl?: number; readonly staleIfError?: number } = {}) {
  const clock = new VirtualClock();
  const complaints: unknown[] = [];
  const guard = policy(cache({ ttl: 1_000, store, key, ...options }), { clock, onListenerError: (error) => complaints.push(error) });
  const counter = { calls: 0 };
  const load = guard.wrap(async (id: number) => `${id} in call ${(counter.calls += 1)}`);
  return { clock, complaints, guard, load, counter };
}

describe('memoryStore', () => {
  it('keeps entries by their keys, within its bounds', () => {
    const clock = new VirtualClock();
    const store = memoryStore({ max: 2, clock });
    const entry = { value: 1, storedAt: 0 };
    store.set('a', entry, 10);
    expect([store.get('a'), store.size]).toEqual([entry, 1]);
    store.set('b', entry, 10);
    store.set('c', entry, 10);
    expect([store.get('a'), store.size]).toEqual([undefined, 2]);
    store.delete('b');
    expect([store.get('b'), store.size]).toEqual([undefined, 1]);
    store.clear();
    expect(store.size).toBe(0);
  });

  it('lets entries expire, without a timer', async () => {
    const clock = new VirtualClock();
    const store = memoryStore({ clock });
    store.set('a', { value: 1, storedAt: 0 }, 10);
    store.set('b', { value: 1, storedAt: 0 }, Infinity);
    expect(clock.armed).toBe(0);
    await clock.advance(10);
    expect([store.get('a'), store.size]).toEqual([undefined, 1]);
  });

  it('keeps a thousand entries where nothing else is said, on the clock of the host', () => {
    const store = memoryStore();
    for (let i = 0; i < 1_100; i++) store.set(`${i}`, { value: i, storedAt: 0 }, 60_000);
    expect([store.size, store.get('99'), store.get('100')?.value]).toEqual([1_000, undefined, 100]);
  });

  it('can be shared, and entries deleted from it', async () => {
    const store = memoryStore();
    const { load } = under(store);
    const other = under(store);
    expect([await load(7), await other.load(7)]).toEqual(['7 in call 1', '7 in call 1']);
    store.delete('user 7');
    expect(await other.load(7)).toBe('7 in call 1');
    expect(other.counter.calls).toBe(1);
  });
});

describe('a store of your own', () => {
  it('gets the keys as they are, plain entries, and how long they are of use', async () => {
    const sets: unknown[][] = [];
    const store = { get: () => undefined, set: (...args: unknown[]) => sets.push(args) };
    const { load, clock } = under(store, { ttl: 1_000, staleIfError: 4_000 });
    await load(7);
    expect(sets).toEqual([['user 7', { value: '7 in call 1', storedAt: clock.wall() }, 5_000]]);
  });

  it('may be a Map, an object of a class, or answer with promises of any make', async () => {
    const map = new Map<string, CacheEntry>();
    class Own {
      readonly #map = new Map<string, string>();
      async get(name: string): Promise<CacheEntry | null> {
        const text = this.#map.get(name);
        return text === undefined ? null : (JSON.parse(text) as CacheEntry);
      }
      async set(name: string, entry: CacheEntry): Promise<void> {
        this.#map.set(name, JSON.stringify(entry));
      }
    }
    const thenable = <T>(value: T): PromiseLike<T> => ({ then: (resolve: (value: T) => never) => resolve(value) }) as never;
    const odd = { get: (name: string) => thenable(map.get(`odd ${name}`)), set: (name: string, entry: CacheEntry) => thenable(map.set(`odd ${name}`, entry)) };
    for (const store of [map, new Own(), odd]) {
      const { load, counter } = under(store);
      expect([await load(7), await load(7), await load(8), counter.calls]).toEqual(['7 in call 1', '7 in call 1', '8 in call 2', 2]);
    }
  });

  it('keeps undefined also where it is written as JSON', async () => {
    const texts = new Map<string, string>();
    const store: CacheStore = {
      get: (name) => (texts.has(name) ? (JSON.parse(texts.get(name)!) as CacheEntry) : undefined),
      set: (name, entry) => texts.set(name, JSON.stringify(entry)),
    };
    let calls = 0;
    const load = cache({ ttl: 60_000, store, key: () => 'x' }).wrap(() => void (calls += 1));
    expect([await load(), await load(), calls]).toEqual([undefined, undefined, 1]);
  });

  it.each<[string, Partial<CacheStore>, number]>([
    ['get throws', { get: () => { throw boom; } }, 1],
    ['get rejects', { get: () => Promise.reject(boom) }, 1],
    ['set throws', { set: () => { throw boom; } }, 1],
    ['set rejects', { set: () => Promise.reject(boom) }, 1],
    ['both do', { get: () => Promise.reject(boom), set: () => Promise.reject(boom) }, 2],
  ])('fails no call when %s: it is a miss, and reported', async (_name, broken, reports) => {
    const { load, complaints } = under({ get: () => undefined, set: () => {}, ...broken });
    expect(await load(7)).toBe('7 in call 1');
    await flush();
    expect(complaints).toEqual(Array(reports).fill(boom));
  });

  it.each<[string, unknown]>([
    ['a string', 'junk'],
    ['an entry without a date', { value: 1 }],
    ['an entry with a date in words', { value: 1, storedAt: '2026-01-01' }],
    ['an entry of no time', { value: 1, storedAt: NaN }],
  ])('that answers with %s has no entry: that is reported', async (_name, junk) => {
    for (const get of [() => junk, () => Promise.resolve(junk)]) {
      const { load, complaints } = under({ get: get as CacheStore['get'], set: () => {} });
      expect(await load(7)).toBe('7 in call 1');
      expect(String(complaints[0])).toContain('cache: what store.get(...) answers must be an entry { value, storedAt }, undefined or null, got');
    }
  });

  it('that answers with something that cannot be read has no entry', async () => {
    const hostile = { get storedAt() { throw boom; } };
    const { load, complaints } = under({ get: () => hostile as never, set: () => {} });
    expect([await load(7), complaints]).toEqual(['7 in call 1', [boom]]);
  });

  it('is not waited for when it keeps', async () => {
    const { load } = under({ get: () => undefined, set: () => new Promise(() => {}) });
    expect(await load(7)).toBe('7 in call 1');
  });

  it("reports to the cache's own onListenerError, where it has one", async () => {
    const own: unknown[] = [];
    const guard = policy(cache({ ttl: 1, key, store: { get: () => { throw boom; }, set: () => {} }, onListenerError: (error) => own.push(error) }));
    await guard.wrap(async (_id: number) => 1)(7);
    expect(own).toEqual([boom]);
  });

  it('D5 changes nothing for the call where the report throws, too', async () => {
    const warned: unknown[] = [];
    const { emitWarning } = process;
    process.emitWarning = ((warning: unknown) => warned.push(warning)) as never;
    try {
      const report = (): never => { throw new Error('no report either'); };
      const guard = cache({ ttl: 1, key, store: { get: () => Promise.reject(boom), set: () => {} }, onListenerError: report });
      expect(await guard.wrap(async (_id: number) => 1)(7)).toBe(1);
    } finally {
      process.emitWarning = emitWarning;
    }
    expect(warned.map(String)).toEqual(['Error: no report either']);
  });
});

describe('cache', () => {
  it('agrees with a plain model, whatever the times, the calls and the failures of the store are', async () => {
    const census = { fresh: 0, stale: 0, failed: 0, broken: 0, made: 0 };
    const step = fc.record({
      waits: fc.oneof(fc.constant(0), fc.nat(300)),
      back: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(800) }),
      id: fc.nat(2),
      up: fc.boolean(),
      get: fc.constantFrom('answers', 'answers', 'answers', 'throws', 'rejects'),
      set: fc.constantFrom('keeps', 'keeps', 'keeps', 'throws', 'rejects'),
      later: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 100, 250),
        fc.constantFrom(50, 400),
        fc.array(step, { maxLength: 25, size: 'max' }),
        async (ttl, staleIfError, steps) => {
          const clock = new VirtualClock();
          const entries = new Map<string, CacheEntry>();
          let now: (typeof steps)[number];
          const fails = (how: string): unknown => {
            if (how === 'throws') throw boom;
            return how === 'rejects' ? Promise.reject(boom) : undefined;
          };
          const store: CacheStore = {
            get: (name) => {
              const failed = fails(now.get);
              return (failed ?? (now.later ? Promise.resolve(entries.get(name)) : entries.get(name))) as never;
            },
            set: (name, entry) => fails(now.set) ?? entries.set(name, entry),
          };
          let complaints = 0;
          const guard = policy(cache({ ttl, staleIfError, store, key }), { clock, onListenerError: () => void (complaints += 1) });
          const events: PolicyEvent[] = [];
          guard.onEvent((event) => events.push(event));
          let made = 0;
          const load = guard.wrap(async (_id: number) => {
            made += 1;
            if (!now.up) throw boom;
            return made;
          });
          const model = new Map<number, { value: number; at: number }>();
          let expectedMade = 0;
          let expectedComplaints = 0;
          for (const one of steps) {
            now = one;
            await clock.advance(one.waits);
            clock.wallStart -= one.back;
            const had = one.get === 'answers' ? model.get(one.id) : undefined;
            const age = had === undefined ? Infinity : Math.abs(clock.wall() - had.at);
            if (one.get !== 'answers') expectedComplaints += 1;
            let expected: readonly unknown[];
            if (age < ttl) {
              expected = ['value', had!.value];
              census.fresh += 1;
            } else {
              expectedMade += 1;
              if (one.up) {
                expected = ['value', expectedMade];
                census.made += 1;
                if (one.set === 'keeps') model.set(one.id, { value: expectedMade, at: clock.wall() });
                else expectedComplaints += 1;
              } else if (age < ttl + staleIfError) {
                expected = ['value', had!.value];
                census.stale += 1;
              } else {
                expected = ['error', boom];
                census.failed += 1;
              }
            }
            if (one.get !== 'answers' || one.set !== 'keeps') census.broken += 1;
            expect(await outcomeOf(load(one.id))).toEqual(expected);
            await flush();
            expect([made, complaints]).toEqual([expectedMade, expectedComplaints]);
          }
          expect(clock.armed).toBe(0);
          expect(events.filter(({ type }) => type === 'served').length).toBeLessThanOrEqual(steps.length);
        },
      ),
      { numRuns: 150 },
    );
    expect(Math.min(...Object.values(census))).toBeGreaterThan(50);
  });
});

describe('what cache and memoryStore refuse', () => {
  const store = new Map<string, CacheEntry>();
  it.each<[() => unknown, string]>([
    [() => cache(undefined as never), 'cache: ttl must be a duration in milliseconds, 0 or more, got undefined'],
    [() => cache(60_000 as never), 'cache expects an object of options (ttl, staleIfError, key, store, max, handle, clock, onListenerError), got 60000: write { ttl: 60000 }'],
    [() => cache({ ttl: -1 }), 'cache: ttl must be a duration in milliseconds, 0 or more, got -1'],
    [() => cache({ ttl: 0 }), 'cache: ttl must be above 0 where staleIfError is 0, got 0'],
    [() => cache({ ttl: 1, staleIfError: NaN }), 'cache: staleIfError must be a duration in milliseconds, 0 or more, got NaN'],
    [() => cache({ ttl: 1, key: 'id' as never }), 'cache: key must be a function of the arguments that answers with a key, got "id"'],
    [() => cache({ ttl: 1, max: 0 }), 'cache: max must be a whole number of at least 1, got 0'],
    [() => cache({ ttl: 1, store }), 'cache: key must be given with a store of your own: it makes the whole name of an entry'],
    [() => cache({ ttl: 1, store, key, max: 5 }), "cache: max is for the cache's own memory, got a store, too: write store: memoryStore({ max })"],
    [() => cache({ ttl: 1, store: 'redis' as never, key }), 'cache: store must be a store, an object with get and set, got "redis"'],
    [() => cache({ ttl: 1, store: null as never, key }), 'cache: store must be a store, an object with get and set, got null'],
    [() => cache({ ttl: 1, store: { get: key } as never, key }), 'cache: store.set must be a function, got undefined'],
    [() => cache({ ttl: 1, store: { set: key } as never, key }), 'cache: store.get must be a function, got undefined'],
    [() => memoryStore({ max: 1.5 }), 'memoryStore: max must be a whole number of at least 1, got 1.5'],
    [() => memoryStore({ size: 5 } as never), 'memoryStore has no option "size"; it has max, clock'],
  ])('%#', (make, text) => {
    expect(make).toThrow(text);
  });
});
