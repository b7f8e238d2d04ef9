/** What a breaker can be told, and the checks of it. */
import type { Backoff } from '../../backoff/backoff.ts';
import type { CockatielBackoff } from '../../backoff/cockatiel-backoff.ts';
import { recoveryRule, type RecoveryRule } from '../../backoff/recovery.ts';
import type { StateChange } from '../../circuit/circuit.ts';
import { rampOption, type RampOptions, type RampSettings } from '../../circuit/ramp.ts';
import { readSnapshot, type CircuitSnapshot } from '../../circuit/snapshot.ts';
import { consecutive, tripRule, type CockatielBreaker, type TripRule } from '../../circuit/trip.ts';
import { handleOption, type Handle, type Judge } from '../../core/handle.ts';
import { commonChecks, type CommonOptions, type CommonSettings } from '../../core/layer.ts';
import { functionOf, oneOf, optional, positiveDuration, readOptions, wholeNumber } from '../../core/options.ts';

/** What a breaker does with calls that it may not admit. */
export type WhenOpen = 'reject' | 'wait';

/**
 * Options of {@link breaker}.
 * @typeParam W - what it does with calls that it may not admit
 */
export interface BreakerOptions<W extends WhenOpen = WhenOpen> extends CommonOptions {
  /**
   * Consecutive failures that open the circuit, at least 1: short for `trip: consecutive(5)`.
   * @default 5
   */
  readonly failureThreshold?: number | undefined;
  /**
   * When the circuit opens: {@link consecutive}, {@link failureRatio}, {@link slowCallRatio}, {@link anyOf} of several, or
   * a breaker of cockatiel. Give this or `failureThreshold`, not both. A rule counts for each circuit apart, and a breaker
   * of cockatiel for all that it is given to.
   * @default consecutive(5)
   */
  readonly trip?: TripRule | CockatielBreaker | undefined;
  /**
   * The time from opening until a call may probe, in milliseconds; or a backoff, which grows with each reopening and has
   * no jitter unless it says so.
   * @default 60_000
   */
  readonly recoveryTimeout?: number | Backoff | CockatielBackoff | undefined;
  /**
   * Consecutive successful probes that close it, at least 1.
   * @default 1
   */
  readonly successThreshold?: number | undefined;
  /**
   * Probes in flight at once, at least 1.
   * @default 1
   */
  readonly probes?: number | undefined;
  /**
   * How long a probe may stay unsettled before the next caller takes its slot, and with it its say, in milliseconds.
   * @default the recovery time or the attempt timeout of the policy, the larger; with no timeout at least 60_000
   */
  readonly probeLease?: number | undefined;
  /**
   * What is counted: `'calls'`, each with all its attempts as one, or `'attempts'`, each as it ends. Counting attempts
   * learns of an outage as soon as attempts fail, not when retry budgets are spent. Keep the threshold above the number
   * of attempts then, or one call that always fails opens the circuit for everybody.
   * @default 'calls'
   */
  readonly counts?: 'calls' | 'attempts' | undefined;
  /**
   * What becomes of a call that may not go in, or on: `'reject'` turns it away; `'wait'` holds it until it is admitted, first
   * in first out. A held call ends early by its own signal, at its deadline (at once where the recovery ends too late for
   * it), or where `maxWaiting` are held already. A call that the circuit opened around goes back to the end of the line, and
   * so does a failed probe that would have been repeated, without having spent an attempt. Have `counts: 'attempts'` with it,
   * and more workers than the threshold: else nobody is left to find out.
   * @default 'reject'
   */
  readonly whenOpen?: W | undefined;
  /**
   * How many calls may be held at once; one more is turned away with {@link CircuitOpenError}. Only with `whenOpen: 'wait'`.
   * @default 1_000
   */
  readonly maxWaiting?: number | undefined;
  /**
   * How calls that were held are let go when the circuit closes: see {@link RampOptions}. Only with `whenOpen: 'wait'`.
   * @default none: all at once
   */
  readonly ramp?: RampOptions | undefined;
  /**
   * Which outcomes count as failures.
   * @default every error but cancellation and local rejections, as the layers inside judged it
   */
  readonly handle?: Handle | undefined;
  /**
   * Called when the circuit opens.
   * @default none
   */
  readonly onOpen?: ((change: StateChange) => void) | undefined;
  /**
   * Called when a probe is admitted.
   * @default none
   */
  readonly onHalfOpen?: ((change: StateChange) => void) | undefined;
  /**
   * Called when the circuit closes.
   * @default none
   */
  readonly onClose?: ((change: StateChange) => void) | undefined;
  /**
   * A snapshot from `toJSON()`, such as one that an earlier process saved. The time that passed since is taken off.
   * @default none: closed
   */
  readonly initialState?: CircuitSnapshot | undefined;
}

