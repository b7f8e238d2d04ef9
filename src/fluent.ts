/**
 * `Policy`: the type of any policy, and the value where a chain starts.
 * @module
 */
import type { Backoff } from './backoff/backoff.ts';
import type { Delay } from './backoff/delays.ts';
import type { CommonOptions } from './core/layer.ts';
import type { LayerKind, Mode } from './core/order.ts';
import { breaker, type BreakerMode, type BreakerOptions, type WhenOpen } from './layers/breaker.ts';
import { bulkhead, type BulkheadMode, type BulkheadOptions } from './layers/bulkhead.ts';
import { cache, type CacheOptions } from './layers/cache.ts';
import { coalesce, type CoalesceOptions } from './layers/coalesce.ts';
import { deadline, type Deadline } from './layers/deadline.ts';
import { fallback, type FallbackHandler, type FallbackMode, type FallbackOptions, type ReadyValue } from './layers/fallback.ts';
import { hedge, type HedgeOptions } from './layers/hedge.ts';
import { rateLimit, type RateLimitMode, type RateLimitOptions } from './layers/rate-limit.ts';
import { retry, type RetryMode, type RetryOptions } from './layers/retry.ts';
import { timeout, type TimeoutOptions } from './layers/timeout.ts';
import { givenOf, layersOf, PolicyObject } from './policy.ts';
import type { AltOf, AnyPolicy, Distinct, Join, JoinAll, KindsOf, PolicyOf } from './types.ts';

/**
 * Any policy, for a parameter. `Policy` adds nothing to the result type; `Policy<T>` is one whose fallback may answer
 * with a `T` instead. What a policy can do is told at {@link PolicyOf}.
 * @typeParam Alt - what a fallback may answer with instead; `never` without one
 */
export interface Policy<Alt = never> extends PolicyOf<string, Mode, Alt> {}

/**
 * The steps of a chain that begins with {@link Policy}. Each takes what its factory takes, and is described there; a step
 * that was taken leaves the type.
 * @typeParam K - the kinds of its layers
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 * @typeParam Alt - what a fallback may answer with instead; `never` without one
 */
export interface Chain<K extends string, M extends Mode, Alt> {
  /** Adds a cache in front of the guards: see {@link cache}. */
  cache(options: CacheOptions): FluentPolicy<K | 'cache', 'async', Alt>;
  /** Lets calls share a run, in front of the guards: see {@link coalesce}. */
  coalesce(options?: CoalesceOptions): FluentPolicy<K | 'coalesce', 'async', Alt>;
  /**
   * Adds a circuit breaker: see {@link breaker}.
   * @typeParam W - what it does with calls that it may not admit: only `'reject'` leaves it sync
   */
  breaker<W extends WhenOpen = 'reject'>(options?: BreakerOptions<W>): FluentPolicy<K | 'breaker', Join<M, BreakerMode<W>>, Alt>;
  /** Adds a deadline for all attempts: see {@link deadline}. */
  deadline(within: number | Deadline, options?: CommonOptions): FluentPolicy<K | 'deadline', 'async', Alt>;
  /**
   * Adds retries: see {@link retry}.
   * @typeParam D - the kind of its delay: only the literal `0` leaves it sync
   */
  retry<D extends Delay = Backoff>(options?: RetryOptions<D>): FluentPolicy<K | 'retry', Join<M, RetryMode<D>>, Alt>;
  /** Adds further attempts beside slow ones: see {@link hedge}. */
  hedge(options: HedgeOptions): FluentPolicy<K | 'hedge', 'async', Alt>;
  /**
   * Adds a rate limit: see {@link rateLimit}.
   * @typeParam W - what becomes of a call that has to wait: only the literal `'reject'` leaves it sync
   */
  rateLimit<W extends 'wait' | 'reject' = 'wait'>(
    options: RateLimitOptions<W>,
  ): FluentPolicy<K | 'rateLimit', Join<M, RateLimitMode<W>>, Alt>;
  /**
   * Adds a limit on the attempts under way at once: see {@link bulkhead}.
   * @typeParam Q - how many may wait: only the literal `0` leaves it sync
   */
  bulkhead<Q extends number = 0>(options: BulkheadOptions<Q>): FluentPolicy<K | 'bulkhead', Join<M, BulkheadMode<Q>>, Alt>;
  /** Adds a timeout for each attempt: see {@link timeout}. */
  timeout(after: number | TimeoutOptions): FluentPolicy<K | 'timeout', 'async', Alt>;
  /**
   * Adds a fallback: see {@link fallback}.
   * @typeParam V - what it answers with
   * @typeParam A - the call's own arguments, as the handler takes them
   */
  fallback<V, A extends any[]>(
    value: FallbackHandler<V, A>,
    options?: FallbackOptions,
  ): FluentPolicy<K | 'fallback', Join<M, FallbackMode<V>>, Alt | Awaited<V>>;
  /**
   * Adds a fallback that answers with a ready value: see {@link fallback}.
   * @typeParam V - what it answers with
   */
  fallback<V>(
    value: ReadyValue<V>,
    options?: FallbackOptions,
  ): FluentPolicy<K | 'fallback', Join<M, FallbackMode<V>>, Alt | Awaited<V>>;
  /**
   * Adds ready-made policies, one or several, as {@link policy} takes them; a {@link Breaker} given to several chains is
   * one circuit.
   * @typeParam P - the policies that are added
   */
  with<P extends readonly AnyPolicy[]>(
    ...policies: Distinct<P, K>
  ): FluentPolicy<K | KindsOf<P[number]>, JoinAll<P, M>, Alt | AltOf<P[number]>>;
}

