/**
 * `policy(...)` and the object behind every policy: wrap, execute, their synchronous twins, describe.
 * @module
 */
import { boundOf, clockOf, compile, sortLayers } from './compile.ts';
import { signalOption } from './core/abort.ts';
import { Call, type Attempt, type Env } from './core/call.ts';
import type { PolicyEvent } from './core/policy-event.ts';
import type { Clock } from './core/clock.ts';
import { Emitter, reportToHost, settleFirst, type Report, type Subscribe, type Subscription } from './core/events.ts';
import type { Outcome } from './core/handle.ts';
import { judge } from './core/judge.ts';
import { commonChecks, type CommonSettings, type Layer, type Run } from './core/layer.ts';
import { readOptions } from './core/options.ts';
import type { LayerKind, Mode } from './core/order.ts';
import { show } from './core/text.ts';
import { watch } from './core/thenable.ts';
import { toText } from './describe.ts';
import type {
  AltOf,
  AnyPolicy,
  Distinct,
  FailureEvent,
  JoinAll,
  KindsOf,
  LayerDescription,
  PolicyOf,
  PolicyOptions,
  SuccessEvent,
} from './types.ts';

type Fn = (this: unknown, ...args: never[]) => unknown;
type Applied = (self: unknown, args: readonly unknown[], outer?: Attempt) => unknown;

/** The functions that policies wrapped: called by another policy, they take over its attempt's signal and deadline. */
const wrapped = new WeakMap<Fn, { readonly apply: Applied; readonly sync: boolean }>();

/** Options that were given to policies, not to a layer. */
type Given = readonly Partial<CommonSettings>[];

/** What a policy needs once it is used: nothing of it is made before. */
interface Engine {
  readonly env: Env;
  readonly success: Emitter<SuccessEvent>;
  readonly failure: Emitter<FailureEvent>;
  readonly run: Run;
}

/** The object behind every policy: sorted layers, linked at first use. */
export class PolicyObject implements PolicyOf<LayerKind, Mode, never> {
  declare readonly _altReturn: never;
  declare readonly '~kinds': LayerKind;
  /** @internal In their order. */
  readonly '~layers': readonly Layer[];
  /** @internal What it was given besides layers, and what the policies inside it were: its own first. */
  readonly '~given': Given;
  readonly #clock: Clock;
  readonly #report: Report;
  #engine: Engine | undefined = undefined;

  constructor(layers: readonly Layer[], given: Given = []) {
    this['~layers'] = sortLayers(layers);
    this['~given'] = given;
    this.#clock = clockOf(this['~layers'], given.map(({ clock }) => clock));
    const reports = [...given.map(({ onListenerError }) => onListenerError), ...this['~layers'].map(({ report }) => report)];
    this.#report = reports.find((report) => report !== undefined) ?? reportToHost;
  }

  /** @internal */
  get '~mode'(): Mode {
    return this['~layers'].some(({ mode }) => mode === 'async') ? 'async' : 'sync';
  }

  // What these take and answer is typed, and documented, in PolicyOf.
  wrap(fn: unknown, options?: unknown): never {
    return this.#wrap('wrap', fn, false, options) as never;
  }

  wrapWithContext(fn: unknown, options?: unknown): never {
    return this.#wrap('wrapWithContext', fn, true, options) as never;
  }

