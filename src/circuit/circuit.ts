/**
 * The state machine of a circuit: who is admitted, and what an outcome changes. Pure: no promise, no timer, no clock.
 *
 *                 the rule trips, or open()
 *     closed ──────────────────────────────────▶ open ◀─────┐
 *       ▲ ▲                                       │ │       │
 *       │ └─────────────── reset() ───────────────┘ │       │ a probe fails (one reopening more),
 *       │              the recovery time is over    │       │ or open()
 *       │              and a caller is admitted     ▼       │
 *       └─────────────────────────────────────── half-open ─┘
 *          successThreshold probes succeeded, or reset()
 *
 *     isolate() leads from each of them to isolated; the last release() leads from there to closed.
 * @module
 */
import type { CircuitState } from '../core/policy-event.ts';
import { closed, earliest, waitOf } from './phase.ts';
import type { Closed, HalfOpen, Open, Permit, Phase } from './phase.ts';
import { leftOf, type CircuitSnapshot } from './snapshot.ts';
import type { Time } from './time.ts';
import type { Tripper } from './trip.ts';

export type { Permit } from './phase.ts';

/** One transition of a circuit. The transitions of a circuit form a chain: each begins where the one before it ended. */
export interface StateChange {
  /** The state that was left. */
  readonly from: CircuitState;
  /** The state that holds now; never the same. */
  readonly to: CircuitState;
}

/** What a circuit goes by; the options of a breaker, checked and resolved. */
export interface CircuitRules {
  /** Fresh for this circuit. */
  readonly trip: Tripper;
  /** The recovery time in milliseconds; asked once an opening, with the reopenings since the last close. */
  readonly recovery: (reopenings: number) => number;
  /** Consecutive probe successes that close it, at least 1. */
  readonly successThreshold: number;
  /** Probes in flight at once, at least 1. */
  readonly probes: number;
  /** How long a probe keeps its slot against another caller, in milliseconds; see {@link CircuitMachine.admit}. */
  readonly probeLease: number | undefined;
  /** Called once a transition, after the new state stands. */
  readonly changed: (change: StateChange) => void;
}

/** What is saved of a circuit that was just closed, but for the time. */
const fresh = { version: 1, state: 'closed', failures: 0, remainingMs: 0, reopenings: 0 } as const;

/** A lease where neither the policy nor the recovery time says how long a probe may take, in milliseconds. */
const LEASE = 60_000;

/** The circuit. Foreign code that it runs (the rules, the clock) may call back into it, and finds a valid state. */
export class CircuitMachine {
  readonly #rules: CircuitRules;
  #phase: Phase;

  /** Closed, or as the snapshot says; that is no transition. */
  constructor(rules: CircuitRules, time: Time, snapshot?: CircuitSnapshot) {
    this.#rules = rules;
    this.#phase = snapshot?.state === 'open' ? this.#restored(snapshot, time) : closed(snapshot?.failures ?? 0);
  }

  /** Where it stands. An open circuit whose recovery time is over stays open until a caller is admitted. */
  get state(): CircuitState {
    return this.#phase.state;
  }

  /** Consecutive failures: so far while closed, else the run that opened it and each failed probe since. */
  get failures(): number {
    return this.#phase.failures;
  }

  /** How many times a probe failed since it was last closed. */
  get reopenings(): number {
    return this.#phase.reopenings;
  }

