/** The circuit breaker: the outermost guard, first to see a call and last to see its outcome. */
import type { StateChange } from '../circuit/circuit.ts';
import type { AwaitCircuitOptions, CircuitStats } from '../circuit/face.ts';
import type { CircuitSnapshot } from '../circuit/snapshot.ts';
import type { Clock } from '../core/clock.ts';
import type { Report, Subscribe, Subscription } from '../core/events.ts';
import type { Layer } from '../core/layer.ts';
import type { CircuitState, PolicyEvent } from '../core/policy-event.ts';
import type { Stage } from '../core/stage.ts';
import { PolicyObject } from '../policy.ts';
import type { Breaker } from '../types.ts';
import { LiveCircuit } from './breaker/live-circuit.ts';
import { breakerSettings, type BreakerOptions, type BreakerSettings } from './breaker/options.ts';
import { BreakerStage } from './breaker/stage.ts';

export type { BreakerOptions } from './breaker/options.ts';

/**
 * A circuit breaker. After `failureThreshold` consecutive failures it opens: calls are turned away with
 * {@link CircuitOpenError} instead of being made. When the recovery time is over, the next call is let through as a
 * probe, and its outcome closes the circuit or opens it again.
 *
 * The object is the circuit: used in several policies, it is shared by them. Make one for each thing that fails on its
 * own, not one a call.
 *
 * @throws TypeError when an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { breaker, CircuitOpenError } from 'breakwater';
 *
 * const circuit = breaker({ failureThreshold: 2, recoveryTimeout: 10_000 });
 * const load = circuit.wrap(async () => { throw new Error('down'); });
 * await load().catch(() => {});
 * await load().catch(() => {});
 * circuit.state // => 'open'
 * await load().catch((error) => error instanceof CircuitOpenError && error.retryAfter) // => 10
 * ```
 * @see M. Nygard, "Release It!", 2007: the pattern.
 * @see {@link Chain.breaker} is the same as a step of a chain.
 */
export function breaker(options?: BreakerOptions): Breaker<'sync'> {
  return new BreakerObject(breakerSettings(options)) as Breaker<'sync'>;
}

/** A policy of one layer, and the circuit: what the circuit can do is passed on to it. */
class BreakerObject extends PolicyObject {
  readonly #circuit: LiveCircuit;

  constructor(settings: BreakerSettings) {
    const circuit = new LiveCircuit(settings);
    const layer = new BreakerLayer(circuit);
    super([layer]);
    layer.circuit = this;
    this.#circuit = circuit;
  }

  get state(): CircuitState {
    return this.#circuit.state;
  }
  get failures(): number {
    return this.#circuit.failures;
  }
  get retryAfterMs(): number {
    return this.#circuit.retryAfterMs;
  }
  isOpen(): boolean {
    return this.#circuit.isOpen();
  }
  isolate(): Subscription {
    return this.#circuit.isolate();
  }
  open(): void {
    this.#circuit.open();
  }
  reset(): void {
    this.#circuit.reset();
  }
  whenClosed(options?: AwaitCircuitOptions): Promise<void> {
    return this.#circuit.whenClosed(options);
  }
  whenAdmitting(options?: AwaitCircuitOptions): Promise<void> {
    return this.#circuit.whenAdmitting(options);
  }
  stats(): CircuitStats {
    return this.#circuit.stats();
  }
  toJSON(): CircuitSnapshot {
    return this.#circuit.toJSON();
  }
  get onStateChange(): Subscribe<StateChange> {
    return this.#circuit.onStateChange;
  }
}

/** One object a breaker, however many there are: all it can tell is read off the settings when it is asked for. */
class BreakerLayer implements Layer {
  /** What policies show of it: the breaker. */
  circuit: unknown = undefined;
  readonly #live: LiveCircuit;

  constructor(live: LiveCircuit) {
    this.#live = live;
  }

  get kind(): 'breaker' {
    return 'breaker';
  }
  get mode(): 'sync' {
    return 'sync';
  }
  get role(): 'guard' {
    return 'guard';
  }
  get options(): Readonly<Record<string, unknown>> {
    const { trip, recoveryTimeout, successThreshold, probes, probeLease, counts, handle } = this.#live.settings;
    return {
      trip: trip.label,
      recoveryTimeout: recoveryTimeout.describe,
      successThreshold,
      probes,
      probeLease: probeLease ?? 'default',
      counts,
      handle: handle === undefined ? 'default' : 'custom',
    };
  }
  get label(): string {
    const { trip, recoveryTimeout } = this.#live.settings;
    return `breaker(${trip.label}, ${recoveryTimeout.label})`;
  }
  get clock(): Clock | undefined {
    return this.#live.clock;
  }
  get report(): Report | undefined {
    return this.#live.settings.onListenerError;
  }
  get timed(): boolean {
    return this.#live.settings.trip['~timed'] === true;
  }
  get stage(): Stage {
    return new BreakerStage(this.#live);
  }
  adopt(clock: Clock): void {
    this.#live.adopt(clock);
  }
  idle(): boolean {
    return this.#live.idle;
  }
  announces(emit: (event: PolicyEvent) => void): Subscription {
    return this.#live.relay(({ from, to }) => emit({ type: 'state-changed', from, to }));
  }
}
