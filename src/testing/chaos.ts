/** Fault injection as a layer: errors and latency that a test, or a trial in production, adds to the function. */
import { policy } from 'breakwater';
import type { AnyPolicy, Mode, PolicyOf, PolicyOptions } from 'breakwater';
import { after, nothing, type Clock } from '../core/clock.ts';
import type { Call } from '../core/call.ts';
import { commonChecks, type CommonSettings, type Layer } from '../core/layer.ts';
import { duration, functionOf, numberThat, optional, readOptions, wrongType, type Check } from '../core/options.ts';
import { showMs } from '../core/text.ts';
import { pending } from './functions.ts';

/** How much is added to the time of an attempt, in milliseconds: a number, or a function that says so for each attempt. */
export type AddedLatency = number | (() => number);

/**
 * The options of {@link chaos}.
 * @typeParam L - the kind of its latency: only the literal `0` leaves it sync
 */
export interface ChaosOptions<L extends AddedLatency = AddedLatency> extends PolicyOptions {
  /**
   * Whether it does anything: `true`, or a function that is asked for each attempt, such as one that reads a flag.
   * @default false
   */
  readonly enabled?: boolean | (() => boolean) | undefined;
  /**
   * The share of attempts, from 0 to 1, that fail without the function being run.
   * @default 0
   */
  readonly errorRatio?: number | undefined;
  /**
   * Makes the error that such an attempt fails with.
   * @default () => new Error('chaos: an injected fault')
   */
  readonly error?: (() => unknown) | undefined;
  /**
   * What is added before the function runs, or the error comes, in milliseconds; `Infinity` for an attempt that hangs.
   * @default 0
   */
  readonly latency?: L | undefined;
  /**
   * The share of attempts, from 0 to 1, to which the latency is added.
   * @default 1
   */
  readonly latencyRatio?: number | undefined;
  /**
   * Chooses calls by their arguments (a context is not among them); the others are left alone.
   * @default every call
   */
  readonly when?: ((...args: readonly any[]) => boolean) | undefined;
}

/**
 * The colour of a chaos: only the literal latency `0` never waits.
 * @typeParam L - the kind of its latency
 * @group Types behind the types
 */
export type ChaosMode<L> = L extends number ? (number extends L ? Mode : L extends 0 ? 'sync' : 'async') : 'async';

interface ChaosSettings extends CommonSettings {
  readonly enabled: boolean | (() => boolean);
  readonly errorRatio: number;
  readonly error: (() => unknown) | undefined;
  readonly latency: AddedLatency;
  readonly latencyRatio: number;
  readonly when: ((...args: readonly unknown[]) => boolean) | undefined;
}

/**
 * Injects faults: attempts that fail without a try, and latency. It is the innermost layer, within the timeout of the
 * attempt, so that all the others meet its faults like those of the function. It does nothing unless it is enabled. Chance
 * comes from the policy's clock, so that under {@link manualClock} each run is the same.
 *
 * An `enabled`, a `when` or an `error` that throws injects nothing; it is reported like a listener's error.
 *
 * @typeParam L - the kind of its latency: only the literal `0` leaves it sync
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { policy, retry } from 'breakwater';
 * import { chaos, manualClock } from 'breakwater/testing';
 *
 * const clock = manualClock();
 * const faults = chaos({ enabled: true, errorRatio: 0.3, when: (id: number) => id < 500 });
 * const load = policy(retry({ attempts: 3, delay: 0 }), faults, { clock }).wrap((id: number) => `answer ${id}`);
 * const answers = await Promise.allSettled(Array.from({ length: 1_000 }, (_, id) => load(id)));
 * const failed = answers.flatMap(({ status }, id) => (status === 'rejected' ? id : []));
 * failed.length > 0 && failed.length < 30 // => true
 * failed.every((id) => id < 500) // => true
 * ```
 */
