/** Runs a story with the real code under the manual clock: who calls when, and what the attempts do. */
import type { AnyPolicy, Breaker } from '../../../src/index.ts';
import { manualClock, type ManualClock } from '../../../src/testing/index.ts';
import { Recorded, watchCircuit, type Recording } from '../../../src/testing/recording.ts';
import type { Doing } from './doings.ts';

export type { Recording };

/** What a story is told from. Times are milliseconds. */
export interface Stage {
  readonly clock: ManualClock;
  readonly circuit: Breaker | undefined;
}

/** One call: when it comes, under which policy, and what its attempts do; the last of these repeats. */
export interface Caller {
  /** The lane it is drawn in. Calls in one lane do not overlap. */
  readonly lane: string;
  readonly at: number;
  /** Made anew for each call, so that events are this call's; the circuit is shared. */
  readonly guard: (stage: Stage) => AnyPolicy;
  readonly attempts: readonly Doing[];
  /** When the caller aborts. */
  readonly abortsAt?: number | undefined;
}

export interface Plot {
  readonly circuit?: ((clock: ManualClock) => Breaker<any>) | undefined;
  readonly calls: readonly Caller[];
  /** Where the story ends. */
  readonly until: number;
}

/** The functions of a story run to their end, also beyond `until`; what is drawn is cut there. */
export async function record({ circuit: make, calls, until }: Plot): Promise<Recording> {
  const clock = manualClock({ random: () => 0.5 });
  const circuit = make?.(clock);
  const states = watchCircuit(circuit, clock);
  const running = calls.map((caller) => new Recorded(caller.lane, caller.guard({ clock, circuit }), clock, caller.at));
  for (const [i, call] of running.entries()) {
    const { at, attempts, abortsAt } = calls[i]!;
    const controller = new AbortController();
    clock.setTimer(() => {
      if (abortsAt !== undefined) clock.setTimer(() => controller.abort(new Error('no longer needed')), abortsAt - at);
      void call.run((ctx) => attempts[Math.min(ctx.attempt, attempts.length) - 1]!(ctx, clock), [], controller.signal);
    }, at);
  }
  await clock.to(until);
  const recording = {
    until,
    policies: [...new Set(running.map(({ guard }) => String(guard)))],
    calls: running.map((call) => call.told(until)),
    states: states(until),
  };
  await clock.runAll();
  return recording;
}