  /**
   * A permit, or undefined when the call is turned away. The caller that finds the recovery time over makes the circuit
   * half-open and is its first probe.
   *
   * @param leaseFloor - how long the calling policy gives a probe, in milliseconds: its attempt timeout or deadline. A
   * default lease is this or the recovery time, the larger; one that never ends says nothing, else a hung probe could.
   */
  admit(time: Time, leaseFloor: number = LEASE): Permit | undefined {
    const phase = this.#phase;
    if (phase.state === 'closed') return phase.permit;
    if (phase.state === 'isolated' || waitOf(phase, this.#rules.probes, time) > 0) return undefined;
    if (phase.state === 'half-open') return this.#probe(phase, leaseFloor, time);
    const { failures, reopenings, recovery } = phase;
    const next: HalfOpen = { state: 'half-open', failures, reopenings, recovery, probes: new Map(), successes: 0 };
    const permit = this.#probe(next, leaseFloor, time);
    this.#move(phase, next);
    return permit;
  }

  /** What a closed circuit lets every call in with; `undefined` in any other state. */
  get closedPermit(): Permit | undefined {
    return (this.#phase as Partial<Closed>).permit;
  }

  /** Whether the permit still has a say: its generation stands, and if it is a probe's, nobody took over its slot. */
  holds(permit: Permit): boolean {
    const phase = this.#phase;
    return phase.state === 'closed' ? phase.permit === permit : phase.state === 'half-open' && phase.probes.has(permit);
  }

  /**
   * Records what came of a call: `true` a failure, `false` a success, `'ignore'` neither (a probe then only gives its
   * slot back). A permit of a closed circuit may be recorded again and again, a probe's once.
   *
   * @param took - how long the attempt took that the outcome is of, in milliseconds, where the trip rule wants to know.
   * @returns false where the permit has no say any more; then nothing moved.
   */
  record(permit: Permit, verdict: boolean | 'ignore', time: Time, took?: number): boolean {
    const phase = this.#phase;
    if (phase.state === 'closed') {
      if (phase.permit !== permit) return false;
      if (verdict !== 'ignore') this.#count(phase, verdict, time, took);
      return true;
    }
    if (phase.state !== 'half-open' || !phase.probes.delete(permit)) return false;
    if (verdict !== 'ignore') this.#judge(phase, verdict || this.#rules.trip.slow?.(took) === true, time);
    return true;
  }

  /** Whether a call would be turned away now. */
  isOpen(time: Time): boolean {
    return this.#wait(time) > 0;
  }

  /** Whole milliseconds until a call may be admitted, rounded up: 0 where it would be now, `Infinity` while isolated. */
  retryAfterMs(time: Time): number {
    return Math.ceil(this.#wait(time));
  }

  /** Opens it by hand, or begins the recovery time anew, which is no step of growth. An isolated one stays so. */
  open(time: Time): void {
    const phase = this.#phase;
    if (phase.state !== 'isolated') this.#open(phase, phase.failures, phase.reopenings, time);
  }

  /** Closes it by hand with everything forgotten; what is in flight has no say any more. An isolated one stays so. */
  reset(): void {
    if (this.#phase.state !== 'isolated') this.#close(this.#phase);
  }

  /** Turns every call away until {@link release} was called as many times as this. */
  isolate(): void {
    const phase = this.#phase;
    const { failures, reopenings } = phase;
    const handles = phase.state === 'isolated' ? phase.handles + 1 : 1;
    this.#move(phase, { state: 'isolated', failures, reopenings, handles });
  }

  /** Takes one {@link isolate} back; the last closes the circuit with everything forgotten. */
  release(): void {
    const phase = this.#phase;
    if (phase.state !== 'isolated') return;
    const next = { ...phase, handles: phase.handles - 1 };
    this.#move(phase, next);
    if (next.handles === 0) this.#close(next);
  }

  /** The circuit as plain data for {@link CircuitSnapshot}. */
  toJSON(time: Time): CircuitSnapshot {
    const { state, failures, reopenings } = this.#phase;
    const savedAt = time.wall();
    // Its last release would forget all this, and no handle outlives the process.
    if (state === 'isolated') return { ...fresh, savedAt };
    if (state === 'closed') return { ...fresh, failures, savedAt };
    // JSON has no Infinity; a recovery time without an end is saved as one of 285,000 years.
    const remainingMs = state === 'open' ? Math.min(this.retryAfterMs(time), Number.MAX_SAFE_INTEGER) : 0;
    return { version: 1, state: 'open', failures, remainingMs, reopenings, savedAt };
  }

  #wait(time: Time): number {
    const phase = this.#phase;
    if (phase.state === 'closed') return 0;
    return phase.state === 'isolated' ? Infinity : waitOf(phase, this.#rules.probes, time);
  }

  #count(phase: Closed, failed: boolean, time: Time, took: number | undefined): void {
    phase.failures = failed ? phase.failures + 1 : 0;
    if (this.#rules.trip.record(failed, phase.failures, time, took)) this.#open(phase, phase.failures, 0, time);
  }

  #judge(phase: HalfOpen, failed: boolean, time: Time): void {
    if (failed) return this.#open(phase, phase.failures + 1, phase.reopenings + 1, time);
    phase.successes += 1;
    if (phase.successes >= this.#rules.successThreshold) this.#close(phase);
  }

  /** A slot for one more probe; where all are taken, the one whose lease ended first. */
  #probe(phase: HalfOpen, leaseFloor: number, time: Time): Permit {
    const { probes, probeLease } = this.#rules;
    if (phase.probes.size >= probes) phase.probes.delete(earliest(phase.probes)[0]);
    const permit: Permit = { probe: true };
    phase.probes.set(permit, time.now() + (probeLease ?? Math.max(ending(phase.recovery), ending(leaseFloor))));
    return permit;
  }

  #open(from: Phase, failures: number, reopenings: number, time: Time): void {
    const recovery = this.#rules.recovery(reopenings);
    const [since, sinceWall] = [time.now(), time.wall()];
    this.#move(from, { state: 'open', failures, reopenings, recovery, left: recovery, since, sinceWall });
  }

  #close(from: Phase): void {
    this.#rules.trip.reset();
    this.#move(from, closed(0));
  }

  #restored(snapshot: CircuitSnapshot, time: Time): Open {
    const { failures, reopenings } = snapshot;
    const recovery = this.#rules.recovery(reopenings);
    const sinceWall = time.wall();
    const left = Math.min(leftOf(snapshot, sinceWall), recovery);
    return { state: 'open', failures, reopenings, recovery, left, since: time.now(), sinceWall };
  }

  /** The one place where the state changes. Where foreign code moved the circuit since `from` was read, that stands. */
  #move(from: Phase, to: Phase): void {
    if (this.#phase !== from) return;
    this.#phase = to;
    if (from.state !== to.state) this.#rules.changed({ from: from.state, to: to.state });
  }
}

/** A time that never ends says nothing about how long a probe may take. */
function ending(ms: number): number {
  return ms < Infinity ? ms : LEASE;
}
