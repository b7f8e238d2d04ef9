/** What cache and coalesce take, and what they make of a policy. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  breaker,
  cache,
  coalesce,
  fallback,
  memoryStore,
  Policy,
  policy,
  retry,
  type CacheEntry,
  type CacheOptions,
  type CachePolicy,
  type CacheStore,
  type CoalesceOptions,
  type CoalescePolicy,
  type MemoryStore,
  type PolicyOf,
} from 'breakwater';

describe('cache and coalesce', () => {
  it('are policies that need time, and change nothing about the answer', () => {
    expectTypeOf(cache({ ttl: 1 })).toEqualTypeOf<CachePolicy>();
    expectTypeOf(coalesce()).toEqualTypeOf<CoalescePolicy>();
    expectTypeOf(policy(cache({ ttl: 1 }), coalesce(), breaker())).toEqualTypeOf<PolicyOf<'cache' | 'coalesce' | 'breaker', 'async', never>>();
    const load = policy(coalesce(), cache({ ttl: 1 }), fallback(null)).wrap(async (id: number, fresh?: boolean) => ({ id, fresh }));
    expectTypeOf(load).parameters.toEqualTypeOf<[id: number, fresh?: boolean | undefined]>();
    expectTypeOf(load).returns.resolves.toEqualTypeOf<{ id: number; fresh: boolean | undefined } | null>();
    // @ts-expect-error -- it cannot answer at once
    cache({ ttl: 1 }).executeSync(() => 1);
    // @ts-expect-error -- nor can it
    coalesce().wrapSync(() => 1);
  });

  it('are steps of a chain that can be taken once', () => {
    const chain = Policy.retry({ delay: 0 }).cache({ ttl: 1 }).coalesce();
    expectTypeOf(chain.execute(() => 1)).resolves.toBeNumber();
    expectTypeOf<'cache' extends keyof typeof chain ? true : false>().toEqualTypeOf<false>();
    expectTypeOf<'coalesce' extends keyof typeof chain ? true : false>().toEqualTypeOf<false>();
    // @ts-expect-error -- it needs its ttl
    Policy.cache();
    Policy.coalesce();
    // @ts-expect-error -- two of a kind
    policy(cache({ ttl: 1 }), retry(), cache({ ttl: 2 }));
  });

  it('take undefined for what is left out', () => {
    const options: CacheOptions = { ttl: 1, staleIfError: undefined, key: undefined, store: undefined, max: undefined, handle: undefined };
    const key: CoalesceOptions = { key: undefined, clock: undefined, onListenerError: undefined };
    expectTypeOf(cache(options)).toEqualTypeOf<CachePolicy>();
    expectTypeOf(coalesce(key)).toEqualTypeOf<CoalescePolicy>();
  });

  it('take a key of any arguments, also one that uses this', () => {
    expectTypeOf(coalesce({ key: (user: { id: number }) => user.id })).toEqualTypeOf<CoalescePolicy>();
    coalesce({ key: (a: string, b: bigint) => (a === '' ? undefined : b) });
    coalesce({ key: ({ method, url }: Request) => `${method} ${url}` });
    coalesce({
      key(this: { tenant: string }, id: number) {
        return `${this.tenant} ${id}`;
      },
    });
    // @ts-expect-error -- an object is no key
    coalesce({ key: (user: { id: number }) => user });
    // @ts-expect-error -- nor is a promise
    coalesce({ key: async (id: number) => id });
  });

  it('take any store that answers with entries, now or later', () => {
    const later: CacheStore = { get: async () => ({ value: 1, storedAt: 2 }), set: async () => 'OK' };
    const map: CacheStore = new Map<string, CacheEntry>();
    expectTypeOf(memoryStore()).toEqualTypeOf<MemoryStore>();
    for (const store of [later, map, memoryStore({ max: 5 })]) cache({ ttl: 1, store, key: (id: string) => id });
    // @ts-expect-error -- it answers with the bare value
    cache({ ttl: 1, key: () => '', store: { get: () => 'text', set: () => {} } });
  });
});
