/**
 * The types of policies: what a policy offers, what composing them infers, and what they refuse.
 * @module
 */
import type { Circuit } from './circuit/face.ts';
import type { Context } from './core/attempt.ts';
import type { PolicyEvent } from './core/policy-event.ts';
import type { Subscribe } from './core/events.ts';
import type { CommonOptions } from './core/layer.ts';
import type { LayerKind, Mode } from './core/order.ts';

/**
 * How {@link PolicyOf.wrap} finds the signal that a caller aborts its call with.
 * @typeParam A - the parameters of the function
 */
export interface WrapOptions<A extends readonly unknown[]> {
  /**
   * One signal for every call, or the way to find the call's own among its arguments.
   * @default none: a call cannot be aborted from outside
   */
  readonly signal?: AbortSignal | ((...args: A) => AbortSignal | undefined) | undefined;
}

/** What {@link policy} takes behind the policies. */
export interface PolicyOptions extends CommonOptions {}

/** A layer of a policy as plain data. */
export interface LayerDescription {
  /** Its kind, such as `'retry'`. */
  readonly kind: LayerKind;
  /**
   * A guard stands around the function; a front stands around all guards, and may answer before them; an answer is given
   * when the guarded call has none.
   */
  readonly role: 'front' | 'guard' | 'answer';
  /** Its options in a few words, such as `retry ×3`. */
  readonly label: string;
  /** Its resolved options. Durations are milliseconds. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The guarded call had an answer. */
export interface SuccessEvent {
  /** How long it took, attempts and waits together, in milliseconds. */
  readonly duration: number;
}

/** The guarded call had none; a fallback may still answer. */
export interface FailureEvent {
  /** How long it took, attempts and waits together, in milliseconds. */
  readonly duration: number;
  /** Whether it counted as a failure; a cancellation, a local rejection and an ignored error do not. */
  readonly handled: boolean;
  /** What came of it: the error, or the bad value. */
  readonly reason:
    | {
        /** What was thrown. */
        error: any;
      }
    | {
        /** The bad value. */
        value: unknown;
      };
}

/*
 * Not written in place: a `Promise<…>` written in an alias gets an identity of its own, and prints twice in hovers.
 */
/**
 * What a wrapped function answers with.
 * @typeParam R - what the function answers with
 * @typeParam Alt - what a fallback may answer with instead; `never` without one
 * @group Types behind the types
 */
export interface Answer<R, Alt> {
  /** A promise of the function's value, or of what a fallback answers instead. */
  promise: Promise<Awaited<R> | Alt>;
}

/**
 * What a policy must be for `wrapSync` and `executeSync`: every layer of it can answer without waiting.
 * @group Types behind the types
 */
export interface EveryLayerCanBeSync {
  /** @internal */
  readonly '~mode': 'sync';
}

/**
 * Refuses a function that returns a promise, with a sentence instead of a type.
 * @typeParam R - what the function answers with
 * @group Types behind the types
 */
export type NotAPromise<R> = 0 extends 1 & R
  ? unknown
  : [Extract<R, PromiseLike<unknown>>] extends [never]
    ? unknown
    : 'the function returns a promise: use wrap or execute';

/*
 * In wrap and wrapWithContext, `S` is `A` again: were it the same name, what the option `signal` leaves out or renames
 * would be inferred back into the parameters of the function.
 */

/**
 * A policy with layers of the kinds `K`. You meet this name in hovers; to accept any policy, write {@link Policy}.
 * @typeParam K - the kinds of its layers
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 * @typeParam Alt - what a fallback may answer with instead; `never` without one
 */
export interface PolicyOf<K extends string, M extends Mode, Alt> {
  /**
   * A function with the same parameters and the same `this` that runs under the policy. It always answers with a
   * promise and never throws synchronously. The promise rejects with the function's own error, with the reason of a caller
   * who aborted, or with a {@link PolicyError}: {@link CircuitOpenError}, {@link TimeoutError} or
   * {@link DeadlineExceededError}.
   * @typeParam A - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   *
   * @example
   * ```ts
   * import { retry } from 'breakwater';
   *
   * const double = retry({ attempts: 2 }).wrap((n: number) => n * 2);
   * await double(21) // => 42
   * ```
   * @throws TypeError when `fn` is not a function.
   */
  wrap<A extends readonly unknown[], R, S extends A = A>(
    fn: (this: void, ...args: A) => R,
    options?: WrapOptions<S>,
  ): (...args: A) => Answer<R, Alt>['promise'];
  /**
   * The same for a function that uses `this`.
   * @typeParam This - what the function uses as `this`
   * @typeParam A - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   */
  wrap<This, A extends readonly unknown[], R, S extends A = A>(
    fn: (this: This, ...args: A) => R,
    options?: WrapOptions<S>,
  ): (this: This, ...args: A) => Answer<R, Alt>['promise'];
  /**
   * Like {@link PolicyOf.wrap}, for a function that takes a {@link Context} first: with its signal, a request that timed
   * out is really cancelled.
   * @typeParam A - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   *
   * @example
   * ```ts
   * import { timeout } from 'breakwater';
   *
   * const load = timeout(5_000).wrapWithContext(async ({ signal, attempt }, id: number) => `${id} in attempt ${attempt}`);
   * await load(7) // => '7 in attempt 1'
   * ```
   * @throws TypeError when `fn` is not a function.
   */
  wrapWithContext<A extends readonly unknown[], R, S extends A = A>(
    fn: (this: void, ctx: Context, ...args: A) => R,
    options?: WrapOptions<S>,
  ): (...args: A) => Answer<R, Alt>['promise'];
  /**
   * The same for a function that uses `this`.
   * @typeParam This - what the function uses as `this`
   * @typeParam A - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   */
  wrapWithContext<This, A extends readonly unknown[], R, S extends A = A>(
    fn: (this: This, ctx: Context, ...args: A) => R,
    options?: WrapOptions<S>,
  ): (this: This, ...args: A) => Answer<R, Alt>['promise'];
  /**
   * Runs a function once under the policy: cockatiel's `IPolicy` contract. It always answers with a promise and never
   * throws synchronously. `signal` is the caller's: what arrives after it aborted counts neither as success nor failure.
   * @typeParam T - what the function answers with
   *
   * @example
   * ```ts
   * import { fallback } from 'breakwater';
   *
   * await fallback('plan B').execute(() => { throw new Error('no plan A'); }) // => 'plan B'
   * ```
   */
  execute<T>(fn: (ctx: Context) => PromiseLike<T> | T, signal?: AbortSignal): Promise<T | Alt>;
  /**
   * The synchronous twin of {@link PolicyOf.wrap}, on the same circuit: it answers, or throws, at once.
   * @typeParam A - the parameters of the function
   * @typeParam R - what the function answers with
   *
   * @example
   * ```ts
   * import { breaker } from 'breakwater';
   *
   * const parse = breaker({ failureThreshold: 3 }).wrapSync((text: string) => JSON.parse(text) as unknown);
   * parse('[1]') // => [1]
   * ```
   * @throws TypeError when a layer of the policy needs time, or when the function answers with a promise.
   */
  wrapSync<A extends readonly unknown[], R>(
    this: EveryLayerCanBeSync,
    fn: ((this: void, ...args: A) => R) & NotAPromise<R>,
  ): (...args: A) => R | Alt;
  /**
   * The same for a function that uses `this`.
   * @typeParam This - what the function uses as `this`
   * @typeParam A - the parameters of the function
   * @typeParam R - what the function answers with
   */
  wrapSync<This, A extends readonly unknown[], R>(
    this: EveryLayerCanBeSync,
    fn: ((this: This, ...args: A) => R) & NotAPromise<R>,
  ): (this: This, ...args: A) => R | Alt;
  /**
   * The synchronous twin of {@link PolicyOf.execute}, on the same circuit.
   * @typeParam R - what the function answers with
   *
   * @example
   * ```ts
   * import { retry } from 'breakwater';
   *
   * retry({ attempts: 2, delay: 0 }).executeSync(({ attempt }) => attempt) // => 1
   * ```
   * @throws TypeError when a layer of the policy needs time, or when the function answers with a promise.
   */
  executeSync<R>(this: EveryLayerCanBeSync, fn: ((ctx: Context) => R) & NotAPromise<R>): R | Alt;
  /** Whether the policy has a layer of that kind: so that a library can know before it adds one. */
  has(kind: LayerKind): boolean;
  /** The layers in their order with their resolved options: plain data, which also {@link toMermaid} draws. */
  describe(): readonly LayerDescription[];
  /** One line, such as `breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 30 s ▸ fn, else fallback`. */
  toString(): string;
  /** The circuit inside, which is the {@link Breaker} that was given; `undefined` where there is none. */
  readonly circuit: CircuitOf<K>;
  /** What happens inside: attempts, waits, rejections, fallbacks and transitions, one typed stream a policy. */
  readonly onEvent: Subscribe<PolicyEvent>;
  /**
   * The guarded call had an answer.
   * @hidden
   */
  readonly onSuccess: Subscribe<SuccessEvent>;
  /**
   * The guarded call had none.
   * @hidden
   */
  readonly onFailure: Subscribe<FailureEvent>;
  /**
   * Only for cockatiel's `IPolicy`.
   * @deprecated There is no such property.
   * @hidden
   */
  readonly _altReturn: Alt;
  /** @internal */
  readonly '~kinds': K;
  /** @internal */
  readonly '~mode': M;
}

/**
 * A policy of one layer, and the circuit itself: used in several policies, it is one circuit shared by them.
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 */
export interface Breaker<M extends Mode = Mode> extends PolicyOf<'breaker', M, never>, Circuit {}

// `K` stands on the left of `extends`, or a policy would be invariant in its kinds.
/**
 * The type of {@link PolicyOf.circuit}.
 * @typeParam K - the kinds of its layers
 * @group Types behind the types
 */
export type CircuitOf<K extends string> = [K] extends [LayerKind]
  ? [Extract<K, 'breaker'>] extends [never]
    ? undefined
    : Breaker
  : Breaker | undefined;

/** Any policy at all, also one whose fallback answers with something unknown: for lists of policies. */
export interface AnyPolicy extends PolicyOf<string, Mode, unknown> {}

/**
 * The kinds of a policy.
 * @typeParam P - a policy
 * @hidden
 */
export type KindsOf<P> = P extends { readonly '~kinds': infer K extends string } ? K : never;
/**
 * The colour of a policy; what has none (options) changes nothing.
 * @typeParam P - a policy
 * @hidden
 */
export type ModeOf<P> = P extends { readonly '~mode': infer M extends Mode } ? M : 'sync';
/**
 * What a policy's fallback answers with.
 * @typeParam P - a policy
 * @hidden
 */
export type AltOf<P> = P extends { readonly _altReturn: infer A } ? A : never;

/**
 * The colour of two layers together: one that needs time makes it `'async'`.
 * @typeParam A - the one colour
 * @typeParam B - the other
 * @group Types behind the types
 */
export type Join<A extends Mode, B extends Mode> = A extends 'async' ? 'async' : B;

/**
 * The colour of policies together. A fold, not a union: `'sync' | 'async'` already means "not known".
 * @typeParam P - the policies
 * @typeParam M - the colour of what they are added to
 * @group Types behind the types
 */
export type JoinAll<P extends readonly unknown[], M extends Mode> = P extends readonly [infer H, ...infer T]
  ? JoinAll<T, Join<M, ModeOf<H>>>
  : P extends readonly []
    ? M
    : M | Join<M, ModeOf<P[number]>>;

/**
 * `P` with every policy that brings a kind a second time replaced by a sentence that says so.
 * @typeParam P - the policies that are given
 * @typeParam Seen - the kinds that are taken
 * @typeParam Out - those that were looked at
 * @group Types behind the types
 */
export type Distinct<
  P extends readonly unknown[],
  Seen extends string = never,
  Out extends readonly unknown[] = [],
> = P extends readonly [infer H, ...infer T]
  ? Distinct<T, Seen | KindsOf<H>, readonly [...Out, Again<KindsOf<H>, Seen, H>]>
  : readonly [...Out, ...P];

type Again<K extends string, Seen extends string, Ok> = [K | Seen] extends [LayerKind]
  ? [K & Seen] extends [never]
    ? Ok
    : `a policy can have only one ${K & Seen}`
  : Ok;

