/**
 * `policy(...)` and the object behind every policy: wrap, execute, their synchronous twins, describe.
 * @module
 */
import { boundOf, clockOf, compile, sortLayers, stagesOf, wayOf } from './compile.ts';
import { signalOption } from './core/abort.ts';
import { Call, signalsOf, type Env, type Task } from './core/call.ts';
import type { PolicyEvent } from './core/policy-event.ts';
import type { Clock } from './core/clock.ts';
import { Emitter, reportToHost, settleFirst, type Subscribe, type Subscription } from './core/events.ts';
import type { Outcome } from './core/handle.ts';
import { judge } from './core/judge.ts';
import { commonChecks, type CommonSettings, type Layer } from './core/layer.ts';
import { readOptions } from './core/options.ts';
import type { LayerKind, Mode } from './core/order.ts';
import { goQuickly, NOT_NOW, quickly, type Way } from './core/quick.ts';
import { PASS, type Run, type Stage } from './core/stage.ts';
import { show } from './core/text.ts';
import { fnOf, promised, standIn, taskOf, wrapFor, type Applied, type Caller } from './core/wrapping.ts';
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

/** Options that were given to policies, not to a layer. */
type Given = readonly Partial<CommonSettings>[];

const NONE: Given = [];

/** Stands around calls: `go` makes one. */
export type Around = (go: () => unknown) => unknown;

/** What a policy needs once it is used: nothing of it is made before. */
interface Engine {
  readonly env: Env;
  readonly success: Emitter<SuccessEvent>;
  readonly failure: Emitter<FailureEvent>;
  /** While nobody listens. */
  readonly run: Run;
  /** While somebody does: made when that is so for the first time. */
  watched: Run | undefined;
  /** For a call that neither a signal nor another call can end, while nobody listens. */
  readonly way: Way | undefined;
  /** What stands around its calls, as `keyed` does to count them. */
  around: Around | undefined;
}

/** The object behind every policy: sorted layers, linked at first use. */
export class PolicyObject implements PolicyOf<LayerKind, Mode, never>, Caller {
  declare readonly _altReturn: never;
  declare readonly '~kinds': LayerKind;
  /** @internal In their order. */
  readonly '~layers': readonly Layer[];
  /** @internal What it was given besides layers, and what the policies inside it were: its own first. */
  readonly '~given': Given;
  readonly #clock: Clock;
  #engine: Engine | undefined = undefined;

  constructor(layers: readonly Layer[], given: Given = NONE) {
    this['~layers'] = sortLayers(layers);
    this['~given'] = given;
    this.#clock = clockOf(this['~layers'], given.map(({ clock }) => clock));
  }

  /** @internal */
  get '~mode'(): Mode {
    return this['~layers'].some(({ mode }) => mode === 'async') ? 'async' : 'sync';
  }

  /** @internal Whether nothing would be lost if its parts were made anew. */
  get '~idle'(): boolean {
    return this['~layers'].every((layer) => layer.idle?.() !== false);
  }

  // What these take and answer is typed, and documented, in PolicyOf.
  wrap(fn: unknown, options?: unknown): never {
    return wrapFor(this, 'wrap', fn, false, options) as never;
  }

  wrapWithContext(fn: unknown, options?: unknown): never {
    return wrapFor(this, 'wrapWithContext', fn, true, options) as never;
  }

