/**
 * The state machine alive: with a clock, listeners, the calls asleep under it and those who await it. It decides nothing
 * itself; every decision is {@link CircuitMachine}'s.
 * @module
 */
import { CircuitMachine, type CircuitRules, type Permit, type StateChange } from '../../circuit/circuit.ts';
import type { AwaitCircuitOptions, Circuit, CircuitStats } from '../../circuit/face.ts';
import type { CircuitSnapshot } from '../../circuit/snapshot.ts';
import { onAbort, signalOption } from '../../core/abort.ts';
import type { CircuitState } from '../../core/policy-event.ts';
import { after, hostClock, MAX_TIMER, nothing, type Clock } from '../../core/clock.ts';
import { CircuitIsolatedError, CircuitOpenError, withoutStack } from '../../core/errors.ts';
import {
  reportToHost,
  settleFirst,
  subscription,
  type Subscribe,
  type Subscription,
} from '../../core/events.ts';
import type { Verdict } from '../../core/handle.ts';
import { readOptions } from '../../core/options.ts';
import { Audience } from './audience.ts';
import type { BreakerSettings } from './options.ts';

const fresh = (): Stats => ({ admitted: 0, rejected: 0, succeeded: 0, failed: 0, ignored: 0, stale: 0, opened: 0 });
const NEVER: Stats = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ fresh());

type Stats = { -readonly [K in keyof CircuitStats]: CircuitStats[K] };

/** The circuit of one breaker, shared by all the policies that it is part of. */
export class LiveCircuit implements Omit<Circuit, 'waiting'> {
  readonly settings: BreakerSettings;
  /** Those who are told of its transitions or wait for one; made when there is the first of them. */
  #audience: Audience | undefined = undefined;
  /** Made with the machine: a breaker that is never called has none. */
  #stats: Stats = NEVER;
  #clock: Clock | undefined;
  #made: CircuitMachine | undefined = undefined;

  constructor(settings: BreakerSettings) {
    this.settings = settings;
    this.#clock = settings.clock;
  }

  get #hall(): Audience {
    return (this.#audience ??= new Audience(this.settings));
  }

