/**
 * One call on its way through a policy: what it runs, what can end it, and the attempts it makes.
 * @module
 */
import type { Clock } from './clock.ts';
import type { Emitter, Report } from './events.ts';
import type { Outcome, Verdict } from './handle.ts';
import type { PolicyEvent } from './policy-event.ts';

/** What a function gets that asks for it. */
export interface Context {
  /**
   * Aborts when the attempt times out, when the deadline of the call ends, and when the caller aborts; the reason is
   * passed by identity. It is made when it is first read.
   */
  readonly signal: AbortSignal;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
}

/** What the layers of one policy share. */
export interface Env {
  readonly clock: Clock;
  readonly report: Report;
  readonly events: Emitter<PolicyEvent>;
  /** The longest that an attempt of this policy may take, in milliseconds; `undefined` where nothing bounds it. */
  readonly bound: number | undefined;
}

/** How a call was admitted by a guard that can shut: what the layers inside it ask of it. */
export interface Door {
  /** The call is a trial: one attempt and no more. */
  readonly probe: boolean;
  /** What the call ends with if it may not wait for another attempt now; `undefined` when it may. */
  refusal(call: Call): Error | undefined;
  /** Asks for another attempt right before it starts, and answers like {@link Door.refusal}. */
  renew(call: Call): Error | undefined;
  /** Calls `shut` with what the call ends with when the door shuts while it waits. The answer stops that. */
  watch(call: Call, shut: (refusal: Error) => void): () => void;
  /** Hears what came of each attempt, when it is settled. */
  attempted(attempt: Attempt, outcome: Outcome): void;
}

/** The time one attempt may take, and what happens when it is over. */
interface Limit {
  readonly ms: number;
  readonly expired: (attempt: Attempt) => void;
}

const NO_SIGNALS: readonly AbortSignal[] = [];

/** One call of a policy. */
export class Call {
  readonly env: Env;
  /** Applies the user's function. */
  readonly target: (attempt: Attempt) => unknown;
  /** The call's own arguments. */
  readonly args: readonly unknown[];
  /** The call's own `this`. */
  readonly self: unknown;
  /** Answers at once: a promise from the function is refused. */
  readonly sync: boolean;
  /** What the caller can abort it with: its own signal, the signal of the attempt it runs in, both, or none. */
  readonly signals: readonly AbortSignal[];
  /** The attempt of another policy that this call is. */
  readonly outer: Attempt | undefined;
  /** How a guard admitted it. */
  door: Door | undefined = undefined;
  /** When its time is over, on the clock of its policy. */
  deadlineAt: number = Infinity;
  /** How many attempts started. */
  started: number = 0;
  /** The attempt that is under way, or was last. */
  attempt: Attempt;
  /** What the attempt came to that is to be followed by another: the cause, where the call is given up before that. */
  last: Outcome | undefined = undefined;
  /** What a layer with a `handle` of its own said last: the layers around it take it over. */
  judged: { readonly outcome: Outcome; readonly verdict: Verdict } | undefined = undefined;

  constructor(
    env: Env,
    target: (attempt: Attempt) => unknown,
    args: readonly unknown[],
    sync: boolean,
    signal: AbortSignal | undefined,
    outer: Attempt | undefined,
    self?: unknown,
  ) {
    this.env = env;
    this.target = target;
    this.args = args;
    this.self = self;
    this.sync = sync;
    this.outer = outer;
    this.signals = signal === undefined && outer === undefined ? NO_SIGNALS : signalsOf(signal, outer?.signal);
    this.attempt = new Attempt(this, 1);
    const left = outer?.call.remainingMs() ?? Infinity;
    if (left < Infinity) this.deadlineAt = env.clock.now() + left;
  }

  /** The signal that the caller aborted; `undefined` while none is. */
  get aborted(): AbortSignal | undefined {
    for (const signal of this.signals) if (signal.aborted) return signal;
    return undefined;
  }

  /** What is left until the deadline, in milliseconds; not below 0. */
  remainingMs(): number {
    return this.deadlineAt === Infinity ? Infinity : Math.max(0, this.deadlineAt - this.env.clock.now());
  }
}

function signalsOf(own: AbortSignal | undefined, outer: AbortSignal | undefined): readonly AbortSignal[] {
  return [own, outer].filter((signal) => signal !== undefined);
}

/** Something of a call that runs and can be ended from outside, with a signal that tells it so. */
export class Scope {
  readonly call: Call;
  /** It has its outcome: what comes later is dropped. */
  done = false;
  #controller: AbortController | undefined = undefined;
  #stop: { readonly reason: unknown } | undefined = undefined;
  #end: ((error: unknown) => void) | undefined = undefined;

  constructor(call: Call) {
    this.call = call;
  }

  /** Made when first read: reading `AbortController.signal` is most of what a signal costs. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stop !== undefined) this.#controller.abort(this.#stop.reason);
    }
    return this.#controller.signal;
  }

  /** Why its signal aborted. */
  get stopped(): { readonly reason: unknown } | undefined {
    return this.#stop;
  }

  /** Tells the function to stop, and waits for it. */
  stop(reason: unknown): void {
    if (!this.done) this.#abort(reason);
  }

  /** Ends it now with `error`, whatever the function does. */
  cut(error: unknown): void {
    if (this.done) return;
    this.done = true;
    this.#abort(error);
    this.#end?.(error);
  }

  #abort(reason: unknown): void {
    if (this.#stop !== undefined) return;
    this.#stop = { reason };
    this.#controller?.abort(reason);
  }

  /** How {@link Scope.cut} ends a promise that is waited for. */
  endWith(end: (error: unknown) => void): void {
    this.#end = end;
  }
}

/** One go at the function. */
export class Attempt extends Scope {
  /** From 1. */
  readonly number: number;
  /** The time it may take. */
  limit: Limit | undefined = undefined;
  /** Its failure has been told. */
  announced = false;
  /** The deadline of the call cut it: there is no time for another. */
  overdue = false;

  constructor(call: Call, number: number) {
    super(call);
    this.number = number;
  }

  /** The attempt after this one. */
  next(): Attempt {
    return (this.call.attempt = new Attempt(this.call, this.number + 1));
  }

  /** What the function gets: own properties, so that a context can be spread. */
  get context(): Context {
    return contextOf(this, this.number);
  }
}

/** A context whose signal is the scope's own, made when it is read. */
export function contextOf(scope: Scope, attempt: number): Context {
  return {
    get signal() {
      return scope.signal;
    },
    attempt,
  };
}
