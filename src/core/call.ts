/**
 * One call on its way through a policy: what it runs, what can end it, and the attempts it makes.
 * @module
 */
import { Attempt, NO_SIGNALS, type Limit } from './attempt.ts';
import type { Clock } from './clock.ts';
import type { Emitter, Report } from './events.ts';
import type { Outcome, Verdict } from './handle.ts';
import type { PolicyEvent } from './policy-event.ts';

/** What the layers of one policy share. */
export interface Env {
  readonly clock: Clock;
  readonly report: Report;
  readonly events: Emitter<PolicyEvent>;
  /** The longest that an attempt of this policy may take, in milliseconds; `undefined` where nothing bounds it. */
  readonly bound: number | undefined;
  /** The time that each attempt may take, and what happens when it is over. */
  readonly limit: Limit | undefined;
  /** What happens around the function itself. */
  readonly inside: Inside | undefined;
  /** What further attempts are taken from. */
  readonly budget: Budget | undefined;
}

/** Runs around the function of a user's: `start` runs the function. */
export type Inside = (call: Call, start: () => unknown) => unknown;

/** A budget that further attempts are taken from. */
export interface Budget {
  /** What is left. Attempts are granted while it is above half of `maxTokens`. */
  readonly tokens: number;
  readonly maxTokens: number;
  /** Takes a token; whether another attempt is granted. */
  '~failed'(): boolean;
  /** A success gives back a part of one. */
  '~succeeded'(): void;
}

/** How a call was admitted by a guard that can shut: what the layers inside it ask of it. */
export interface Door {
  /** The call is a trial: one attempt and no more. */
  readonly probe: boolean;
  /** It stands open for everybody, this call among them: there may be more than one attempt at once. */
  readonly steady: boolean;
  /** What the call ends with if it may not wait for another attempt now; `undefined` when it may. */
  refusal(call: Call): Error | undefined;
  /** Asks for another attempt right before it starts, and answers like {@link Door.refusal}. */
  renew(call: Call): Error | undefined;
  /** Calls `shut` with what the call ends with when the door shuts while it waits. The answer stops that. */
  watch(call: Call, shut: (refusal: Error) => void): () => void;
  /** Whether it wants to hear what came of each attempt. */
  readonly countsAttempts: boolean;
  /** Hears what came of each attempt, when it is settled. */
  attempted(call: Call, outcome: Outcome): void;
}

/** A function of the user's, and how it is run. */
export interface Task {
  readonly fn: (this: unknown, ...args: never[]) => unknown;
  /** It takes a context first. */
  readonly withContext: boolean;
  /** It answers at once: a promise from it is refused. */
  readonly sync: boolean;
  /** It is another policy's, which takes over what it needs of the call that it is nested in. */
  readonly nested: ((self: unknown, args: readonly unknown[], outer: Call) => unknown) | undefined;
  /** Neither sync nor nested: the quick way is open to it. */
  readonly simple: boolean;
}

/** Makes the error that a call is turned away with. */
export type Refusal = (call: Call) => Error;

/** What is remembered of a call that did not simply answer. */
class History {
  /** What the attempt came to that is to be followed by another: the cause, where the call is given up before that. */
  last: Outcome | undefined = undefined;
  /** What a layer with a `handle` of its own said last: the layers around it take it over. */
  judged: { readonly outcome: Outcome; readonly verdict: Verdict } | undefined = undefined;
  /** The number of the last attempt whose failure has been told. */
  announced = 0;
  /** The deadline cut its attempt: there is no time for another. */
  overdue = false;
  /** What retry keeps of it. */
  retrying: object | undefined = undefined;
  /** When it began, on the clock of its policy: known where somebody listens. */
  begun = 0;
  /** When the function of its last attempt started, on the same clock: known where a layer is `timed`. */
  startedAt = 0;
  /** Called there when the function of an attempt starts. */
  starting: (() => void) | undefined = undefined;
  /** How long that attempt took, in milliseconds: known there, once it is over. */
  took: number | undefined = undefined;
  /** Another attempt would follow, had this one not been a trial. */
  unfinished = false;
  /** What is done when this round is over. */
  leaving: (() => void)[] | undefined = undefined;
}

