/** What trip rules and windows take and answer. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  anyOf,
  breaker,
  consecutive,
  failureRatio,
  lastCalls,
  lastMs,
  slowCallRatio,
  type BreakerOptions,
  type CockatielBreaker,
  type FailureRatioOptions,
  type LastMsOptions,
  type SlowCallRatioOptions,
  type TripRule,
  type TripWindow,
} from 'breakwater';

declare const cockatiels: CockatielBreaker;

describe('trip rules', () => {
  it('are rules, of windows that are windows', () => {
    expectTypeOf(failureRatio()).toEqualTypeOf<TripRule>();
    expectTypeOf(failureRatio({ ratio: 0.5, window: lastCalls(20), minimumCalls: 20 })).toEqualTypeOf<TripRule>();
    expectTypeOf(slowCallRatio({ slowAfter: 2_000, ratio: 0.5, window: lastMs(30_000), minimumCalls: 20 })).toEqualTypeOf<TripRule>();
    expectTypeOf(lastCalls).parameters.toEqualTypeOf<[calls: number]>();
    expectTypeOf(lastCalls).returns.toEqualTypeOf<TripWindow>();
    expectTypeOf(lastMs).parameters.toEqualTypeOf<[ms: number, options?: LastMsOptions | undefined]>();
    expectTypeOf(lastMs(30_000, { buckets: 10 })).toEqualTypeOf<TripWindow>();
  });

  it('take undefined for what is left out', () => {
    const options: FailureRatioOptions = { ratio: undefined, window: undefined, minimumCalls: undefined };
    const slow: SlowCallRatioOptions = { slowAfter: 5, ...options };
    expectTypeOf(slowCallRatio(slow)).toEqualTypeOf<TripRule>();
    lastMs(5, { buckets: undefined });
  });

  it('are combined with each other, and with what cockatiel has', () => {
    expectTypeOf(anyOf(consecutive(5), failureRatio(), anyOf(slowCallRatio({ slowAfter: 5 })), cockatiels)).toEqualTypeOf<TripRule>();
    const rules: readonly TripRule[] = [consecutive(5), failureRatio()];
    expectTypeOf(anyOf(...rules)).toEqualTypeOf<TripRule>();
  });

  it('fit the option trip', () => {
    breaker({ trip: failureRatio() });
    breaker({ trip: anyOf(consecutive(5), failureRatio()) });
    expectTypeOf<BreakerOptions['trip']>().toEqualTypeOf<TripRule | CockatielBreaker | undefined>();
  });

  it('refuse what they do not have', () => {
    expectTypeOf(slowCallRatio).parameters.toEqualTypeOf<[options: SlowCallRatioOptions]>();
    // @ts-expect-error -- it needs to know what is slow
    void (() => slowCallRatio());
    // @ts-expect-error -- nor is there a default
    void (() => slowCallRatio({}));
    // @ts-expect-error -- it is called ratio
    void (() => failureRatio({ rate: 0.5 }));
    // @ts-expect-error -- a number of calls is lastCalls(100)
    void (() => failureRatio({ window: 100 }));
    // @ts-expect-error -- a rule is no window
    void (() => failureRatio({ window: consecutive(5) }));
    // @ts-expect-error -- a window is no rule
    void (() => breaker({ trip: lastCalls(5) }));
    // @ts-expect-error -- nor is a number
    void (() => anyOf(consecutive(5), 5));
  });
});
