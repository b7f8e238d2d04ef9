/**
 * Circuit breaker, retry, timeout and fallback, composed in one fixed order.
 * @module breakwater
 */
export { policy } from './policy.ts';
export { Policy, type Chain, type FluentPolicy } from './fluent.ts';
export { toMermaid } from './describe.ts';
export type {
  AltOf,
  Answer,
  AnyPolicy,
  Breaker,
  CircuitOf,
  Distinct,
  EveryLayerCanBeSync,
  FailureEvent,
  Join,
  JoinAll,
  KindsOf,
  LayerDescription,
  ModeOf,
  NotAPromise,
  PolicyOf,
  PolicyOptions,
  SuccessEvent,
  WrapOptions,
} from './types.ts';

export { breaker, type BreakerMode, type BreakerOptions, type WhenOpen } from './layers/breaker.ts';
export {
  cache,
  memoryStore,
  type CacheEntry,
  type CacheOptions,
  type CachePolicy,
  type CacheStore,
  type MemoryStore,
  type MemoryStoreOptions,
} from './layers/cache.ts';
export { coalesce, type CoalesceOptions, type CoalescePolicy } from './layers/coalesce.ts';
export { retry, type RetryMode, type RetryOptions, type RetryPolicy } from './layers/retry.ts';
export { hedge, type HedgeOptions, type HedgePolicy } from './layers/hedge.ts';
export { quantile, type Quantile, type QuantileOptions } from './layers/hedge/quantile.ts';
export { rateLimit, type RateLimitMode, type RateLimitOptions, type RateLimitPolicy } from './layers/rate-limit.ts';
export { bulkhead, type Bulkhead, type BulkheadMode, type BulkheadOptions } from './layers/bulkhead.ts';
export { timeout, type TimeoutOptions, type TimeoutPolicy } from './layers/timeout.ts';
export { deadline, deadlineIn, type Deadline, type DeadlinePolicy } from './layers/deadline.ts';
export {
  fallback,
  type FallbackContext,
  type FallbackHandler,
  type FallbackMode,
  type FallbackOptions,
  type FallbackPolicy,
  type ReadyValue,
} from './layers/fallback.ts';

export { keyed, type Keyed, type KeyedOptions } from './keyed.ts';

export { anyOf } from './any-of.ts';
export { not, type AllReason, type LoopState, type NotReason, type StopCondition, type StopReason } from './stop/condition.ts';
export {
  circuitOpen,
  deadlineExpired,
  maxIterations,
  noProgress,
  stopCondition,
  type CircuitOpenReason,
  type DeadlineExpiredReason,
  type Holds,
  type MaxIterationsReason,
  type NoProgressReason,
} from './stop/conditions.ts';
export { stopWhen, type Stop, type StopWhenOptions } from './stop/stop-when.ts';

export { consecutive, type CockatielBreaker, type TripRule } from './circuit/trip.ts';
export { failureRatio, slowCallRatio, type FailureRatioOptions, type SlowCallRatioOptions } from './circuit/ratio.ts';
export { lastCalls } from './circuit/windows/last-calls.ts';
export { lastMs, type LastMsOptions } from './circuit/windows/last-ms.ts';
export type { TripWindow } from './circuit/windows/window.ts';
export type { StateChange } from './circuit/circuit.ts';
export type { AwaitCircuitOptions, Circuit, CircuitStats } from './circuit/face.ts';
export type { RampOptions } from './circuit/ramp.ts';
export type { CircuitSnapshot } from './circuit/snapshot.ts';

export {
  constant,
  exponential,
  linear,
  type Backoff,
  type ConstantOptions,
  type ExponentialOptions,
  type LinearOptions,
} from './backoff/backoff.ts';
export type { Jitter } from './backoff/jitter.ts';
export type { CockatielBackoff, Delay, DelayContext, DelayFunction } from './backoff/delays.ts';
export { retryBudget, type RetryBudget, type RetryBudgetOptions } from './backoff/budget.ts';
export { retryAfterHint } from './backoff/hint.ts';

export { slidingWindow, type SlidingWindowOptions } from './rate/sliding-window.ts';
export { tokenBucket, type TokenBucketOptions } from './rate/token-bucket.ts';
export type { CostFunction, Limit, LimitOptions, UsedFunction } from './rate/limit.ts';

export {
  anyError,
  errors,
  ignoring,
  outcomes,
  results,
  type CockatielFilter,
  type ErrorClass,
  type Handle,
  type HandleOne,
  type Outcome,
  type OutcomeTest,
  type Verdict,
} from './core/handle.ts';
export {
  CircuitIsolatedError,
  CircuitOpenError,
  DeadlineExceededError,
  PolicyError,
  TimeoutError,
  type PolicyErrorOptions,
} from './core/errors.ts';
export { RateLimitedError } from './core/rate-limited-error.ts';
export { BulkheadRejectedError } from './core/bulkhead-error.ts';
export { ORDER, type LayerKind, type Mode } from './core/order.ts';
export type { Context } from './core/attempt.ts';
export type { CallKey } from './core/call-key.ts';
export type {
  AttemptFailedEvent,
  CircuitState,
  FellBackEvent,
  HedgedEvent,
  PolicyEvent,
  RejectedEvent,
  RetryScheduledEvent,
  ServedEvent,
  StateChangedEvent,
  TimedOutEvent,
  WaitingEvent,
} from './core/policy-event.ts';
export type { Subscribe, Subscription } from './core/events.ts';
export type { Clock } from './core/clock.ts';
export type { CommonOptions } from './core/layer.ts';
