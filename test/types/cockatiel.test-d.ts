/** Every policy of ours is a policy to cockatiel 3.2.1 and 4.0.0, and their parts are parts to us. */
import * as three from 'cockatiel';
import * as four from 'cockatiel4';
import { describe, expectTypeOf, it } from 'vitest';
import {
  breaker,
  deadline,
  fallback,
  Policy,
  policy,
  retry,
  timeout,
  type AnyPolicy,
  type Breaker,
  type Chain,
  type DeadlinePolicy,
  type FallbackPolicy,
  type RetryPolicy,
  type TimeoutPolicy,
} from 'breakwater';

const five = policy(fallback('cached'), timeout(30_000), retry({ attempts: 3 }), breaker(), deadline(60_000));
type Five = typeof five;

describe('IPolicy', () => {
  it('is what each of our policies is, in 3.2.1', () => {
    expectTypeOf<Breaker>().toExtend<three.IPolicy>();
    expectTypeOf<RetryPolicy>().toExtend<three.IPolicy>();
    expectTypeOf<TimeoutPolicy>().toExtend<three.IPolicy>();
    expectTypeOf<DeadlinePolicy>().toExtend<three.IPolicy>();
    expectTypeOf<FallbackPolicy<string>>().toExtend<three.IPolicy<three.IDefaultPolicyContext, string>>();
    expectTypeOf<Five>().toExtend<three.IPolicy<three.IDefaultPolicyContext, string>>();
    expectTypeOf<Policy>().toExtend<three.IPolicy>();
    expectTypeOf<Policy<Date>>().toExtend<three.IPolicy<three.IDefaultPolicyContext, Date>>();
    expectTypeOf<AnyPolicy>().toExtend<three.IPolicy<three.IDefaultPolicyContext, unknown>>();
    expectTypeOf(Policy).toExtend<three.IPolicy>();
    expectTypeOf(Policy.breaker().retry()).toExtend<three.IPolicy>();
    // The context of an attempt goes along.
    expectTypeOf(retry()).toExtend<three.IPolicy<three.IRetryContext>>();
    expectTypeOf<FallbackPolicy<string>>().not.toExtend<three.IPolicy>();
  });

  it('is what each of our policies is, in 4.0.0', () => {
    expectTypeOf<Breaker>().toExtend<four.IPolicy>();
    expectTypeOf<RetryPolicy>().toExtend<four.IPolicy>();
    expectTypeOf<TimeoutPolicy>().toExtend<four.IPolicy>();
    expectTypeOf<DeadlinePolicy>().toExtend<four.IPolicy>();
    expectTypeOf<FallbackPolicy<string>>().toExtend<four.IPolicy<four.IDefaultPolicyContext, string>>();
    expectTypeOf<Five>().toExtend<four.IPolicy<four.IDefaultPolicyContext, string>>();
    expectTypeOf<Policy>().toExtend<four.IPolicy>();
    expectTypeOf<Policy<Date>>().toExtend<four.IPolicy<four.IDefaultPolicyContext, Date>>();
    expectTypeOf<AnyPolicy>().toExtend<four.IPolicy<four.IDefaultPolicyContext, unknown>>();
    expectTypeOf(Policy).toExtend<four.IPolicy>();
    expectTypeOf(Policy.breaker().retry()).toExtend<four.IPolicy>();
    expectTypeOf(retry()).toExtend<four.IPolicy<four.IRetryContext>>();
    expectTypeOf<FallbackPolicy<string>>().not.toExtend<four.IPolicy>();
  });
});

describe('their wrap', () => {
  it('merges contexts and results, in 3.2.1', () => {
    const both = three.wrap(retry(), three.timeout(1, three.TimeoutStrategy.Aggressive), fallback('x'));
    expectTypeOf(both.execute(({ signal, attempt }) => [signal, attempt] as const)).resolves.toEqualTypeOf<
      readonly [AbortSignal, number] | string
    >();
    expectTypeOf(three.wrap(five).execute(() => 1)).resolves.toEqualTypeOf<number | string>();
    three.usePolicy(policy(breaker(), retry()));
  });

  it('merges contexts and results, in 4.0.0', () => {
    const both = four.wrap(retry(), four.timeout(1, four.TimeoutStrategy.Aggressive), fallback('x'));
    expectTypeOf(both.execute(({ signal, attempt }) => [signal, attempt] as const)).resolves.toEqualTypeOf<
      readonly [AbortSignal, number] | string
    >();
    expectTypeOf(four.wrap(five).execute(() => 1)).resolves.toEqualTypeOf<number | string>();
    four.usePolicy(policy(breaker(), retry()));
    // @ts-expect-error -- a decorator cannot change what a method answers
    four.usePolicy(five);
  });
});

describe('their parts', () => {
  it('fit ours', () => {
    breaker({ trip: new three.ConsecutiveBreaker(3), handle: three.handleAll });
    breaker({ trip: new four.SamplingBreaker({ threshold: 0.5, duration: 1_000 }), handle: [four.handleType(RangeError), TypeError] });
    breaker({ recoveryTimeout: new three.ExponentialBackoff() });
    breaker({ recoveryTimeout: new four.IterableBackoff([1, 2]) });
    expectTypeOf(retry({ delay: new three.ConstantBackoff(1) })).toEqualTypeOf<RetryPolicy<'async'>>();
    expectTypeOf(retry({ delay: new four.DelegateBackoff(() => 1) })).toEqualTypeOf<RetryPolicy<'async'>>();
    fallback(1, { handle: four.handleWhen((error) => error instanceof Error).orWhenResult((value) => value === null) });
    expectTypeOf<Chain<never, 'sync', never>>().toHaveProperty('retry');
  });

  it('run inside ours', () => {
    const theirs = four.retry(four.handleAll, { maxAttempts: 2, backoff: new four.ConstantBackoff(1) });
    const call = five.wrapWithContext(({ signal }, doc: string) => theirs.execute(() => doc.length, signal));
    expectTypeOf(call).toEqualTypeOf<(doc: string) => Promise<number | string>>();
  });
});
