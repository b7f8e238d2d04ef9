/**
 * Scripted runs: calls that begin at given times and whose attempts do as they are told, and the trace of all that could
 * be seen of it. Two policies are the same where their traces are.
 * @module
 */
import type { Mode, PolicyEvent, PolicyOf } from '../../src/index.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What an attempt does, and how long it takes, in milliseconds; `'hangs'` ends only by its signal, or never. */
export interface Act {
  readonly does: 'returns' | 'returns bad' | 'throws' | 'throws ignored' | 'hangs';
  readonly takes: number;
}

/** One call: when it begins, what its attempts do (the last act repeats), and when its caller gives up, if at all. */
export interface ScriptedCall {
  readonly at: number;
  readonly acts: readonly Act[];
  readonly abortsAt?: number | undefined;
}

export type Script = readonly ScriptedCall[];

/** An error that tests let a `handle` ignore. */
export class Ignored extends Error {}

/** A value that tests let a `handle` call bad. */
export const BAD = 'bad';

/** What a policy did in a run, line by line with its time; the layers it has; how its circuit ended. */
export interface Trace {
  readonly text: string;
  readonly layers: unknown;
  readonly lines: readonly string[];
  readonly circuit: unknown;
  readonly armed: number;
}

/** Runs a script against the policy that `build` makes on a clock of its own. */
export async function play(build: (clock: VirtualClock) => PolicyOf<string, Mode, unknown>, script: Script): Promise<Trace> {
  const clock = new VirtualClock();
  const guard = build(clock);
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(`${clock.time}: ${line}`);
  guard.onEvent((event) => say(told(event)));
  guard.onSuccess(({ duration }) => say(`success in ${duration}`));
  guard.onFailure(({ duration, handled }) => say(`failure in ${duration}, ${handled ? 'handled' : 'not handled'}`));
  for (const [id, { at, acts, abortsAt }] of script.entries()) {
    const controller = new AbortController();
    clock.setTimer(() => {
      say(`call ${id} begins${guard.circuit === undefined ? '' : `, ${guard.circuit.state}, isOpen ${guard.circuit.isOpen()}`}`);
      let attempt = 0;
      void guard
        .execute((ctx) => {
          say(`call ${id} attempt ${ctx.attempt}`);
          return act(clock, acts[Math.min(attempt++, acts.length - 1)]!, `${id}.${attempt}`, ctx.signal);
        }, controller.signal)
        .then(
          (value) => say(`call ${id} has ${String(value)}`),
          (error: unknown) => say(`call ${id} fails: ${String(error)}, cause ${String((error as Error).cause)}`),
        );
    }, at);
    if (abortsAt !== undefined) clock.setTimer(() => controller.abort(`caller ${id} left`), abortsAt);
  }
  await clock.drain();
  const { circuit } = guard;
  return {
    text: String(guard),
    layers: guard.describe(),
    lines,
    circuit: circuit && { ...circuit.toJSON(), stats: circuit.stats() },
    armed: clock.armed,
  };
}


function act(clock: VirtualClock, { does, takes }: Act, name: string, signal: AbortSignal): unknown {
  const result = (): unknown => {
    if (does === 'throws') throw new Error(`error ${name}`);
    if (does === 'throws ignored') throw new Ignored(`ignored ${name}`);
    return does === 'returns bad' ? BAD : `value ${name}`;
  };
  if (takes === 0 && does !== 'hangs') return result();
  return new Promise((resolve, reject) => {
    const timer = does === 'hangs' ? undefined : clock.setTimer(() => resolve(undefined), takes);
    signal.addEventListener('abort', () => {
      clock.clearTimer(timer);
      reject(signal.reason);
    });
  }).then(result);
}

function told(event: PolicyEvent): string {
  const { type, ...facts } = event;
  return `${type} ${JSON.stringify(facts, (_, value: unknown) => (value instanceof Error ? `${value.name}: ${value.message}` : value))}`;
}
