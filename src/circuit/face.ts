/** The circuit as its users see it: the members that a breaker has besides those of every policy. */
import type { CircuitState } from '../core/policy-event.ts';
import type { Subscribe, Subscription } from '../core/events.ts';
import type { StateChange } from './circuit.ts';
import type { CircuitSnapshot } from './snapshot.ts';

/** How to await a circuit. */
export interface AwaitCircuitOptions {
  /**
   * Ends the wait: the promise rejects with its reason.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** What a circuit has counted since it was made; plain numbers, for a dashboard. */
export interface CircuitStats {
  /** Calls that were admitted, probes among them. */
  readonly admitted: number;
  /** Calls that were turned away, at once or when the circuit opened around them. */
  readonly rejected: number;
  /** Outcomes recorded as successes: calls, or attempts under `counts: 'attempts'`. */
  readonly succeeded: number;
  /** Outcomes recorded as failures. */
  readonly failed: number;
  /** Outcomes that said nothing: cancellations, local rejections, and what `handle` ignores. */
  readonly ignored: number;
  /** Outcomes that came after the circuit had moved on, and were not recorded. */
  readonly stale: number;
  /** How many times it opened. */
  readonly opened: number;
}

/** A circuit: closed (calls pass), open (calls are turned away), half-open (probes decide), or isolated by hand. */
export interface Circuit {
  /** Where it stands. An open circuit whose recovery time is over stays `'open'` until a call is admitted as the probe. */
  readonly state: CircuitState;
  /** Consecutive failures: so far while closed, else the run that opened it and each failed probe since. */
  readonly failures: number;
  /** Whole milliseconds until a call may be admitted: 0 where it would be now, `Infinity` while isolated. */
  readonly retryAfterMs: number;
  /** How many calls are held until they are admitted: 0 unless it was made with `whenOpen: 'wait'`. */
  readonly waiting: number;
  /**
   * Whether a call would be turned away, or held, right now. It turns false once the recovery time is over: a caller that routes
   * around an open circuit would otherwise never send the probe.
   */
  isOpen(): boolean;
  /**
   * Turns every call away with {@link CircuitIsolatedError} until the answer is disposed. Handles are counted: the last
   * release closes the circuit with an empty window. Late results change nothing.
   *
   * @example
   * ```ts
   * import { breaker } from 'breakwater';
   *
   * const circuit = breaker();
   * const maintenance = circuit.isolate();
   * circuit.state // => 'isolated'
   * maintenance.dispose();
   * circuit.state // => 'closed'
   * ```
   */
  isolate(): Subscription;
  /** Opens it by hand, or begins the recovery time anew; calls asleep in a backoff wake and reject. An isolated one stays so. */
  open(): void;
  /** Closes it by hand, with everything forgotten. An isolated one stays so. */
  reset(): void;
  /** Resolves when the circuit is closed: at once where it is. Keeps the process alive while it is awaited. */
  whenClosed(options?: AwaitCircuitOptions): Promise<void>;
  /**
   * Resolves when a call would be admitted: at once where it would be now. It reserves nothing. Keeps the process alive
   * while it is awaited.
   *
   * @example
   * ```ts
   * import { breaker } from 'breakwater';
   *
   * const circuit = breaker({ recoveryTimeout: 10 });
   * circuit.open();
   * await circuit.whenAdmitting();
   * circuit.isOpen() // => false
   * ```
   */
  whenAdmitting(options?: AwaitCircuitOptions): Promise<void>;
  /** What it has counted since it was made. */
  stats(): CircuitStats;
  /** The circuit as plain data for `initialState`; `JSON.stringify(circuit)` uses it. */
  toJSON(): CircuitSnapshot;
  /** Every transition, in order. */
  readonly onStateChange: Subscribe<StateChange>;
}