  execute(fn: unknown, signal?: unknown): Promise<never> {
    try {
      const run = runner(fnOf('execute', fn), true);
      return promised(this.#call(run, undefined, [], signalOption(signal, 'execute: signal'), undefined));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  wrapSync(fn: unknown): never {
    const inner = fnOf('wrapSync', fn);
    const policy = this.#direct('wrapSync');
    const run = runner(inner, false);
    const apply: Applied = (self, args, outer) => policy.#callSync(run, self, args, outer);
    return standIn(inner, inner.length, apply, true) as never;
  }

  executeSync(fn: unknown): never {
    const run = runner(fnOf('executeSync', fn), true);
    return this.#direct('executeSync').#callSync(run, undefined, [], undefined) as never;
  }

  has(kind: LayerKind): boolean {
    return this['~layers'].some((layer) => layer.kind === kind);
  }

  describe(): readonly LayerDescription[] {
    return this['~layers'].map(({ kind, role, label, options }) => ({ kind, role, label, options: structuredClone(options) }));
  }

  toString(): string {
    return toText(this.describe());
  }

  get circuit(): never {
    return this['~layers'].find((layer) => layer.circuit !== undefined)?.circuit as never;
  }

  get onEvent(): Subscribe<PolicyEvent> {
    return this.#started.env.events.subscribe;
  }

  get onSuccess(): Subscribe<SuccessEvent> {
    return this.#started.success.subscribe;
  }

  get onFailure(): Subscribe<FailureEvent> {
    return this.#started.failure.subscribe;
  }

  get #started(): Engine {
    return (this.#engine ??= this.#start());
  }

  #start(): Engine {
    const report = this.#report;
    const sources = this['~layers'].flatMap(({ announces }) => announces ?? []);
    let told: readonly Subscription[] = [];
    const events = new Emitter<PolicyEvent>(report, (observed) => {
      for (const one of told) one.dispose();
      told = observed ? sources.map((announces) => announces((event) => events.emit(event))) : [];
    });
    const env: Env = { clock: this.#clock, report, events, bound: boundOf(this['~layers']) };
    const success = new Emitter<SuccessEvent>(report);
    const failure = new Emitter<FailureEvent>(report);
    const run = compile(this['~layers'], env, (next) => watched(next, env, success, failure));
    return { env, success, failure, run };
  }

  #wrap(member: string, fn: unknown, withContext: boolean, given: unknown): Fn {
    const inner = fnOf(member, fn);
    const { signal } = readOptions<{ signal: SignalOrFinder }>(member, given, { signal: signalOrFinder });
    const run = runner(inner, withContext);
    const find = typeof signal === 'function' ? signal : undefined;
    const apply: Applied = (self, args, outer) => {
      try {
        const own = signalOption(find === undefined ? signal : find(...args), `${member}: what signal(...) finds`);
        return promised(this.#call(run, self, args, own, outer));
      } catch (error) {
        return Promise.reject(error);
      }
    };
    return standIn(inner, withContext ? Math.max(0, inner.length - 1) : inner.length, apply, false);
  }

  #call(
    run: Call['target'],
    self: unknown,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    outer: Attempt | undefined,
  ): unknown {
    const engine = this.#started;
    const call = new Call(engine.env, run, args, false, signal, outer, self);
    const { aborted } = call;
    if (aborted !== undefined) throw aborted.reason;
    return engine.run(call.attempt);
  }

  #callSync(run: Call['target'], self: unknown, args: readonly unknown[], outer: Attempt | undefined): unknown {
    const engine = this.#started;
    return engine.run(new Call(engine.env, run, args, true, undefined, outer, self).attempt);
  }

  /** The policy itself, when every layer of it can answer without waiting. */
  #direct(member: string): PolicyObject {
    const slow = this['~layers'].find(({ mode }) => mode === 'async');
    if (slow === undefined) return this;
    throw new TypeError(`${member}: ${slow.label} needs time, so the policy cannot answer at once; use wrap or execute`);
  }
}

/** What the innermost run calls: the function, or, where a policy wrapped it, that policy under this attempt. */
function runner(fn: Fn, withContext: boolean): Call['target'] {
  const nested = wrapped.get(fn);
  return (attempt) => {
    const { self, args, sync } = attempt.call;
    const given = withContext ? [attempt.context, ...args] : args;
    // A synchronous call has no use for a promise, and refuses it.
    if (nested === undefined || (sync && !nested.sync)) return Reflect.apply(fn, self, given);
    return nested.apply(self, given, attempt);
  };
}

/** Tells `onSuccess` and `onFailure` of the guarded outcome, where anybody listens. */
function watched(next: Run, env: Env, success: Emitter<SuccessEvent>, failure: Emitter<FailureEvent>): Run {
  return (attempt) => {
    if (!env.events.observed && !success.observed && !failure.observed) return next(attempt);
    const begun = env.clock.now();
    const tell = (outcome: Outcome): void =>
      settleFirst(() => {
        const verdict = judge(attempt, undefined, outcome, env.report);
        const duration = env.clock.now() - begun;
        if ('value' in outcome && verdict !== true) success.emit({ duration });
        else failure.emit({ duration, handled: verdict === true, reason: outcome });
      });
    return watch(() => next(attempt), tell);
  };
}

