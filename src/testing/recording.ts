/**
 * Writes down what becomes of calls that real policies run under a manual clock. Nothing that a timeline shows comes from
 * anywhere else.
 */
import { DeadlineExceededError, TimeoutError } from 'breakwater';
import type { AnyPolicy, Circuit, CircuitState, Context, LayerKind, Outcome } from 'breakwater';
import type { ManualClock } from './manual-clock.ts';

/** How an attempt ended, as the policy saw it; `'running'`: it had not. */
export type Came = 'ok' | 'failed' | 'timed out' | 'out of time' | 'aborted' | 'running';

/** One go at the function. Times are milliseconds since the beginning. */
export interface AttemptRecord {
  /** Which attempt of its call, from 1. */
  readonly attempt: number;
  /** When it began, in milliseconds. */
  readonly from: number;
  /** When it ended for the policy, in milliseconds. */
  readonly to: number;
  /** How it ended. */
  readonly came: Came;
  /** When its signal aborted, in milliseconds. */
  readonly toldToStop: number | undefined;
  /** When the function was done, in milliseconds, where that was after the policy had ended the attempt. */
  readonly ranOnTo: number | undefined;
}

/** A time in which a call waited. Times are milliseconds since the beginning. */
export interface WaitRecord {
  /** The kind of the layer that it waited in. */
  readonly by: LayerKind;
  /** When it began, in milliseconds. */
  readonly from: number;
  /** When it ended, in milliseconds. */
  readonly to: number;
  /** How long retry wanted it to be, in milliseconds; it may have ended before. */
  readonly planned: number | undefined;
}

/** One call of the policy. Times are milliseconds since the beginning. */
export interface CallRecord {
  /** What it is called. */
  readonly name: string;
  /** When it entered the policy, in milliseconds. */
  readonly from: number;
  /** When it ended, in milliseconds; where it has not, the end of the timeline. */
  readonly to: number;
  /** The attempts that it made, in their order. */
  readonly attempts: readonly AttemptRecord[];
  /** The waits between them, and before them. */
  readonly waits: readonly WaitRecord[];
  /**
   * How it ended: with an answer, with one of the fallback, with an error, or because the policy turned it away or gave it
   * up; `'running'`: it has not.
   */
  readonly end: 'answer' | 'fallback' | 'error' | 'rejected' | 'running';
  /** What its caller got; `undefined` while it is running. */
  readonly outcome: Outcome | undefined;
}

/** A time in which the circuit was in one state. */
export interface StateRecord {
  /** The state. */
  readonly state: CircuitState;
  /** When it began, in milliseconds. */
  readonly from: number;
  /** When it ended, in milliseconds. */
  readonly to: number;
  /** Whether it ended before the timeline does. */
  readonly over: boolean;
}

/** What a timeline is drawn from. */
export interface Recording {
  readonly until: number;
  /** The policies, each once, as they print themselves. */
  readonly policies: readonly string[];
  readonly calls: readonly CallRecord[];
  readonly states: readonly StateRecord[];
}

/** The states of a circuit from now on; the function answers what they were until a time. */
export function watchCircuit(circuit: Circuit | undefined, clock: ManualClock): (until: number) => StateRecord[] {
  if (circuit === undefined) return () => [];
  const changes: { readonly at: number; readonly state: CircuitState }[] = [{ at: clock.time, state: circuit.state }];
  circuit.onStateChange(({ to }) => changes.push({ at: clock.time, state: to }));
  return (until) =>
    changes.map(({ at: from, state }, i) => {
      const next = changes[i + 1];
      return { state, from, to: next?.at ?? until, over: next !== undefined };
    });
}

/** What is known of an attempt while it runs. */
interface Going {
  readonly attempt: number;
  readonly from: number;
  failedAt?: number;
  done?: { readonly at: number; readonly ok: boolean };
  told?: { readonly at: number; readonly reason: unknown };
}

interface Waiting {
  readonly by: LayerKind;
  readonly from: number;
  readonly planned: number | undefined;
  /** When something else began. */
  to?: number;
}

type Watched = (ctx: Context, ...args: readonly unknown[]) => Promise<unknown>;