  execute(fn: unknown, signal?: unknown): Promise<never> {
    try {
      const inner = fnOf('execute', fn);
      const own = signalOption(signal, 'execute: signal');
      return promised(this['~call'](taskOf(inner, true, false), undefined, NOTHING, own, undefined));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  wrapSync(fn: unknown): never {
    const inner = fnOf('wrapSync', fn);
    const policy = this.#direct('wrapSync');
    const task = taskOf(inner, false, true);
    const apply: Applied = (self, args, outer) => policy['~call'](task, self, args, undefined, outer);
    return standIn(inner, inner.length, apply, true) as never;
  }

  executeSync(fn: unknown): never {
    const inner = fnOf('executeSync', fn);
    return this.#direct('executeSync')['~call'](taskOf(inner, true, true), undefined, NOTHING, undefined, undefined) as never;
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
    const layers = this['~layers'];
    const reports = [...this['~given'].map(({ onListenerError }) => onListenerError), ...layers.map(({ report }) => report)];
    const report = reports.find((one) => one !== undefined) ?? reportToHost;
    let told: readonly Subscription[] = [];
    const events = new Emitter<PolicyEvent>(report, (observed) => {
      for (const one of told) one.dispose();
      told = observed ? layers.flatMap((layer) => layer.announces?.((event) => events.emit(event)) ?? []) : [];
    });
    const env: Env = {
      clock: this.#clock,
      report,
      events,
      bound: boundOf(layers),
      limit: layers.find((layer) => layer.attemptLimit !== undefined)?.attemptLimit?.(events),
      inside: layers.find(({ inside }) => inside !== undefined)?.inside,
      budget: layers.find(({ budget }) => budget !== undefined)?.budget,
    };
    const success = new Emitter<SuccessEvent>(report);
    const failure = new Emitter<FailureEvent>(report);
    const stages = stagesOf(layers);
    const run = compile(layers, stages);
    return { env, success, failure, run, watched: undefined, way: wayOf(layers, stages, env), around: undefined };
  }

  #watch({ env, success, failure }: Engine): Run {
    const layers = this['~layers'];
    return compile(layers, stagesOf(layers, [watching(env, success, failure)]));
  }

  /** @internal What stands around its calls: of those that begin from now on. */
  set '~around'(around: Around | undefined) {
    this.#started.around = around;
  }

  /** @internal One call, as a wrapped function makes it; `within` says that what stands around calls does so already. */
  '~call'(
    task: Task,
    self: unknown,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    outer: Call | undefined,
    within?: boolean,
  ): unknown {
    const engine = (this.#engine ??= this.#start());
    const { env, success, failure, way, around } = engine;
    if (around !== undefined && within === undefined) return this.#within(around, task, self, args, signal, outer);
    const observed = env.events.observed || success.observed || failure.observed;
    if (way !== undefined && !observed && signal === undefined && outer === undefined && task.simple && quickly.on) {
      const out = goQuickly(way, task, self, args);
      if (out !== NOT_NOW) return out;
    }
    const call = new Call(env, task, self, args, signalsOf(signal, outer), outer);
    if (!task.sync && call.aborted !== undefined) throw call.aborted.reason;
    return observed ? (engine.watched ??= this.#watch(engine))(call) : engine.run(call);
  }

  /** Apart: who makes a function of what it was given pays for that also where it does not. */
  #within(
    around: Around,
    task: Task,
    self: unknown,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    outer: Call | undefined,
  ): unknown {
    return around(() => this['~call'](task, self, args, signal, outer, true));
  }

  /** The policy itself, when every layer of it can answer without waiting. */
  #direct(member: string): PolicyObject {
    const slow = this['~layers'].find(({ mode }) => mode === 'async');
    if (slow === undefined) return this;
    throw new TypeError(`${member}: ${slow.label} needs time, so the policy cannot answer at once; use wrap or execute`);
  }
}

const NOTHING: readonly unknown[] = [];

/** Tells `onSuccess` and `onFailure` of the guarded outcome. */
function watching(env: Env, success: Emitter<SuccessEvent>, failure: Emitter<FailureEvent>): Stage {
  const tell = (call: Call, outcome: Outcome): typeof PASS => {
    const duration = env.clock.now() - call.history.begun;
    settleFirst(() => {
      const verdict = judge(call, undefined, outcome, env.report);
      if ('value' in outcome && verdict !== true) success.emit({ duration });
      else failure.emit({ duration, handled: verdict === true, reason: outcome });
    });
    return PASS;
  };
  return {
    admit: (call) => {
      call.history.begun = env.clock.now();
      return undefined;
    },
    value: (call, value) => tell(call, { value }),
    error: (call, error) => tell(call, { error }),
  };
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
