/**
 * What a policy tells of itself: the one stream of typed events.
 * @module
 */
import type { Outcome } from './handle.ts';
import type { LayerKind } from './order.ts';

/** What happens inside a policy, as {@link PolicyOf.onEvent} tells it. Attempts count from 1; durations are milliseconds. */
export type PolicyEvent =
  | AttemptFailedEvent
  | RetryScheduledEvent
  | WaitingEvent
  | ServedEvent
  | HedgedEvent
  | TimedOutEvent
  | RejectedEvent
  | FellBackEvent
  | StateChangedEvent;

/** An attempt counted as a failure. */
export interface AttemptFailedEvent {
  /** Tells it from the other events. */
  readonly type: 'attempt-failed';
  /** Which attempt, from 1. */
  readonly attempt: number;
  /** What came of it. */
  readonly outcome: Outcome;
}

/** Another attempt follows. */
export interface RetryScheduledEvent {
  /** Tells it from the other events. */
  readonly type: 'retry-scheduled';
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** The wait before the next one, in milliseconds. */
  readonly delay: number;
}

/** A call begins to wait in front of a layer. */
export interface WaitingEvent {
  /** Tells it from the other events. */
  readonly type: 'waiting';
  /** The kind of the layer. */
  readonly by: LayerKind;
  /** The attempt that it waits for, from 1. */
  readonly attempt: number;
}

/** A call gets what it did not run for: what a cache kept, or what came of a run that it joined. */
export interface ServedEvent {
  /** Tells it from the other events. */
  readonly type: 'served';
  /** The kind of the layer. */
  readonly by: 'cache' | 'coalesce';
  /** Whether it is past its time, and answers only because the guarded call has no answer. */
  readonly stale: boolean;
}

/** A further attempt starts beside one that is slow. */
export interface HedgedEvent {
  /** Tells it from the other events. */
  readonly type: 'hedged';
  /** The attempt that starts, from 1. */
  readonly attempt: number;
}

/** An attempt was not finished in time. Its signal has been aborted. */
export interface TimedOutEvent {
  /** Tells it from the other events. */
  readonly type: 'timed-out';
  /** Which attempt, from 1. */
  readonly attempt: number;
  /** The time it had, in milliseconds. */
  readonly after: number;
}

/** A call was turned away by a layer, or lost its further attempts to it. */
export interface RejectedEvent {
  /** Tells it from the other events. */
  readonly type: 'rejected';
  /** The kind of the layer. */
  readonly by: LayerKind;
  /** What the call is rejected with, unless a fallback answers. */
  readonly error: Error;
}

/** The fallback answers. */
export interface FellBackEvent {
  /** Tells it from the other events. */
  readonly type: 'fell-back';
  /** What it answers for. */
  readonly reason: Outcome;
}

/** The circuit went from one state to another. */
export interface StateChangedEvent {
  /** Tells it from the other events. */
  readonly type: 'state-changed';
  /** The state it left. */
  readonly from: CircuitState;
  /** The state it is in. */
  readonly to: CircuitState;
}

/** What a circuit does with calls: admits them, turns them away, lets a few probe, or turns them away until released. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated';
