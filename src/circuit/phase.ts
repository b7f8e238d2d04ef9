/**
 * The phases of a circuit. The state is ONE value, a phase object, and each phase holds only what it needs: there is no
 * half-way state to represent. A phase is also a generation: a permit belongs to the very object it was granted in, so a
 * result that comes late is recognised by identity, without any bookkeeping.
 * @module
 */
import type { Time } from './time.ts';

/** What an admitted call holds until its outcome is recorded. */
export interface Permit {
  /** Whether the call is a trial of a half-open circuit: one attempt, never retried. */
  readonly probe: boolean;
}

interface Counters {
  /** Consecutive failures: so far while closed, else the run that opened the circuit and each failed probe since. */
  readonly failures: number;
  /** How many times a probe failed since the circuit was last closed. */
  readonly reopenings: number;
}

/** Calls pass, their outcomes are counted. */
export interface Closed extends Counters {
  readonly state: 'closed';
  failures: number;
  /** One for all the calls of this generation: admission allocates nothing. */
  readonly permit: Permit;
}

/** Calls are turned away until the recovery time is over. */
export interface Open extends Counters {
  readonly state: 'open';
  /** The recovery time that was drawn for this opening, in milliseconds. */
  readonly recovery: number;
  /** How much of it was left at `since`: all of it, but for a restored circuit. */
  readonly left: number;
  /** When it opened, on the monotonic clock. */
  readonly since: number;
  /** When it opened, on the wall clock. */
  readonly sinceWall: number;
}

/** A few calls probe, the others are turned away. */
export interface HalfOpen extends Counters {
  readonly state: 'half-open';
  /** The recovery time that led here, in milliseconds: a lease is no shorter. */
  readonly recovery: number;
  /** The probes in flight, each with the end of its lease on the monotonic clock. */
  readonly probes: Map<Permit, number>;
  successes: number;
}

/** Calls are turned away until the last of the handles is released. */
interface Isolated extends Counters {
  readonly state: 'isolated';
  readonly handles: number;
}

export type Phase = Closed | Open | HalfOpen | Isolated;

/** A new generation of the closed circuit. */
export function closed(failures: number): Closed {
  return { state: 'closed', failures, reopenings: 0, permit: { probe: false } };
}

/**
 * How long a caller would have to wait at the door, in milliseconds: 0 where it would be admitted now. Admission and
 * every reading of the circuit ask this one function, so they cannot disagree.
 */
export function waitOf(phase: Open | HalfOpen, slots: number, time: Time): number {
  if (phase.state === 'half-open') {
    return phase.probes.size < slots ? 0 : Math.max(0, earliest(phase.probes)[1] - time.now());
  }
  // Whichever clock says that more time has passed: the monotonic one may stand still while the machine sleeps, and the
  // wall clock may have been set back.
  return Math.max(0, phase.left - Math.max(time.now() - phase.since, time.wall() - phase.sinceWall));
}

/** The probe whose lease ends first, and when; of equal ones the older. There must be one. */
export function earliest(probes: HalfOpen['probes']): readonly [Permit, number] {
  return [...probes].reduce((first, probe) => (probe[1] < first[1] ? probe : first));
}