export function chaos<L extends AddedLatency = 0>(options?: ChaosOptions<L>): PolicyOf<'chaos', ChaosMode<L>, never> {
  const settings = readOptions<ChaosSettings>('chaos', options, {
    enabled: optional(enabledOption, false),
    errorRatio: optional(ratio, 0),
    error: optional(functionOf('a function that makes an error'), undefined),
    latency: optional(latencyOption, 0),
    latencyRatio: optional(ratio, 1),
    when: optional(functionOf('a function of the arguments of a call'), undefined),
    ...commonChecks,
  });
  return policy({ '~layers': [layer(settings)] } as unknown as AnyPolicy) as unknown as PolicyOf<'chaos', ChaosMode<L>, never>;
}

const ratio = numberThat('a number from 0 to 1', (value) => value >= 0 && value <= 1);

const enabledOption: Check<boolean | (() => boolean)> = (value, at) => {
  if (typeof value !== 'boolean' && typeof value !== 'function') throw wrongType(at, 'true, false, or a function that says which', value);
  return value as boolean | (() => boolean);
};

const latencyOption: Check<AddedLatency> = (value, at) => (typeof value === 'function' ? (value as () => number) : duration(value, at));

function layer(settings: ChaosSettings): Layer {
  const { enabled, errorRatio, error, latency, latencyRatio, when, clock, onListenerError } = settings;
  return {
    kind: 'chaos',
    mode: latency === 0 ? 'sync' : 'async',
    role: 'guard',
    options: {
      enabled: typeof enabled === 'function' ? 'custom' : enabled,
      errorRatio,
      error: error === undefined ? 'default' : 'custom',
      latency: typeof latency === 'function' ? 'custom' : latency,
      latencyRatio,
      when: when === undefined ? 'every call' : 'custom',
    },
    label: labelOf(settings),
    clock,
    report: onListenerError,
    // Where it is off for good, calls may take the quick way.
    ...(enabled === false ? {} : { inside: (call: Call, start: () => unknown) => disturb(settings, call, start) }),
  };
}

function labelOf({ enabled, errorRatio, latency, latencyRatio }: ChaosSettings): string {
  const errors = errorRatio === 0 ? [] : [`${percent(errorRatio)} errors`];
  const added = typeof latency === 'function' ? 'latency' : `+${latency === Infinity ? '∞' : showMs(latency)}`;
  const late = latency === 0 ? [] : [latencyRatio === 1 ? added : `${added} in ${percent(latencyRatio)}`];
  return `chaos(${enabled === false ? 'off' : [...errors, ...late].join(', ') || 'nothing'})`;
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100} %`;
}

/** What is to be done to an attempt. */
interface Fault {
  readonly latency: number;
  readonly failed?: { readonly error: unknown };
}

function disturb(settings: ChaosSettings, call: Call, start: () => unknown): unknown {
  const fault = faultFor(settings, call);
  const go = (): unknown => {
    if (fault?.failed !== undefined) throw fault.failed.error;
    return start();
  };
  if (fault === undefined || fault.latency === 0) return go();
  const { clock } = call.env;
  const wait = pending<void>(call.attempt.signal, (resolve) => (fault.latency === Infinity ? nothing : after(clock, fault.latency, resolve)));
  return wait.then(go);
}

/** Draws what happens to an attempt; `undefined` where it is left alone. */
function faultFor({ enabled, errorRatio, error, latency, latencyRatio, when }: ChaosSettings, call: Call): Fault | undefined {
  const { clock, report } = call.env;
  try {
    if (typeof enabled === 'function' && !enabled()) return undefined;
    if (when !== undefined && !when(...call.args)) return undefined;
    const late = latency !== 0 && hit(latencyRatio, clock) ? addedBy(latency) : 0;
    if (!hit(errorRatio, clock)) return { latency: late };
    return { latency: late, failed: { error: error === undefined ? new Error('chaos: an injected fault') : error() } };
  } catch (mistake) {
    report(mistake);
    return undefined;
  }
}

function addedBy(latency: AddedLatency): number {
  return duration(typeof latency === 'function' ? latency() : latency, 'chaos: what latency() answers');
}

/** Whether chance hits an attempt; it is asked only where there is something to ask. */
function hit(share: number, clock: Clock): boolean {
  return share === 1 || (share > 0 && clock.random() < share);
}
