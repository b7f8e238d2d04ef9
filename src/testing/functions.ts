/** Functions for policies to run, that do as they are told and count their calls. */
import type { Clock } from 'breakwater';
import { after, clockOption, hostClock, nothing } from '../core/clock.ts';
import { duration, functionOf, optional, readOptions, wholeNumber, wrongType, type Check } from '../core/options.ts';

/**
 * A function that does as it was told, for `execute`, `wrap` and `wrapWithContext` alike.
 * @typeParam T - what it answers with
 */
export interface Scripted<T> {
  /** Does the next thing. A context, or anything with a `signal`, is looked for in what it is called with first. */
  (this: void, ...args: readonly any[]): Promise<T>;
  /** How often it was called. */
  readonly calls: number;
}

/** The options of {@link failsTimes}. */
export interface FailsTimesOptions {
  /**
   * Makes the error of a call; calls count from 1.
   * @default (call) => new Error(`failure ${call}`)
   */
  readonly error?: ((call: number) => unknown) | undefined;
}

/** The options of {@link hangs}. */
export interface HangsOptions {
  /**
   * It goes on when its signal aborts, as code does that was not handed the signal.
   * @default false
   */
  readonly ignoresSignal?: boolean | undefined;
}

/** The options of {@link latency}. */
export interface LatencyOptions extends HangsOptions {
  /**
   * What it waits on: the clock of the policy that runs it.
   * @default the host's own
   */
  readonly clock?: Clock | undefined;
}

/**
 * Fails `times` times, then answers with `value`, at once.
 *
 * @param times - how often it fails, 0 or more; `Infinity` for always.
 * @param value - what it answers with from then on.
 * @param options - its errors, which are `failure 1`, `failure 2` … otherwise.
 * @typeParam T - what it answers with
 * @throws TypeError when an argument is of the wrong kind.
 * @throws RangeError when `times` is not a whole number of at least 0.
 *
 * @example
 * ```ts
 * import { retry } from 'breakwater';
 * import { failsTimes } from 'breakwater/testing';
 *
 * const load = failsTimes(2, 'at last');
 * await retry({ attempts: 3, delay: 0 }).execute(load) // => 'at last'
 * load.calls // => 3
 * ```
 */
export function failsTimes<T = undefined>(times: number, value?: T, options?: FailsTimesOptions): Scripted<T> {
  const fails = wholeNumber(0)(times, 'failsTimes: times');
  const { error } = readOptions<{ error: (call: number) => unknown }>('failsTimes', options, {
    error: optional(functionOf('a function that makes an error'), (call: number) => new Error(`failure ${call}`)),
  });
  return scripted((call) => {
    if (call <= fails) throw error(call);
    return value;
  });
}

/**
 * Never answers. When its signal aborts, it rejects with the reason, as `fetch` does.
 *
 * @throws TypeError when an option is unknown or of the wrong kind.
 *
 * @example
 * ```ts
 * import { policy, timeout } from 'breakwater';
 * import { hangs, manualClock } from 'breakwater/testing';
 *
 * const clock = manualClock();
 * const answer = policy(timeout(30_000), { clock }).execute(hangs()).catch((error) => error.name);
 * await clock.advance(30_000);
 * await answer // => 'TimeoutError'
 * ```
 */
export function hangs(options?: HangsOptions): Scripted<never> {
  const { ignoresSignal } = readOptions<{ ignoresSignal: boolean }>('hangs', options, { ignoresSignal: ignoringOption });
  return scripted((_, args) => pending(ignoresSignal ? undefined : signalIn(args), () => nothing));
}

/**
 * Answers after a while. When its signal aborts before, it rejects with the reason at once.
 *
 * @param ms - how long it takes, in milliseconds, 0 or more.
 * @param value - what it answers with; a function is called for it, with what the function itself was called with, and may
 * throw.
 * @param options - the clock it waits on.
 * @typeParam T - what it answers with
 * @throws TypeError when an argument is of the wrong kind.
 * @throws RangeError when `ms` is negative.
 *
 * @example
 * ```ts
 * import { policy, timeout } from 'breakwater';
 * import { latency, manualClock } from 'breakwater/testing';
 *
 * const clock = manualClock();
 * const guard = policy(timeout(1_000), { clock });
 * const fast = guard.execute(latency(999, 'in time', { clock }));
 * const slow = guard.execute(latency(1_001, 'too late', { clock })).catch((error) => error.name);
 * await clock.runAll();
 * [await fast, await slow] // => ['in time', 'TimeoutError']
 * ```
 */