/**
 * A policy that was written as a chain, and can be continued. Each step is a policy of its own; none changes another.
 * @typeParam K - the kinds of its layers
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 * @typeParam Alt - what a fallback may answer with instead; `never` without one
 */
export type FluentPolicy<K extends string, M extends Mode, Alt> = PolicyOf<K, M, Alt> &
  Omit<Chain<K, M, Alt>, Extract<K, LayerKind>>;

class FluentObject extends PolicyObject implements Chain<never, Mode, never> {
  cache(options: CacheOptions): never {
    return this.with(cache(options));
  }
  coalesce(options?: CoalesceOptions): never {
    return this.with(coalesce(options));
  }
  breaker(options?: BreakerOptions): never {
    return this.with(breaker(options));
  }
  deadline(within: number | Deadline, options?: CommonOptions): never {
    return this.with(deadline(within, options));
  }
  retry(options?: RetryOptions): never {
    return this.with(retry(options));
  }
  hedge(options: HedgeOptions): never {
    return this.with(hedge(options));
  }
  rateLimit(options: RateLimitOptions): never {
    return this.with(rateLimit(options));
  }
  bulkhead(options: BulkheadOptions): never {
    return this.with(bulkhead(options));
  }
  timeout(...given: readonly [number | TimeoutOptions]): never {
    return this.with(timeout(...given));
  }
  fallback(value: unknown, options?: FallbackOptions): never {
    return this.with(fallback(value, options));
  }
  with(...policies: readonly unknown[]): never {
    const layers = [...this['~layers'], ...layersOf('Policy.with', policies)];
    return new FluentObject(layers, [...this['~given'], ...givenOf(policies)]) as never;
  }
}

/**
 * The empty policy, where a chain starts. Its steps are listed at {@link Chain}, and what comes of them can do what
 * every policy can: {@link PolicyOf}.
 *
 * @example
 * ```ts
 * import { Policy } from 'breakwater';
 *
 * const guard = Policy.breaker({ failureThreshold: 5 }).retry({ attempts: 3 }).timeout(30_000).fallback('unknown');
 * String(guard) // => 'breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 30 s ▸ fn, else fallback'
 * ```
 * @see {@link policy} makes the same of parts, in any order.
 */
export const Policy: FluentPolicy<never, 'sync', never> = /* @__PURE__ */ new FluentObject([]) as never;
