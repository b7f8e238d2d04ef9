/** What bulkheads infer and refuse. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  breaker,
  bulkhead,
  BulkheadRejectedError,
  policy,
  Policy,
  type PolicyError,
  type Bulkhead,
  type BulkheadMode,
  type BulkheadOptions,
  type FluentPolicy,
  type Mode,
  type PolicyOf,
} from 'breakwater';

declare const size: number;

describe('bulkhead', () => {
  it('is sync where nobody can wait: without a queue, or with the literal 0', () => {
    expectTypeOf(bulkhead({ limit: 5 })).toEqualTypeOf<Bulkhead<'sync'>>();
    expectTypeOf(bulkhead({ limit: 5, queue: 0 })).toEqualTypeOf<Bulkhead<'sync'>>();
    expectTypeOf(bulkhead({ limit: 5, queue: 100 })).toEqualTypeOf<Bulkhead<'async'>>();
    expectTypeOf(bulkhead({ limit: 5, queue: size })).toEqualTypeOf<Bulkhead<Mode>>();
    expectTypeOf<BulkheadMode<0 | 5>>().toEqualTypeOf<Mode>();
    const sync = policy(breaker(), bulkhead({ limit: 1 }));
    expectTypeOf(sync).toEqualTypeOf<PolicyOf<'breaker' | 'bulkhead', 'sync', never>>();
    expectTypeOf(sync.executeSync(() => 1)).toBeNumber();
    // @ts-expect-error -- needs time
    bulkhead({ limit: 1, queue: 1 }).executeSync(() => 1);
    // @ts-expect-error -- may need time
    bulkhead({ limit: 1, queue: size }).wrapSync(() => 1);
  });

  it('is a step of the chain, once', () => {
    expectTypeOf(Policy.bulkhead({ limit: 5 })).toEqualTypeOf<FluentPolicy<'bulkhead', 'sync', never>>();
    expectTypeOf(Policy.bulkhead({ limit: 5, queue: 9 })).toEqualTypeOf<FluentPolicy<'bulkhead', 'async', never>>();
    // @ts-expect-error -- there is one already
    Policy.bulkhead({ limit: 5 }).bulkhead({ limit: 6 });
    // @ts-expect-error -- two of a kind
    policy(bulkhead({ limit: 5 }), bulkhead({ limit: 6 }));
  });

  it('tells how many run and wait', () => {
    const { limit, queue, running, waiting } = bulkhead({ limit: 5 });
    expectTypeOf([limit, queue, running, waiting]).toEqualTypeOf<number[]>();
    expectTypeOf(bulkhead({ limit: 5 }).circuit).toBeUndefined();
    expectTypeOf<Bulkhead<'sync'>>().toExtend<Policy>();
    expectTypeOf<Bulkhead<'sync'>>().toExtend<Bulkhead>();
  });

  it('takes options that are known, and a priority of any arguments', () => {
    bulkhead({ limit: 5, queue: 9, maxWait: 1_000, priority: (doc: { readonly urgent: boolean }) => Number(doc.urgent) });
    bulkhead({ limit: 5, queue: undefined, maxWait: undefined, priority: undefined, clock: undefined });
    const given: BulkheadOptions = { limit: 5, queue: size };
    expectTypeOf(bulkhead(given)).toEqualTypeOf<Bulkhead<Mode>>();
    // @ts-expect-error -- without a limit
    bulkhead({});
    // @ts-expect-error -- without options
    bulkhead();
    // @ts-expect-error -- as cockatiel takes it
    bulkhead(5, 10);
    // @ts-expect-error -- misspelt
    bulkhead({ limit: 5, que: 9 });
    // @ts-expect-error -- not a number
    bulkhead({ limit: 5, priority: (doc: { readonly urgent: boolean }) => doc.urgent });
  });

  it('has an error of its own', () => {
    const error = new BulkheadRejectedError(1, 2, 3, { cause: 'x' });
    expectTypeOf(error).toExtend<PolicyError>();
    expectTypeOf(error.reason).toEqualTypeOf<'full' | 'waited'>();
    expectTypeOf(error.isBulkheadRejectedError).toEqualTypeOf<true>();
  });
});