/**
 * One call of a policy: the record that every layer reads and writes. There is one for each call, so it is small, and what
 * only some calls need (the attempt with its signal, the history) is made when it is asked for.
 */
export class Call {
  readonly env: Env;
  readonly task: Task;
  /** The call's own `this`. */
  readonly self: unknown;
  /** The call's own arguments. */
  readonly args: readonly unknown[];
  /** What the caller can abort it with: its own signal, the signal of the attempt it runs in, both, or none. */
  readonly signals: readonly AbortSignal[];
  /** The call that it is a fork of. */
  parent: Call | undefined;
  /** The call of another policy that it is nested in. */
  readonly outer: Call | undefined;
  /** The attempt of that call which it is. */
  readonly under: Attempt | undefined;
  /** How a guard admitted it. */
  door: Door | undefined;
  /** When its time is over, on the clock of its policy. */
  deadlineAt: number;
  /** The number of the attempt that is under way, or was last, from 1. */
  number: number;
  /** How many attempts started. */
  started: number;
  /** How far it is on its way through the stages of its policy; see {@link link}. */
  at: number;
  /** Whether what it carries outward is an error. */
  failed: boolean;
  /** What it carries outward: the value, or the error. */
  result: unknown;
  /** What the error is made of that it carries, as long as nobody has looked at it. */
  refusal: Refusal | undefined;
  /** The attempt, if it was made already. */
  made: Attempt | undefined;
  /** The history, if there is one already. */
  past: History | undefined;

  constructor(
    env: Env,
    task: Task,
    self: unknown,
    args: readonly unknown[],
    signals: readonly AbortSignal[],
    outer: Call | undefined,
  ) {
    this.env = env;
    this.task = task;
    this.self = self;
    this.args = args;
    this.signals = signals;
    this.parent = undefined;
    this.outer = outer;
    this.under = outer?.attempt;
    this.door = undefined;
    this.deadlineAt = Infinity;
    this.number = 1;
    this.started = 0;
    this.at = 0;
    this.failed = false;
    this.result = undefined;
    this.refusal = undefined;
    this.made = undefined;
    this.past = undefined;
    if (outer !== undefined) {
      const left = outer.remainingMs();
      if (left < Infinity) this.deadlineAt = env.clock.now() + left;
    }
  }

  /** What is remembered of it, for writing. */
  get history(): History {
    return (this.past ??= new History());
  }

  /** The attempt that is under way, or was last. */
  get attempt(): Attempt {
    return (this.made ??= new Attempt(this.env.limit, this.signals, this.number));
  }

  /** Runs the function. */
  start(): unknown {
    const { inside } = this.env;
    return inside === undefined ? this.#run() : this.#runWithin(inside);
  }

  /** Apart, so that a call that nothing happens around does not pay for the function. */
  #runWithin(inside: Inside): unknown {
    return inside(this, () => this.#run());
  }

  #run(): unknown {
    const { fn, withContext, nested } = this.task;
    const args = withContext ? [this.attempt.context, ...this.args] : this.args;
    return nested === undefined ? Reflect.apply(fn, this.self, args) : nested(this.self, args, this);
  }

  /** Begins another attempt. */
  next(): void {
    this.number += 1;
    this.made = undefined;
    if (this.past !== undefined) this.past.took = undefined;
  }

  /** An attempt starts. */
  count(): void {
    this.started += 1;
    for (let { parent } = this; parent !== undefined; parent = parent.parent) parent.started += 1;
  }

  /** The signal that the caller aborted; `undefined` while none is. */
  get aborted(): AbortSignal | undefined {
    const { signals } = this;
    return signals.length === 0 ? undefined : signals.find((signal) => signal.aborted);
  }

  /** What is left until the deadline, in milliseconds; not below 0. */
  remainingMs(): number {
    return this.deadlineAt === Infinity ? Infinity : Math.max(0, this.deadlineAt - this.env.clock.now());
  }
}

/** What can end a call from outside: its own signal, and the attempt that it runs in. */
export function signalsOf(own: AbortSignal | undefined, outer: Call | undefined): readonly AbortSignal[] {
  if (own === undefined && outer === undefined) return NO_SIGNALS;
  // A function may hand the signal of its attempt on: then the two are one.
  return [...new Set([own, outer?.attempt.signal])].filter((signal) => signal !== undefined);
}
