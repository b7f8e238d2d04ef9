import { describe, expectTypeOf, it } from 'vitest';
import {
  anyOf,
  breaker,
  circuitOpen,
  consecutive,
  deadlineExpired,
  deadlineIn,
  maxIterations,
  not,
  noProgress,
  policy,
  Policy,
  retry,
  stopCondition,
  stopWhen,
  timeout,
  type AllReason,
  type CircuitOpenReason,
  type DeadlineExpiredReason,
  type MaxIterationsReason,
  type NoProgressReason,
  type NotReason,
  type StopCondition,
  type StopReason,
  type TripRule,
} from '../../src/index.ts';

describe('stopWhen', () => {
  it('knows the reasons that its condition may have, and tells them apart by their kind', () => {
    const stop = stopWhen(anyOf(circuitOpen(breaker()), deadlineExpired(deadlineIn(5_000)), maxIterations(10)));
    expectTypeOf(stop.reason).toEqualTypeOf<CircuitOpenReason | DeadlineExpiredReason | MaxIterationsReason | undefined>();
    if (stop.reason?.kind === 'circuit-open') expectTypeOf(stop.reason.retryAfterMs).toEqualTypeOf<number>();
    for (const iteration of stop) expectTypeOf(iteration).toEqualTypeOf<number>();
  });

  it('takes a condition of whatever reasons', () => {
    const conditions: StopCondition[] = [maxIterations(1), not(noProgress(5)), stopCondition('own', () => true)];
    expectTypeOf(stopWhen(conditions[0]!).reason).toEqualTypeOf<StopReason | undefined>();
    // @ts-expect-error -- a trip rule is no stop condition
    stopWhen(consecutive(5));
    // @ts-expect-error -- a function has no kind
    stopWhen(() => true);
  });
});

describe('the conditions', () => {
  it('are joined with all their reasons', () => {
    const [a, b] = [maxIterations(1), noProgress(5)];
    expectTypeOf(a.or(b)).toEqualTypeOf<StopCondition<MaxIterationsReason | NoProgressReason>>();
    expectTypeOf(a.and(b)).toEqualTypeOf<StopCondition<AllReason<MaxIterationsReason | NoProgressReason>>>();
    expectTypeOf(not(a)).toEqualTypeOf<StopCondition<NotReason>>();
    expectTypeOf(anyOf(a, b)).toEqualTypeOf<StopCondition<MaxIterationsReason | NoProgressReason>>();
    expectTypeOf(anyOf(consecutive(5), consecutive(7))).toEqualTypeOf<TripRule>();
    // @ts-expect-error -- one or the other
    anyOf(a, consecutive(5));
  });

  it('take a breaker, or a policy with a circuit', () => {
    expectTypeOf(circuitOpen(policy(breaker(), retry()))).toEqualTypeOf<StopCondition<CircuitOpenReason>>();
    expectTypeOf(circuitOpen(Policy.breaker().timeout(5))).toEqualTypeOf<StopCondition<CircuitOpenReason>>();
    // @ts-expect-error -- there is no circuit in it
    circuitOpen(timeout(5));
  });

  it('of one’s own have their kind and their facts', () => {
    const spent = stopCondition('spent', () => Math.random() > 0.5 && { message: 'All is spent.', left: 0 });
    const { reason } = stopWhen(spent);
    expectTypeOf(reason?.kind).toEqualTypeOf<'spent' | undefined>();
    expectTypeOf(reason?.left).toEqualTypeOf<number | undefined>();
    expectTypeOf(stopWhen(stopCondition('own', () => 'It is over.')).reason?.kind).toEqualTypeOf<'own' | undefined>();
    // @ts-expect-error -- a promise is always true
    stopCondition('own', async () => false);
    // @ts-expect-error -- a sentence is missing
    stopCondition('own', () => ({ left: 0 }));
  });
});