  /** Made when it is first asked, so that a snapshot is restored on the clock that the circuit will go by. */
  get #machine(): CircuitMachine {
    return this.#made ?? this.#make();
  }

  #make(): CircuitMachine {
    this.#stats = fresh();
    return (this.#made = new CircuitMachine(this.#rules, this.time, this.settings.initialState));
  }

  get #rules(): CircuitRules {
    const { trip, recoveryTimeout, successThreshold, probes, probeLease, onListenerError } = this.settings;
    const report = onListenerError ?? reportToHost;
    return {
      trip: trip['~start'](report),
      recovery: recoveryTimeout.start(() => this.time.random(), report),
      successThreshold,
      probes,
      probeLease,
      changed: (change) => this.#changed(change),
    };
  }

  /** The clock of its options, else the one of the first policy that has one; later policies take it over. */
  get clock(): Clock | undefined {
    return this.#clock;
  }

  /** The clock that it goes by. */
  get time(): Clock {
    return this.#clock ?? hostClock;
  }

  /** Takes over the clock of a policy it is part of. */
  adopt(clock: Clock): void {
    const settled = this.#clock ?? (this.#made === undefined || this.state === 'closed' ? clock : undefined);
    if (settled !== clock) {
      throw new TypeError('a breaker has one clock, got a policy with another one: give it to the breaker, too');
    }
    this.#clock = clock;
  }

  get state(): CircuitState {
    return this.#machine.state;
  }

  get failures(): number {
    return this.#machine.failures;
  }

  get retryAfterMs(): number {
    return this.#machine.retryAfterMs(this.time);
  }

  isOpen(): boolean {
    return this.#machine.isOpen(this.time);
  }

  isolate(): Subscription {
    settleFirst(() => this.#machine.isolate());
    return subscription(() => settleFirst(() => this.#machine.release()));
  }

  open(): void {
    settleFirst(() => {
      this.#machine.open(this.time);
      this.#wake();
      this.#look();
    });
  }

  reset(): void {
    settleFirst(() => this.#machine.reset());
  }

  whenClosed(options?: AwaitCircuitOptions): Promise<void> {
    return this.#when('whenClosed', options, () => (this.state === 'closed' ? 0 : MAX_TIMER));
  }

  whenAdmitting(options?: AwaitCircuitOptions): Promise<void> {
    return this.#when('whenAdmitting', options, () => this.retryAfterMs);
  }

  stats(): CircuitStats {
    return { ...this.#stats };
  }

  toJSON(): CircuitSnapshot {
    return this.#machine.toJSON(this.time);
  }

  get onStateChange(): Subscribe<StateChange> {
    return this.#hall.changes.subscribe;
  }

  /** Hands every transition on as it happens, so that it takes its place among the events of a policy. */
  relay(tell: (change: StateChange) => void): Subscription {
    const entry = (change: StateChange): void => tell(change);
    const { relays } = this.#hall;
    relays.add(entry);
    return subscription(() => relays.delete(entry));
  }

  /** Whether nothing would be lost if it was made anew: it is closed. One that nobody has asked yet is not made for this. */
  get idle(): boolean {
    return this.#made === undefined ? this.settings.initialState?.state !== 'open' : this.state === 'closed';
  }

  /** Lets a call in where the circuit is closed. */
  admitClosed(): Permit | undefined {
    const permit = (this.#made ?? this.#make()).closedPermit;
    if (permit !== undefined) this.#stats.admitted += 1;
    return permit;
  }

  /** Lets a call in, or answers undefined. */
  admit(leaseFloor: number | undefined): Permit | undefined {
    const closed = this.admitClosed();
    if (closed !== undefined) return closed;
    if (this.isOpen()) return undefined;
    const probe = this.#admitProbe(leaseFloor);
    if (probe !== undefined) this.#stats.admitted += 1;
    return probe;
  }

  #admitProbe(leaseFloor: number | undefined): Permit | undefined {
    const permit = settleFirst(() => this.#machine.admit(this.time, leaseFloor));
    if (permit === undefined || this.holds(permit)) return permit;
    // A listener that heard of this admission has moved the circuit on.
    return this.state === 'closed' ? this.#machine.admit(this.time) : undefined;
  }

  /** Whether a permit still has a say. */
  holds(permit: Permit): boolean {
    return this.#machine.holds(permit);
  }

  /** Records that a call answered: the usual case, kept short. */
  recordSuccess(permit: Permit): void {
    const machine = this.#made ?? this.#make();
    if (machine.closedPermit === permit) {
      this.#stats.succeeded += 1;
      machine.record(permit, false, this.time);
    } else this.record(permit, false);
  }

  /**
   * Records what came of a call, or of an attempt; `took` is how long that took, where the trip rule wants to know. It is
   * counted before anybody hears of what it changes.
   */
  record(permit: Permit, verdict: Verdict, took?: number): void {
    const machine = this.#made ?? this.#make();
    this.#tally(machine.holds(permit), verdict);
    machine.record(permit, verdict, this.time, took);
    if (this.#audience !== undefined && this.state === 'half-open') this.#look();
  }

  #tally(holds: boolean, verdict: Verdict): void {
    const stats = this.#stats;
    if (!holds) stats.stale += 1;
    else if (verdict === 'ignore') stats.ignored += 1;
    else if (verdict) stats.failed += 1;
    else stats.succeeded += 1;
  }

  /** A call is turned away. */
  countRejection(): void {
    this.#stats.rejected += 1;
  }

  /** The error for a call that is turned away now. */
  rejection(options?: { readonly cause: unknown }, message?: string): CircuitOpenError {
    if (this.state === 'isolated') return withoutStack(() => new CircuitIsolatedError(options));
    const { retryAfterMs } = this;
    return withoutStack(() => new CircuitOpenError(retryAfterMs, message === undefined ? options : { ...options, message }));
  }

  /** Calls `look` whenever a call may be admitted that was not before; the answer stops that. */
  watch(look: () => void): () => void {
    const { watchers } = this.#hall;
    watchers.add(look);
    return () => watchers.delete(look);
  }

  /** Calls `wake` when the circuit opens; the answer stops that. */
  sleep(wake: () => void): () => void {
    const { sleepers } = this.#hall;
    sleepers.add(wake);
    return () => sleepers.delete(wake);
  }

  /** The fate of everybody who waits is settled before the first listener hears of the transition. */
  #changed(change: StateChange): void {
    if (change.to === 'open') this.#stats.opened += 1;
    settleFirst(() => {
      const { changes, relays } = this.#hall;
      changes.emit(change);
      for (const tell of relays) tell(change);
      if (change.to === 'open' || change.to === 'isolated') this.#wake();
      this.#look();
    });
  }

  #wake(): void {
    if (this.state === 'closed' || this.state === 'half-open') return;
    const { sleepers } = this.#hall;
    const asleep = [...sleepers];
    sleepers.clear();
    for (const wake of asleep) wake();
  }

  #look(): void {
    for (const look of [...this.#hall.watchers]) look();
  }

  /** Resolves once `left` answers 0. Until then it looks again at each change, and when the time it answered is over. */
  #when(member: string, options: AwaitCircuitOptions | undefined, left: () => number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = readOptions<{ signal: AbortSignal | undefined }>(member, options, { signal: signalOption });
      if (signal?.aborted === true) return reject(signal.reason);
      let disarm = nothing;
      let unwatch = nothing;
      const end = (): void => {
        disarm();
        unlink();
        unwatch();
      };
      const unlink = signal === undefined ? nothing : onAbort(signal, () => (end(), reject(signal.reason)));
      const look = (): void => {
        disarm();
        const ms = left();
        if (ms <= 0) return end(), resolve();
        // A timer also while there is nothing to wait for but a change: who awaits the circuit keeps the process alive.
        disarm = after(this.time, Math.min(ms, MAX_TIMER), look);
      };
      unwatch = this.watch(look);
      look();
    });
  }
}