/** {@link BreakerOptions}, checked. */
export interface BreakerSettings extends CommonSettings {
  readonly trip: TripRule;
  readonly recoveryTimeout: RecoveryRule;
  readonly successThreshold: number;
  readonly probes: number;
  readonly probeLease: number | undefined;
  readonly counts: 'calls' | 'attempts';
  readonly whenOpen: WhenOpen;
  readonly maxWaiting: number | undefined;
  readonly ramp: RampSettings | undefined;
  readonly handle: Judge | undefined;
  readonly onOpen: ((change: StateChange) => void) | undefined;
  readonly onHalfOpen: ((change: StateChange) => void) | undefined;
  readonly onClose: ((change: StateChange) => void) | undefined;
  readonly initialState: CircuitSnapshot | undefined;
}

const callback = /* @__PURE__ */ functionOf<(change: StateChange) => void>('a function of the change');

/** @throws TypeError or RangeError that names the option, what it expects and what it got. */
export function breakerSettings(options: unknown): BreakerSettings {
  const given = readOptions<Given>('breaker', options, {
    failureThreshold: optional(wholeNumber(1), undefined),
    trip: optional(tripRule, undefined),
    recoveryTimeout: (value, at) => recoveryRule(value === undefined ? 60_000 : value, at),
    successThreshold: optional(wholeNumber(1), 1),
    probes: optional(wholeNumber(1), 1),
    probeLease: optional(positiveDuration, undefined),
    counts: optional(oneOf('calls', 'attempts'), 'calls'),
    whenOpen: optional(oneOf('reject', 'wait'), 'reject'),
    maxWaiting: optional(wholeNumber(1), undefined),
    ramp: optional(rampOption, undefined),
    handle: optional(handleOption, undefined),
    onOpen: optional(callback, undefined),
    onHalfOpen: optional(callback, undefined),
    onClose: optional(callback, undefined),
    initialState: optional(readSnapshot, undefined),
    ...commonChecks,
  });
  if (given.failureThreshold !== undefined && given.trip !== undefined) {
    throw new TypeError('breaker: failureThreshold is short for trip: consecutive(n); give one of them, got both');
  }
  if (given.whenOpen === 'reject' && (given.maxWaiting ?? given.ramp) !== undefined) {
    throw new TypeError("breaker: maxWaiting and ramp are about calls that are held; give them with whenOpen: 'wait'");
  }
  // Spelled out, so that the settings of all breakers have one shape: an object that was filled name by name has its own.
  return {
    trip: given.trip ?? consecutive(given.failureThreshold ?? 5),
    recoveryTimeout: given.recoveryTimeout,
    successThreshold: given.successThreshold,
    probes: given.probes,
    probeLease: given.probeLease,
    counts: given.counts,
    whenOpen: given.whenOpen,
    maxWaiting: given.maxWaiting,
    ramp: given.ramp,
    handle: given.handle,
    onOpen: given.onOpen,
    onHalfOpen: given.onHalfOpen,
    onClose: given.onClose,
    initialState: given.initialState,
    clock: given.clock,
    onListenerError: given.onListenerError,
  };
}

type Given = Omit<BreakerSettings, 'trip'> & {
  readonly failureThreshold: number | undefined;
  readonly trip: TripRule | undefined;
};
