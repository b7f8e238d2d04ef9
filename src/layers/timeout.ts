/** The timeout: a limit on one attempt. */
import type { Attempt } from '../core/attempt.ts';
import type { Call } from '../core/call.ts';
import { TimeoutError, withoutStack } from '../core/errors.ts';
import { settleFirst, type Emitter } from '../core/events.ts';
import { commonChecks, type CommonOptions, type CommonSettings, type Layer } from '../core/layer.ts';
import { oneOf, optional, positiveDuration, readOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { PASS, type Stage } from '../core/stage.ts';
import { show, showMs } from '../core/text.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';

/** Options of {@link timeout}. */
export interface TimeoutOptions extends CommonOptions {
  /** The time one attempt may take, in milliseconds, above 0. `Infinity` is no limit. */
  readonly after: number;
  /**
   * `'aggressive'` rejects at once; what the function answers later is dropped. `'cooperative'` aborts the signal and
   * waits for the function: its answer stands, unless it rejects because of the signal.
   * @default 'aggressive'
   */
  readonly mode?: 'aggressive' | 'cooperative' | undefined;
}

interface TimeoutSettings extends CommonSettings {
  readonly after: number;
  readonly mode: 'aggressive' | 'cooperative';
}

/** A policy that is a timeout. */
export interface TimeoutPolicy extends PolicyOf<'timeout', 'async', never> {}

/**
 * Limits how long one attempt may take. When the time is over, `ctx.signal` aborts with a {@link TimeoutError}, and the
 * attempt rejects with the same error. A function that ignores its signal runs on, and is paid for: use
 * {@link PolicyOf.wrapWithContext}.
 *
 * A synchronous function cannot be interrupted: one that overruns keeps its value.
 *
 * @param after - the time one attempt may take, in milliseconds, or options.
 * @throws TypeError when `after` is no number, an option is unknown or of the wrong kind, or options come second.
 * @throws RangeError when `after` is not above 0.
 *
 * @example
 * ```ts
 * import { timeout, TimeoutError } from 'breakwater';
 *
 * const slow = timeout(20).wrap(() => new Promise(() => {}));
 * await slow().catch((error) => error instanceof TimeoutError) // => true
 * ```
 * @see {@link deadline} limits all attempts together.
 * @see {@link Chain.timeout} is the same as a step of a chain.
 */
export function timeout(after: number | TimeoutOptions): TimeoutPolicy {
  // Others take options second; here they would be passed over in silence. A number is the index of `list.map(timeout)`.
  const second: unknown = arguments[1];
  if (second !== undefined && typeof second !== 'number') {
    throw new TypeError(`timeout expects one argument, got ${show(second)} as argument 2: write timeout({ after, mode })`);
  }
  const settings = readOptions<TimeoutSettings>('timeout', typeof after === 'object' ? after : { after }, {
    after: positiveDuration,
    mode: optional(oneOf('aggressive', 'cooperative'), 'aggressive'),
    ...commonChecks,
  });
  return new PolicyObject([layer(settings)]) as TimeoutPolicy;
}

function layer({ after, mode, clock, onListenerError }: TimeoutSettings): Layer {
  return {
    kind: 'timeout',
    mode: 'async',
    role: 'guard',
    options: { after, mode },
    label: `timeout ${showMs(after)}${mode === 'cooperative' ? ', cooperative' : ''}`,
    clock,
    report: onListenerError,
    ...(after < Infinity ? { bound: after } : {}),
    attemptLimit: (events) => ({ ms: after, repeated: false, expired: (attempt) => expired(attempt, events, after, mode) }),
    ...(mode === 'cooperative' ? { stage: cooperative } : {}),
  };
}

function expired(attempt: Attempt, events: Emitter<PolicyEvent>, after: number, mode: TimeoutSettings['mode']): void {
  settleFirst(() => {
    events.emit({ type: 'timed-out', attempt: attempt.number, after });
    attempt[mode === 'aggressive' ? 'cut' : 'stop'](withoutStack(() => new TimeoutError(after)));
  });
}

/** The function is waited for: an error that our signal brought about becomes the reason of the signal. */
const cooperative: Stage = {
  error: (call, error) => {
    const { stopped } = call.attempt;
    if (stopped?.reason instanceof TimeoutError && causedBy(call, error, stopped.reason)) throw stopped.reason;
    return PASS;
  },
};

/** Whether a function rejected because our signal told it to stop: with the reason, around it, or with an `AbortError`. */
function causedBy({ aborted }: Call, error: unknown, reason: TimeoutError): boolean {
  if (aborted !== undefined) return false;
  if (error === reason) return true;
  try {
    return error instanceof Error && (error.name === 'AbortError' || error.cause === reason);
  } catch {
    // An error that cannot be read is the function's own.
    return false;
  }
}