/** Always a promise: a synchronous answer, or throw, would leave through a `map` over many calls. */
function promised(out: unknown): Promise<never> {
  return (out instanceof Promise ? out : Promise.resolve(out)) as Promise<never>;
}

function fnOf(member: string, fn: unknown): Fn {
  if (typeof fn === 'function') return fn as Fn;
  const instead = fn instanceof Promise ? ': give it the function that makes the promise, uncalled' : '';
  throw new TypeError(`${member} expects a function, got ${show(fn)}${instead}`);
}

/** The function that stands for another under a policy. It has the other's name. */
function standIn(fn: Fn, length: number, apply: Applied, sync: boolean): Fn {
  const outside = function (this: unknown, ...args: unknown[]): unknown {
    return apply(this, args);
  };
  Object.defineProperty(outside, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(outside, 'length', { value: length, configurable: true });
  wrapped.set(outside, { apply, sync });
  return outside;
}

type SignalOrFinder = AbortSignal | ((...args: readonly unknown[]) => unknown) | undefined;

function signalOrFinder(value: unknown, at: string): SignalOrFinder {
  return typeof value === 'function' ? (value as () => unknown) : signalOption(value, at);
}

/**
 * Composes policies into one, in the fixed order, whatever the order in which they are given. Policies of several layers
 * are flattened; the very same part given twice is one part. Options may follow: `policy(a, b, { onListenerError })`.
 *
 * The type of the policy tells the kinds of its layers, whether it can answer without waiting, and what its fallback may
 * answer with.
 * @typeParam P - the policies that are composed
 *
 * @example
 * ```ts
 * import { breaker, fallback, policy, retry, timeout } from 'breakwater';
 *
 * const guard = policy(fallback('unknown'), timeout(30_000), retry({ attempts: 3 }), breaker({ failureThreshold: 5 }));
 * String(guard) // => 'breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 30 s ▸ fn, else fallback'
 * ```
 * @throws TypeError when a part is not a policy, when two different parts are of one kind, or when parts have
 * different clocks.
 * @see {@link Policy} makes the same as a chain.
 */
export function policy<P extends readonly (AnyPolicy | PolicyOptions)[]>(
  this: void,
  ...parts: Distinct<P>
): PolicyOf<KindsOf<P[number]>, JoinAll<P, 'sync'>, AltOf<P[number]>>;
export function policy(this: void, ...parts: readonly unknown[]): unknown {
  const last = parts.at(-1);
  const options = isOptions(last) ? [readOptions<CommonSettings>('policy', last, commonChecks, remedy('policy', last))] : [];
  const policies = isOptions(last) ? parts.slice(0, -1) : parts;
  return new PolicyObject(layersOf('policy', policies), [...options, ...givenOf(policies)]);
}

/**
 * The layers of policies, flattened.
 *
 * @throws TypeError when one of them is not a policy; it shows what would be.
 */
export function layersOf(owner: string, parts: readonly unknown[]): readonly Layer[] {
  return parts.flatMap((part, i) => {
    if (isPolicy(part)) return part['~layers'];
    throw new TypeError(`${owner} expects policies, got ${show(part)} as argument ${i + 1}${remedy(owner, part)}`);
  });
}

/** The options of policies: composed further, they keep their clock. */
export function givenOf(policies: readonly unknown[]): Given {
  return policies.flatMap((one) => (one as Partial<PolicyObject>)['~given'] ?? []);
}

/** Whether a value is a policy, of this copy of the package or another. */
export function isPolicy(value: unknown): value is { readonly '~layers': readonly Layer[] } {
  return typeof value === 'object' && value !== null && Array.isArray((value as Partial<PolicyObject>)['~layers']);
}

function isOptions(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isPolicy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function remedy(owner: string, part: unknown): string {
  if (Array.isArray(part)) return `: spread it, as in ${owner}(...parts)`;
  if (typeof part !== 'function') return `: write ${owner}(breaker({ failureThreshold: 5 }), retry({ attempts: 3 }))`;
  return part.name === '' ? '' : `: call it, as in ${owner}(${part.name}(…))`;
}
