/**
 * Runs a story with the real code under the manual clock and writes down what happened. Nothing that a timeline shows comes
 * from anywhere else.
 */
import { DeadlineExceededError, PolicyError, TimeoutError } from '../../../src/index.ts';
import type { AnyPolicy, Breaker, CircuitState, Context } from '../../../src/index.ts';
import { VirtualClock } from '../../../test/helpers/virtual-clock.ts';
import type { Doing } from './doings.ts';

/** What a story is told from. Times are milliseconds. */
export interface Stage {
  readonly clock: VirtualClock;
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
  readonly circuit?: ((clock: VirtualClock) => Breaker<any>) | undefined;
  readonly calls: readonly Caller[];
  /** Where the story ends. */
  readonly until: number;
}

/** How an attempt ended, as the policy saw it. */
export type Came = 'ok' | 'failed' | 'timed out' | 'out of time' | 'aborted' | 'running';

export interface AttemptRecord {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly came: Came;
  /** When its signal aborted. */
  readonly toldToStop: number | undefined;
  /** When the function was done, where that was after the policy had ended the attempt. */
  readonly ranOnTo: number | undefined;
}

export interface WaitRecord {
  readonly from: number;
  readonly to: number;
  /** What was announced. */
  readonly planned: number;
}

export interface CallRecord {
  readonly lane: string;
  readonly from: number;
  readonly to: number;
  readonly attempts: readonly AttemptRecord[];
  readonly waits: readonly WaitRecord[];
  readonly end: 'answer' | 'fallback' | 'error' | 'rejected' | 'running';
  /** The answer or the error, in a few words. */
  readonly result: string;
}

export interface StateRecord {
  readonly state: CircuitState;
  readonly from: number;
  readonly to: number;
  /** It left the state before the story ended. */
  readonly over: boolean;
}

export interface Recording {
  readonly until: number;
  /** The policies, each once, as they print themselves. */
  readonly policies: readonly string[];
  readonly calls: readonly CallRecord[];
  readonly states: readonly StateRecord[];
}

/** The functions of a story run to their end, also beyond `until`; what is drawn is cut there. */
export async function record({ circuit: make, calls, until }: Plot): Promise<Recording> {
  const clock = new VirtualClock();
  const circuit = make?.(clock);
  const changes: { readonly at: number; readonly state: CircuitState }[] = [{ at: 0, state: 'closed' }];
  circuit?.onStateChange(({ to }) => changes.push({ at: clock.time, state: to }));
  const running = calls.map((caller) => new Running(caller, { clock, circuit }));
  for (const call of running) clock.setTimer(() => call.start(), call.caller.at);
  await clock.to(until);
  const states = changes.map(({ at: from, state }, i) => {
    const next = changes[i + 1];
    return { state, from, to: next?.at ?? until, over: next !== undefined };
  });
  const all = running.map((call) => call.told(until));
  await clock.drain();
  return {
    until,
    policies: [...new Set(running.map(({ guard }) => String(guard)))],
    calls: all,
    states: circuit === undefined ? [] : states,
  };
}

/** What is known of an attempt while it runs. */
interface Going {
  readonly number: number;
  readonly from: number;
  failedAt?: number;
  done?: { readonly at: number; readonly ok: boolean };
  told?: { readonly at: number; readonly reason: unknown };
}

class Running {
  readonly caller: Caller;
  readonly guard: AnyPolicy;
  readonly #clock: VirtualClock;
  readonly #attempts: Going[] = [];
  readonly #waits: { readonly after: number; readonly from: number; readonly planned: number }[] = [];
  #turnedAway = false;
  #fellBack = false;
  #end: { readonly at: number; readonly value?: unknown; readonly error?: unknown } | undefined;

  constructor(caller: Caller, stage: Stage) {
    this.caller = caller;
    this.#clock = stage.clock;
    this.guard = caller.guard(stage);
    this.guard.onEvent((event) => {
      const at = this.#clock.time;
      if (event.type === 'attempt-failed') this.#attempts[event.attempt - 1]!.failedAt = at;
      if (event.type === 'retry-scheduled') this.#waits.push({ after: event.attempt, from: at, planned: event.delay });
      if (event.type === 'rejected') this.#turnedAway = true;
      if (event.type === 'fell-back') this.#fellBack = true;
    });
  }

  start(): void {
    const { abortsAt } = this.caller;
    const controller = new AbortController();
    if (abortsAt !== undefined) {
      this.#clock.setTimer(() => controller.abort(new Error('no longer needed')), abortsAt - this.#clock.time);
    }
    const settled = abortsAt === undefined ? this.guard.execute(this.#fn) : this.guard.execute(this.#fn, controller.signal);
    void settled.then(
      (value) => (this.#end = { at: this.#clock.time, value }),
      (error: unknown) => (this.#end = { at: this.#clock.time, error }),
    );
  }

  readonly #fn = (ctx: Context): Promise<unknown> => {
    const going: Going = { number: ctx.attempt, from: this.#clock.time };
    this.#attempts.push(going);
    ctx.signal.addEventListener('abort', () => (going.told = { at: this.#clock.time, reason: ctx.signal.reason }));
    const { attempts } = this.caller;
    const doing = attempts[Math.min(ctx.attempt, attempts.length) - 1]!(ctx, this.#clock);
    const ended = (ok: boolean): void => void (going.done = { at: this.#clock.time, ok });
    doing.then(() => ended(true), () => ended(false));
    return doing;
  };

  /** What happened until now. */
  told(until: number): CallRecord {
    const end = this.#end;
    const attempts = this.#attempts.map((going) => attemptRecord(going, Math.min(end?.at ?? until, until)));
    const waits = this.#waits.map(({ after, from, planned }) => {
      const next = attempts.find(({ number }) => number === after + 1);
      return { from, planned, to: next?.from ?? end?.at ?? until };
    });
    const { lane, at: from } = this.caller;
    if (end === undefined) return { lane, from, to: until, attempts, waits, end: 'running', result: '' };
    const kind = this.#fellBack ? 'fallback' : !('error' in end) ? 'answer' : this.#turnedAway ? 'rejected' : 'error';
    return { lane, from, to: end.at, attempts, waits, end: kind, result: 'error' in end ? nameOf(end.error) : quote(end.value) };
  }
}

function attemptRecord({ number, from, failedAt, done, told }: Going, callEnd: number): AttemptRecord {
  const to = Math.min(done?.at ?? Infinity, failedAt ?? Infinity, callEnd);
  const finished = done?.at === to && (done.ok || told === undefined);
  const came = finished ? (done.ok ? 'ok' : 'failed') : told === undefined ? 'running' : cameOf(told.reason);
  const ranOn = done === undefined ? undefined : done.at > to;
  return { number, from, to, came, toldToStop: told?.at, ranOnTo: ranOn === true ? done!.at : undefined };
}

function cameOf(reason: unknown): Came {
  if (reason instanceof TimeoutError) return 'timed out';
  return reason instanceof DeadlineExceededError ? 'out of time' : 'aborted';
}

function nameOf(error: unknown): string {
  return error instanceof PolicyError ? error.name : String(error);
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
