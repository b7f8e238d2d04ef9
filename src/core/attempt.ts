/**
 * One go at the function: what can end it, and the signal that tells the function so.
 * @module
 */
import { follow, unfollow } from './abort.ts';
import type { Lane, Seat } from './lane.ts';

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

/** The time that one attempt may take, and what happens when it is over. */
export interface Limit {
  /** In milliseconds. */
  readonly ms: number;
  /** An attempt had it before: there will be more. */
  repeated: boolean;
  readonly expired: (attempt: Attempt) => void;
}

/** The signals of a call that nobody can abort. */
export const NO_SIGNALS: readonly AbortSignal[] = [];

/**
 * One go at a function of the user's: what can end it from outside, and the signal that tells the function so. Also the
 * handler of a fallback, and a delay function, run as one.
 */
export class Attempt implements Seat {
  readonly limit: Limit | undefined;
  /** What the caller can abort it with. */
  readonly signals: readonly AbortSignal[];
  /** From 1. */
  readonly number: number;
  /** It has its outcome: what comes later is dropped. */
  done: boolean;
  /** A guard that counts attempts has counted it. */
  recorded: boolean;
  /** Why its signal aborted. */
  stopped: { readonly reason: unknown } | undefined;
  /** Called when the function settles, also after it was cut; `undefined` while none is under way. */
  unsettled: (() => void) | undefined;
  /** How the promise that is waited for is settled. */
  resolve: ((value: unknown) => void) | undefined;
  reject: ((error: unknown) => void) | undefined;
  lane: Lane | undefined;
  due: number;
  ahead: Seat | undefined;
  behind: Seat | undefined;
  #controller: AbortController | undefined;
  /** Calls off the timers that it has for itself. */
  #disarm: (() => void) | undefined;
  /** Lets what listens to the signal hear of its abort. */
  #hop: (() => void) | undefined;

  constructor(limit: Limit | undefined, signals: readonly AbortSignal[], number: number) {
    this.limit = limit;
    this.signals = signals;
    this.number = number;
    this.done = false;
    this.recorded = false;
    this.stopped = undefined;
    this.unsettled = undefined;
    this.resolve = undefined;
    this.reject = undefined;
    this.lane = undefined;
    this.due = 0;
    this.ahead = undefined;
    this.behind = undefined;
    this.#controller = undefined;
    this.#disarm = undefined;
    this.#hop = undefined;
  }

  /** Made when first read: reading `AbortController.signal` is most of what a signal costs. */
  get signal(): AbortSignal {
    let controller = this.#controller;
    if (controller === undefined) {
      controller = this.#controller = new AbortController();
      if (this.stopped !== undefined) controller.abort(this.stopped.reason);
      if (this.lane !== undefined) this.#listenHere(controller);
    }
    return controller.signal;
  }

  /** What the function gets. */
  get context(): Context {
    return contextOf(this, this.number);
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
    this.#release();
    this.reject?.(error);
  }

  /** The function has answered. */
  finish(): void {
    this.done = true;
    this.#release();
  }

  /** Begins to follow the caller's signals: their abort cuts it. */
  follow(): void {
    for (const signal of this.signals) follow(signal, this);
  }

  /** Calls a timer off, too, when it is over. */
  until(disarm: () => void): void {
    const other = this.#disarm;
    this.#disarm = other === undefined ? disarm : () => (other(), disarm());
  }

  /** Its time in a lane is over. */
  expire(): void {
    // First, so that the signal aborts before anybody hears of the rejection.
    this.#hop?.();
    this.limit?.expired(this);
  }

  /** The timer of a lane may have been set by another call: listeners are told from a reaction that is made here. */
  #listenHere(controller: AbortController): void {
    const told = new Promise<void>((resolve) => (this.#hop = resolve));
    void told.then(() => controller.abort(this.stopped?.reason));
  }

  #abort(reason: unknown): void {
    if (this.stopped !== undefined) return;
    this.stopped = { reason };
    if (this.#hop === undefined || this.lane !== undefined) this.#controller?.abort(reason);
  }

  #release(): void {
    if (this.lane !== undefined) this.lane.leave(this);
    if (this.#disarm !== undefined) this.#disarm();
    if (this.signals.length > 0) for (const signal of this.signals) unfollow(signal, this);
  }
}

/** What stands behind a context: the signal is put there when it is first read. */
class ContextOf {
  signal: AbortSignal | undefined;
  readonly attempt: number;
  readonly #source: Attempt | undefined;

  constructor(source: Attempt | undefined, attempt: number) {
    this.signal = undefined;
    this.attempt = attempt;
    this.#source = source;
  }

  static read(context: ContextOf): AbortSignal {
    return (context.signal ??= (context.#source ?? new AbortController()).signal);
  }
}

/**
 * Lets the signal pass for a property that is there already, so that a context can be spread (`{ ...ctx, headers }` keeps
 * the signal) and frozen. An object with a getter of its own would cost more than all the rest of a call.
 */
const whenRead: ProxyHandler<ContextOf> = {
  get: (context, key) => (key === 'signal' ? ContextOf.read(context) : Reflect.get(context, key)),
  set: (context, key, value) => key !== 'signal' && Reflect.set(context, key, value),
  getOwnPropertyDescriptor: (context, key) => {
    if (key === 'signal') ContextOf.read(context);
    return Reflect.getOwnPropertyDescriptor(context, key);
  },
  preventExtensions: (context) => {
    ContextOf.read(context);
    return Reflect.preventExtensions(context);
  },
};

/** A context with the signal of the attempt, or with one that nobody aborts; it is made when it is read. */
export function contextOf<More extends object = object>(
  source: Attempt | undefined,
  attempt: number,
  more?: More,
): Context & More {
  const context = new ContextOf(source, attempt);
  if (more !== undefined) Object.assign(context, more);
  return new Proxy<object>(context, whenRead as ProxyHandler<object>) as Context & More;
}
