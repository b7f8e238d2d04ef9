/**
 * A stage for one policy: a function whose every attempt is in the test's hand, calls whose fate can be read at any time,
 * and the policy's events as lines.
 * @module
 */
import type { Context } from '../../src/core/attempt.ts';
import type { PolicyEvent } from '../../src/core/policy-event.ts';
import type { Subscribe } from '../../src/core/events.ts';
import { breaker, type AnyPolicy, type Breaker, type BreakerOptions, type PolicyOf } from '../../src/index.ts';
import { VirtualClock } from './virtual-clock.ts';
import { deferred, type Deferred } from './functions.ts';

/** An attempt that has started: settle it, or leave it hanging. */
export interface Played extends Deferred<unknown> {
  readonly ctx: Context;
  readonly at: number;
}

/** A function that answers when the test says so; it keeps every attempt at it. */
export class Stage {
  readonly clock: VirtualClock;
  readonly attempts: Played[] = [];

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** The function to run under a policy. */
  readonly fn = (ctx: Context): Promise<unknown> => {
    const attempt = { ...deferred(), ctx, at: this.clock.time };
    this.attempts.push(attempt);
    return attempt.promise;
  };

  /** When the attempts started. */
  get starts(): number[] {
    return this.attempts.map(({ at }) => at);
  }

  /** The attempt of this index, from 0. */
  at(index: number): Played {
    const attempt = this.attempts.at(index);
    if (attempt === undefined) throw new Error(`no attempt ${index} has started`);
    return attempt;
  }
}

/** What has become of a call so far. */
export interface Fate {
  state: 'pending' | 'value' | 'error';
  value: any;
  error: any;
  /** When it settled. */
  at: number | undefined;
}

/** The fate of a call, to be read at any time. */
export function fateOf(promise: Promise<unknown>, clock?: { readonly time: number }): Fate {
  const fate: Fate = { state: 'pending', value: undefined, error: undefined, at: undefined };
  promise.then(
    (value) => Object.assign(fate, { state: 'value', value, at: clock?.time }),
    (error: unknown) => Object.assign(fate, { state: 'error', error, at: clock?.time }),
  );
  return fate;
}

/** A policy on a stage: what a test needs to play calls through it and to see what came of them. */
export interface Rig<P> {
  readonly clock: VirtualClock;
  readonly stage: Stage;
  readonly guard: P;
  /** The policy's events so far. */
  readonly lines: string[];
  call(signal?: AbortSignal): Fate;
}

/** Sets a policy up on a clock that stands at 0. */
export function rig<P extends AnyPolicy>(make: (clock: VirtualClock) => P): Rig<P> {
  const clock = new VirtualClock();
  const stage = new Stage(clock);
  const guard = make(clock);
  return { clock, stage, guard, lines: linesOf(guard), call: (signal) => fateOf(guard.execute(stage.fn, signal), clock) };
}

/** {@link Rig} with the circuit in it. */
export interface RigWithCircuit extends Rig<PolicyOf<any, any, never>> {
  readonly circuit: Breaker;
}

/** The same for a policy around a circuit. */
export function rigWithCircuit(
  options: BreakerOptions,
  around: (circuit: Breaker) => PolicyOf<any, any, never>,
): RigWithCircuit {
  let circuit: Breaker | undefined;
  const rigged = rig((clock) => around((circuit = breaker({ clock, ...options }))));
  return { ...rigged, circuit: circuit as unknown as Breaker };
}

/** Writes the events of a policy down, one line each, such as `attempt 1 failed`. */
export function linesOf(observed: { readonly onEvent: Subscribe<PolicyEvent> }): string[] {
  const lines: string[] = [];
  observed.onEvent((event) => lines.push(lineOf(event)));
  return lines;
}

function lineOf(event: PolicyEvent): string {
  switch (event.type) {
    case 'attempt-failed':
      return `attempt ${event.attempt} failed`;
    case 'retry-scheduled':
      return `retry after ${event.attempt} in ${event.delay}`;
    case 'waiting':
      return `attempt ${event.attempt} waits for ${event.by}`;
    case 'served':
      return `served by the ${event.by}${event.stale ? ', stale' : ''}`;
    case 'hedged':
      return `attempt ${event.attempt} hedges`;
    case 'timed-out':
      return `attempt ${event.attempt} timed out after ${event.after}`;
    case 'rejected':
      return `rejected by ${event.by}: ${event.error.name}`;
    case 'fell-back':
      return 'fell back';
    case 'state-changed':
      return `${event.from} → ${event.to}`;
  }
}

/** Lets so many microtasks pass: what happens within one tick is told apart by them. */
export async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}
