/** The fallback: the answer that is given when the guarded call has none. */
import { Attempt, contextOf, type Context } from '../core/attempt.ts';
import type { Call } from '../core/call.ts';
import { withCause } from '../core/cause.ts';
import { handleOption, type Handle, type Judge, type Outcome } from '../core/handle.ts';
import { isNoAnswer, isPlainSuccess } from '../core/judge.ts';
import { commonChecks, type CommonOptions, type CommonSettings, type Layer } from '../core/layer.ts';
import { optional, readOptions, refusePolicy } from '../core/options.ts';
import type { Mode } from '../core/order.ts';
import { race, refusePromise } from '../core/race.ts';
import { PASS } from '../core/stage.ts';
import { adopt, settle } from '../core/thenable.ts';
import { causeOf } from '../core/wait.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';

/** What a fallback's handler gets besides the error: the context of the call, and what came of it. */
export interface FallbackContext extends Context {
  /** Aborts when the caller aborts; no timeout and no deadline bounds a fallback. */
  readonly signal: AbortSignal;
  /** How many attempts had started; 0 where the call was turned away. */
  readonly attempt: number;
  /** What the fallback answers for. With a bad value (`handle: results(…)`), the handler's `error` is undefined. */
  readonly outcome: Outcome;
}

/**
 * Makes the answer. The call's own arguments come last: `(error, ctx, doc: string) => cache.get(doc)`.
 * @typeParam V - what it answers with
 * @typeParam A - the call's own arguments, as the handler takes them
 */
export type FallbackHandler<V, A extends any[] = any[]> = (error: unknown, ctx: FallbackContext, ...args: A) => V;

/**
 * A value, but no function: as a handler that does not fit, it is refused with a sentence instead of a type.
 * @typeParam V - what it answers with
 * @group Types behind the types
 */
export type ReadyValue<V> = V extends Function ? 'a handler takes (error: unknown, ctx, ...args)' : V;

/** Options of {@link fallback}. */
export interface FallbackOptions extends CommonOptions {
  /**
   * Which outcomes it answers. A local rejection (an open circuit) is shown only to a class that names it, such as
   * `errors(CircuitOpenError)`, and to `anyError`; `results(…)` and `ignoring(…)` alone keep the default for errors, and
   * with it the answer. A cancellation is never answered.
   * @default every failure, as the layers inside judged it, and every local rejection
   */
  readonly handle?: Handle | undefined;
}

interface FallbackSettings extends CommonSettings {
  readonly handle: Judge | undefined;
}

/**
 * A policy that is a fallback; `Alt` is what it may answer with.
 * @typeParam Alt - what it answers with
 * @typeParam M - `'sync'` where every layer can answer at once, `'async'` where one needs time, both where it is not known
 */
export interface FallbackPolicy<Alt, M extends Mode = 'sync'> extends PolicyOf<'fallback', M, Alt> {}

/**
 * The colour of a fallback: a handler that may answer with a promise leaves it open.
 * @typeParam V - what it answers with
 * @group Types behind the types
 */
export type FallbackMode<V> = unknown extends V ? Mode : [Extract<V, PromiseLike<unknown>>] extends [never] ? 'sync' : Mode;

/**
 * Answers when the guarded call has no answer: the circuit is open, the attempts are used up, the deadline has ended. It
 * guards nothing: the breaker has recorded the outcome before it runs, and what it answers is never a success of the
 * breaker's. A caller's abort is not answered.
 *
 * A handler that throws surfaces with its own error, whose `cause` is the original.
 *
 * @param value - the answer, or a function that makes it: `(error, ctx, ...args)`.
 * @param options - which outcomes it answers.
 * @typeParam V - what it answers with
 * @typeParam A - the call's own arguments, as the handler takes them
 * @throws TypeError when the answer is a policy, or an option is unknown or of the wrong kind.
 *
 * @example
 * ```ts
 * import { fallback } from 'breakwater';
 *
 * const fromMemory = fallback((error, ctx, name: string) => `Hello ${name}, from memory`);
 * const greet = fromMemory.wrap(async (name: string): Promise<string> => {
 *   throw new Error('down');
 * });
 * await greet('Ada') // => 'Hello Ada, from memory'
 * ```
 * @see {@link Chain.fallback} is the same as a step of a chain.
 */
export function fallback<V, A extends any[]>(
  value: FallbackHandler<V, A>,
  options?: FallbackOptions,
): FallbackPolicy<Awaited<V>, FallbackMode<V>>;
/**
 * Answers with a ready value.
 * @typeParam V - what it answers with
 */
export function fallback<V>(value: ReadyValue<V>, options?: FallbackOptions): FallbackPolicy<Awaited<V>, FallbackMode<V>>;
export function fallback(value: unknown, options?: FallbackOptions): unknown {
  refusePolicy(value, 'fallback takes an answer, or a function that makes it');
  const settings = readOptions<FallbackSettings>('fallback', options, {
    handle: optional(handleOption, undefined),
    ...commonChecks,
  });
  return new PolicyObject([layer(value, settings)]);
}

function layer(value: unknown, { handle, clock, onListenerError }: FallbackSettings): Layer {
  const handler = typeof value === 'function' ? (value as FallbackHandler<unknown>) : (): unknown => value;
  return {
    kind: 'fallback',
    mode: 'sync',
    role: 'answer',
    options: { answer: typeof value === 'function' ? 'handler' : 'value', handle: handle === undefined ? 'default' : 'custom' },
    label: 'fallback',
    clock,
    report: onListenerError,
    stage: {
      value: (call, value) => {
        if (isPlainSuccess(call, handle)) return PASS;
        return isNoAnswer(call, handle, { value }, onListenerError ?? call.env.report) ? answer(call, handler, { value }) : PASS;
      },
      error: (call, error) => {
        refuseAborted(call);
        return isNoAnswer(call, handle, { error }, onListenerError ?? call.env.report) ? answer(call, handler, { error }) : PASS;
      },
      unseen: handle === undefined && isReady(value) ? () => value : undefined,
      quick: handle === undefined ? true : undefined,
    },
  };
}

/** A value that needs nothing done to be answered with. */
function isReady(value: unknown): boolean {
  return typeof value !== 'function' && (typeof value !== 'object' || value === null || !('then' in value));
}

/** @throws the caller's reason, where it has aborted: a cancellation is not answered. */
function refuseAborted({ aborted }: Call): void {
  if (aborted !== undefined) throw aborted.reason;
}

function answer(call: Call, handler: FallbackHandler<unknown>, outcome: Outcome): unknown {
  call.env.events.emit({ type: 'fell-back', reason: outcome });
  // A listener, too, may have aborted it.
  refuseAborted(call);
  const run = new Attempt(undefined, call.signals, call.number);
  const ctx: FallbackContext = contextOf(run, call.started, { outcome });
  return settle(
    () => {
      if (!call.task.sync) return race(run, () => handler(outcome.error, ctx, ...call.args));
      const value = handler(outcome.error, ctx, ...call.args);
      refusePromise(value);
      return value;
    },
    adopt,
    (error) => {
      throw call.aborted === undefined ? withCause(error, causeOf(outcome)) : error;
    },
  );
}
