/** The circuit breaker: the outermost guard, first to see a call and last to see its outcome. */
import type { StateChange } from '../circuit/circuit.ts';
import type { AwaitCircuitOptions, CircuitStats } from '../circuit/face.ts';
import type { CircuitSnapshot } from '../circuit/snapshot.ts';
import type { Clock } from '../core/clock.ts';
import type { Report, Subscribe, Subscription } from '../core/events.ts';
import type { Layer } from '../core/layer.ts';
import type { CircuitState, PolicyEvent } from '../core/policy-event.ts';
import type { Mode } from '../core/order.ts';
import type { Stage } from '../core/stage.ts';
import { PolicyObject } from '../policy.ts';
import type { Breaker } from '../types.ts';
import { HoldingStage } from './breaker/holding.ts';
import { Line } from './breaker/line.ts';
import { LiveCircuit } from './breaker/live-circuit.ts';
import { breakerSettings, type BreakerOptions, type BreakerSettings, type WhenOpen } from './breaker/options.ts';
import { BreakerStage } from './breaker/stage.ts';

export type { BreakerOptions, WhenOpen } from './breaker/options.ts';

/**
 * The colour of a breaker: one that holds calls needs time.
 * @typeParam W - what it does with calls that it may not admit
 * @group Types behind the types
 */
export type BreakerMode<W extends WhenOpen> = [W] extends ['reject'] ? 'sync' : [W] extends ['wait'] ? 'async' : Mode;

/**
 * A circuit breaker. After `failureThreshold` consecutive failures it opens: calls are turned away with
 * {@link CircuitOpenError} instead of being made. When the recovery time is over, the next call is let through as a
 * probe, and its outcome closes the circuit or opens it again.
 *
 * With `whenOpen: 'wait'` calls are held until they are admitted, instead of being turned away.
 *
 * The object is the circuit: used in several policies, it is shared by them. Make one for each thing that fails on its
 * own, not one a call.
 *
 * @typeParam W - what it does with calls that it may not admit: only `'reject'` leaves it sync
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
export function breaker<W extends WhenOpen = 'reject'>(options?: BreakerOptions<W>): Breaker<BreakerMode<W>> {
  return new BreakerObject(breakerSettings(options)) as unknown as Breaker<BreakerMode<W>>;
}

/** A policy of one layer, and the circuit: what the circuit can do is passed on to it. */
class BreakerObject extends PolicyObject {
  readonly #circuit: LiveCircuit;

  constructor(settings: BreakerSettings) {
    const circuit = new LiveCircuit(settings);
    const layer = settings.whenOpen === 'wait' ? new HoldingLayer(circuit) : new BreakerLayer(circuit);
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
  get waiting(): number {
    return (this['~layers'][0] as BreakerLayer).waiting;
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
  readonly live: LiveCircuit;

  constructor(live: LiveCircuit) {
    this.live = live;
  }

  get kind(): 'breaker' {
    return 'breaker';
  }
  get mode(): Mode {
    return 'sync';
  }
  /** How many calls are held. */
  get waiting(): number {
    return 0;
  }
  get role(): 'guard' {
    return 'guard';
  }
  get options(): Readonly<Record<string, unknown>> {
    const { trip, recoveryTimeout, successThreshold, probes, probeLease, counts, whenOpen, handle } = this.live.settings;
    return {
      trip: trip.label,
      recoveryTimeout: recoveryTimeout.describe,
      successThreshold,
      probes,
      probeLease: probeLease ?? 'default',
      counts,
      whenOpen,
      handle: handle === undefined ? 'default' : 'custom',
    };
  }
  get label(): string {
    const { trip, recoveryTimeout } = this.live.settings;
    return `breaker(${trip.label}, ${recoveryTimeout.label})`;
  }
  get clock(): Clock | undefined {
    return this.live.clock;
  }
  get report(): Report | undefined {
    return this.live.settings.onListenerError;
  }
  get timed(): boolean {
    return this.live.settings.trip['~timed'] === true;
  }
  get stage(): Stage {
    return new BreakerStage(this.live);
  }
  adopt(clock: Clock): void {
    this.live.adopt(clock);
  }
  idle(): boolean {
    return this.live.idle;
  }
  announces(emit: (event: PolicyEvent) => void): Subscription {
    return this.live.relay(({ from, to }) => emit({ type: 'state-changed', from, to }));
  }
}

/** The layer of a breaker that holds calls: the line in front of it is one for all the policies that it is part of. */
class HoldingLayer extends BreakerLayer {
  readonly #line: Line;

  constructor(live: LiveCircuit) {
    super(live);
    const { maxWaiting = 1_000, ramp } = live.settings;
    this.#line = new Line(live, maxWaiting, ramp);
  }

  override get mode(): Mode {
    return 'async';
  }
  override get waiting(): number {
    return this.#line.size;
  }
  override get options(): Readonly<Record<string, unknown>> {
    const { maxWaiting = 1_000, ramp } = this.live.settings;
    return { ...super.options, maxWaiting, ramp: ramp ?? 'none' };
  }
  override get label(): string {
    const { trip, recoveryTimeout } = this.live.settings;
    return `breaker(${trip.label}, ${recoveryTimeout.label}, holds calls)`;
  }
  override get stage(): Stage {
    return new HoldingStage(this.live, this.#line);
  }
  override idle(): boolean {
    return super.idle() && this.waiting === 0;
  }
}
