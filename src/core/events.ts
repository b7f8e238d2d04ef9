/**
 * Events: who listens, in which order they hear, and what happens when a listener throws.
 *
 * All events of the process go through one outbox. Inside {@link settleFirst} they are only collected: state and the fate
 * of every waiting call are settled before the first listener runs. What a listener itself causes queues behind.
 * @module
 */
import { functionOf, type Check } from './options.ts';
import { show } from './text.ts';
import { disregard } from './thenable.ts';

/** What a subscription answers: `dispose()` ends it; with `using` it ends by itself. */
export interface Subscription {
  /** Ends it. Once is enough; again does nothing. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Adds a listener. The same function may be added more than once; each subscription ends on its own.
 * @typeParam T - the events
 */
export type Subscribe<T> = (listener: (event: T) => void) => Subscription;

/** Takes an error that a listener, a callback or a `handle` threw. */
export type Report = (error: unknown) => void;

/** Runs a subscription's end at most once. `Symbol.dispose` is looked up late: not every host has it. */
export function subscription(end: () => void): Subscription {
  let ended = false;
  const dispose = (): void => {
    if (ended) return;
    ended = true;
    end();
  };
  return { dispose, [Symbol.dispose ?? Symbol.for('Symbol.dispose')]: dispose } as Subscription;
}

const outbox: (() => void)[] = [];
let held = 0;

/** Does `work` to its end before any listener hears of it. */
export function settleFirst<T>(work: () => T): T {
  held++;
  try {
    return work();
  } finally {
    held--;
    deliver();
  }
}

function post(message: () => void): void {
  outbox.push(message);
  deliver();
}

function deliver(): void {
  if (held > 0) return;
  held++;
  try {
    for (let message = outbox.shift(); message !== undefined; message = outbox.shift()) message();
  } finally {
    held--;
  }
}

interface Listener<T> {
  readonly hear: (event: T) => void;
}

/** One kind of event and those who listen to it. */
export class Emitter<T> {
  #listeners: Set<Listener<T>> | undefined = undefined;
  readonly #report: Report;
  readonly #watched: ((observed: boolean) => void) | undefined;

  /** `watched` is told when the first listener comes and when the last one goes. */
  constructor(report: Report, watched?: (observed: boolean) => void) {
    this.#report = report;
    this.#watched = watched;
  }

  /** Whether anybody listens: nothing has to be made for nobody. */
  observed = false;

  /** Adds a listener. */
  get subscribe(): Subscribe<T> {
    return (listener) => {
      const entry = { hear: functionOf<(event: T) => void>('a function that takes the event')(listener, 'a listener') };
      const listeners = (this.#listeners ??= new Set());
      listeners.add(entry);
      this.#look(listeners);
      return subscription(() => {
        listeners.delete(entry);
        this.#look(listeners);
      });
    };
  }

  /** Tells everybody who listens when it is delivered; a listener that is added or ended meanwhile does not hear of it. */
  emit(event: T): void {
    const listeners = this.#listeners;
    if (this.observed && listeners !== undefined) post(() => this.#deliver(listeners, event));
  }

  #look(listeners: Set<Listener<T>>): void {
    const observed = listeners.size > 0;
    if (observed === this.observed) return;
    this.observed = observed;
    this.#watched?.(observed);
  }

  #deliver(listeners: Set<Listener<T>>, event: T): void {
    for (const entry of [...listeners]) if (listeners.has(entry)) attend(entry.hear, event, this.#report);
  }
}

/** Calls a function of the user's that must not change anything for the call: what it throws, or rejects with, is reported. */
export function attend<T>(hear: (event: T) => unknown, event: T, report: Report): void {
  try {
    disregard(hear(event), (error) => safely(report, error));
  } catch (error) {
    safely(report, error);
  }
}

/** Reports, whatever the reporter does. */
export function safely(report: Report, error: unknown): void {
  try {
    disregard(report(error), tellHost);
  } catch (second) {
    tellHost(second);
  }
}

function tellHost(error: unknown): void {
  try {
    reportToHost(error);
  } catch {
    // The host's own reporter threw: there is nobody left to tell, and the call must not suffer.
  }
}

/**
 * Tells the host of an error that nobody catches: a process warning where there is a process, else `reportError`, which in
 * a server (Deno, Bun) would end the process.
 */
export function reportToHost(error: unknown): void {
  const host = globalThis as { reportError?: Report; process?: { emitWarning?: (warning: Error | string) => void } };
  const { process } = host;
  if (typeof process?.emitWarning === 'function') process.emitWarning(error instanceof Error ? error : `A listener threw ${show(error)}`);
  else host.reportError?.(error);
}

/** Checks the option `onListenerError`. */
export const reportOption: Check<Report> = functionOf('a function that takes the error');