/** One call, and what is seen of it. */
export class Recorded {
  readonly name: string;
  readonly guard: AnyPolicy;
  readonly #clock: ManualClock;
  #from: number;
  readonly #attempts: Going[] = [];
  readonly #waits: Waiting[] = [];
  #turnedAway = false;
  #fellBack = false;
  #end: { readonly at: number; readonly outcome: Outcome } | undefined;

  /** `guard` is for this call alone, so that its events are this call's; its parts may be shared. */
  constructor(name: string, guard: AnyPolicy, clock: ManualClock, at: number = clock.time) {
    this.name = name;
    this.guard = guard;
    this.#clock = clock;
    this.#from = at;
  }

  /** Runs it, and resolves when it has ended; it never rejects. */
  async run(fn: Watched, args: readonly unknown[] = [], signal?: AbortSignal): Promise<void> {
    this.#from = this.#clock.time;
    const listening = this.#listen();
    const options = signal === undefined ? {} : { signal };
    const watched = (ctx: Context, ...given: readonly unknown[]): Promise<unknown> => this.#attempt(ctx, () => fn(ctx, ...given));
    const outcome = await this.guard.wrapWithContext(watched, options)(...args).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    this.#end = { at: this.#clock.time, outcome };
    listening.dispose();
  }

  #listen(): { dispose(): void } {
    return this.guard.onEvent((event) => {
      const at = this.#clock.time;
      if (event.type === 'attempt-failed') this.#last(event.attempt).failedAt = at;
      if (event.type === 'retry-scheduled') this.#wait({ by: 'retry', from: at, planned: event.delay });
      if (event.type === 'waiting') this.#wait({ by: event.by, from: at, planned: undefined });
      if (event.type === 'rejected') this.#turnedAway = true;
      if (event.type === 'fell-back') this.#fellBack = true;
    });
  }

  #attempt({ attempt, signal }: Context, start: () => Promise<unknown>): Promise<unknown> {
    const going: Going = { attempt, from: this.#clock.time };
    this.#attempts.push(going);
    this.#endWait();
    signal.addEventListener('abort', () => (going.told = { at: this.#clock.time, reason: signal.reason }));
    const ended = (ok: boolean): void => void (going.done = { at: this.#clock.time, ok });
    const doing = start();
    doing.then(() => ended(true), () => ended(false));
    return doing;
  }

  /** The last go of that number: a probe that failed may be followed by another of the same. */
  #last(attempt: number): Partial<Going> {
    return [...this.#attempts].reverse().find((going) => going.attempt === attempt) ?? {};
  }

  #wait(waiting: Waiting): void {
    this.#endWait();
    this.#waits.push(waiting);
  }

  #endWait(): void {
    const last = this.#waits.at(-1);
    if (last !== undefined) last.to ??= this.#clock.time;
  }

  /** What happened until now. */
  told(until: number): CallRecord {
    const { name } = this;
    const [to, outcome] = [this.#end?.at ?? until, this.#end?.outcome];
    const attempts = this.#attempts.map((going) => attemptRecord(going, Math.min(to, until)));
    const waits = this.#waits.map((wait) => ({ by: wait.by, from: wait.from, to: wait.to ?? to, planned: wait.planned }));
    const record = { name, from: this.#from, to, attempts, waits, outcome };
    if (outcome === undefined) return { ...record, end: 'running' };
    return { ...record, end: this.#fellBack ? 'fallback' : 'value' in outcome ? 'answer' : this.#turnedAway ? 'rejected' : 'error' };
  }
}

function attemptRecord({ attempt, from, failedAt, done, told }: Going, callEnd: number): AttemptRecord {
  const to = Math.min(done?.at ?? Infinity, failedAt ?? Infinity, callEnd);
  const finished = done?.at === to && (done.ok || told === undefined);
  const came = finished ? (done.ok ? 'ok' : 'failed') : told === undefined ? 'running' : cameOf(told.reason);
  return { attempt, from, to, came, toldToStop: told?.at, ranOnTo: done !== undefined && done.at > to ? done.at : undefined };
}

function cameOf(reason: unknown): Came {
  if (reason instanceof TimeoutError) return 'timed out';
  return reason instanceof DeadlineExceededError ? 'out of time' : 'aborted';
}
