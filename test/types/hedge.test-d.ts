/** What the types of a hedge tell: it needs time, adds nothing to the answer, and is a step of a chain once. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  fallback,
  hedge,
  Policy,
  policy,
  quantile,
  retry,
  type HedgeOptions,
  type HedgePolicy,
  type PolicyOf,
  type Quantile,
} from '../../src/index.ts';

describe('hedge', () => {
  it('is a policy that needs time', () => {
    expectTypeOf(hedge({ after: 200 })).toEqualTypeOf<HedgePolicy>();
    expectTypeOf(policy(hedge({ after: 200 }), retry({ delay: 0 }))).toEqualTypeOf<PolicyOf<'hedge' | 'retry', 'async', never>>();
    // @ts-expect-error A hedge needs time.
    const sync = () => hedge({ after: 200 }).wrapSync(() => 1);
    expectTypeOf(sync).toBeFunction();
  });

  it('adds nothing to the answer, and keeps parameters and context', () => {
    const load = policy(hedge({ after: 200 }), fallback(null)).wrapWithContext(({ attempt }, id: number) => `${id}${attempt}`);
    expectTypeOf(load).toEqualTypeOf<(id: number) => Promise<string | null>>();
  });

  it('is a step of a chain, once', () => {
    const chain = Policy.hedge({ after: quantile(0.95), max: 3 }).timeout(5);
    expectTypeOf(chain).toExtend<PolicyOf<'hedge' | 'timeout', 'async', never>>();
    expectTypeOf(chain).not.toHaveProperty('hedge');
    expectTypeOf(chain).toHaveProperty('retry');
  });

  it('takes a number or a quantile, which must be given', () => {
    expectTypeOf<HedgeOptions['after']>().toEqualTypeOf<number | Quantile>();
    expectTypeOf<{ max: number }>().not.toExtend<HedgeOptions>();
    expectTypeOf<{ after: number; max: undefined; budget: undefined; handle: undefined }>().toExtend<HedgeOptions>();
  });
});
