import { describe, expectTypeOf, it } from 'vitest';
import { breaker, keyed, policy, Policy, retry, timeout, type Breaker, type Keyed } from '../../src/index.ts';

const tenants = keyed((tenant: string) => tenant, () => policy(breaker(), retry()));

describe('keyed', () => {
  it('knows its keys and its policies', () => {
    expectTypeOf(tenants.for('a').circuit).toEqualTypeOf<Breaker>();
    expectTypeOf(tenants.peek('a')).toEqualTypeOf<ReturnType<typeof tenants.for> | undefined>();
    expectTypeOf(tenants.keys()).toEqualTypeOf<IterableIterator<string>>();
    expectTypeOf(keyed((id: number) => id, () => breaker())).toEqualTypeOf<Keyed<[id: number], number, Breaker<'sync'>>>();
    keyed(
      (_model: 'big' | 'small') => _model,
      (model) => (expectTypeOf(model).toEqualTypeOf<'big' | 'small'>(), timeout(5)),
    );
    // @ts-expect-error -- no key of these
    tenants.for(7);
    // @ts-expect-error -- the factory answers a policy
    keyed((id: number) => id, () => ({ failureThreshold: 5 }));
    // @ts-expect-error -- a misspelt option
    keyed((id: number) => id, () => breaker(), { maximum: 5 });
  });

  it('wraps functions whose parameters begin with those of the key function', () => {
    const load = tenants.wrap(async (_tenant: string, id: number) => id);
    expectTypeOf(load).toEqualTypeOf<(_tenant: string, id: number) => Promise<number>>();
    const ask = tenants.wrapWithContext(({ signal }, _tenant: string, _more?: Date) => signal.aborted);
    expectTypeOf(ask).toEqualTypeOf<(_tenant: string, _more?: Date) => Promise<boolean>>();
    expectTypeOf(tenants.wrap(() => 1)('a')).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error -- the key is needed all the same
    void tenants.wrap(() => 1)();
    // @ts-expect-error -- the key function takes text
    tenants.wrap(async (id: number) => id);
    // A key that may be missing for the function may not be for the call.
    expectTypeOf(tenants.wrap(async (tenant?: string) => tenant)).parameter(0).toEqualTypeOf<string>();
  });

  it('finds the signal among the parameters', () => {
    tenants.wrap(async (_tenant: string, _options: { signal: AbortSignal }) => 1, {
      signal: (tenant, { signal }) => (expectTypeOf(tenant).toEqualTypeOf<string>(), signal),
    });
    expectTypeOf(tenants.wrap(async (_tenant: string) => 1, { signal: new AbortController().signal })).returns.toEqualTypeOf<Promise<number>>();
  });

  it('widens the result by what a fallback answers, and keeps `this`', () => {
    const orNull = keyed((id: number) => id, () => Policy.breaker().fallback(null));
    expectTypeOf(orNull.wrap(async (id: number) => String(id))).returns.toEqualTypeOf<Promise<string | null>>();
    const withThis = orNull.wrap(async function (this: { base: string }, id: number) {
      return this.base + id;
    });
    expectTypeOf(withThis).thisParameter.toEqualTypeOf<{ base: string }>();
  });

  it('registers what fits', () => {
    const there = tenants.register('a', policy(breaker({ failureThreshold: 9 }), retry()));
    expectTypeOf(there).toEqualTypeOf<ReturnType<typeof tenants.for>>();
    // @ts-expect-error -- there is no circuit in it
    tenants.register('a', retry());
  });
});