export function latency<T = undefined>(ms: number, value?: T | ((...args: readonly any[]) => T), options?: LatencyOptions): Scripted<T> {
  const takes = duration(ms, 'latency: ms');
  const { clock, ignoresSignal } = readOptions<{ clock: Clock; ignoresSignal: boolean }>('latency', options, {
    clock: optional(clockOption, hostClock),
    ignoresSignal: ignoringOption,
  });
  return scripted((_, args) =>
    pending(ignoresSignal ? undefined : signalIn(args), (resolve) =>
      after(clock, takes, () => resolve(typeof value === 'function' ? called(value as () => T, args) : value)),
    ),
  );
}

/**
 * Does one thing a call: an `Error` is thrown, a function is called (and may be another scripted one), anything else is
 * answered. The last of them repeats.
 *
 * @throws TypeError when there is none.
 *
 * @example
 * ```ts
 * import { policy, retry, timeout } from 'breakwater';
 * import { hangs, latency, manualClock, script } from 'breakwater/testing';
 *
 * const clock = manualClock();
 * const load = script([new Error('503'), hangs(), latency(2_000, 'at last', { clock })]);
 * const answer = policy(retry({ attempts: 3, delay: 1_000 }), timeout(5_000), { clock }).execute(load);
 * await clock.runAll();
 * await answer // => 'at last'
 * clock.time // => 9_000
 * load.calls // => 3
 * ```
 */
export function script(steps: readonly unknown[]): Scripted<any> {
  if (!Array.isArray(steps) || steps.length === 0) throw wrongType('script: steps', 'a list of at least one step', steps);
  return scripted((call, args) => {
    const step: unknown = steps[Math.min(call, steps.length) - 1];
    if (step instanceof Error) throw step;
    return typeof step === 'function' ? (step(...args) as unknown) : step;
  });
}

/** The option `ignoresSignal`. */
export const ignoringOption: Check<boolean> = optional((value, at) => {
  if (typeof value !== 'boolean') throw wrongType(at, 'true or false', value);
  return value;
}, false);

/** A function that counts its calls, from 1, and never throws synchronously. */
function scripted<T>(act: (call: number, args: readonly unknown[]) => unknown): Scripted<T> {
  let calls = 0;
  const fn = async (...args: readonly unknown[]): Promise<T> => (await act((calls += 1), args)) as T;
  return Object.defineProperty(fn, 'calls', { get: () => calls, enumerable: true }) as unknown as Scripted<T>;
}

/** What a function answers, or throws, as a promise. */
async function called<T>(fn: (...args: readonly unknown[]) => T, args: readonly unknown[]): Promise<T> {
  return fn(...args);
}

/** The signal of the context that a function was called with. */
function signalIn([first]: readonly unknown[]): AbortSignal | undefined {
  const signal: unknown = typeof first === 'object' && first !== null ? (first as { signal?: unknown }).signal : undefined;
  return signal instanceof AbortSignal ? signal : undefined;
}

type Settle<T> = (value: T | PromiseLike<T>) => void;

/**
 * A promise that its signal ends; `begin` starts what may settle it before, and answers how to call that off. `ended` hears
 * of its end at once, not when promises do.
 */
export function pending<T>(
  signal: AbortSignal | undefined,
  begin: (resolve: Settle<T>, reject: (error: unknown) => void) => () => void,
  ended: () => void = nothing,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      signal?.removeEventListener('abort', abort);
      ended();
    };
    const abort = (): void => {
      stop();
      end();
      reject(signal?.reason as Error);
    };
    const stop = begin((value) => (end(), resolve(value)), (error) => (end(), reject(error as Error)));
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort);
  });
}
