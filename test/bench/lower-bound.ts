/**
 * What a hand can write for one purpose: no events, no checks of options, no probes, no hints, no thenables. It marks what
 * is possible on a machine, and is no library.
 */
import type { SharedTimer, Waiting } from './shared-timer.ts';

type Fn<C = void> = (ctx: C) => Promise<unknown>;

/** Counts failures in a row, and shuts. One derived promise carries the answer, another one counts; no error is rethrown. */
export class Circuit {
  failures = 0;
  open = false;
  readonly threshold: number;

  constructor(threshold: number) {
    this.threshold = threshold;
  }

  readonly ok = (value: unknown): unknown => {
    this.failures = 0;
    return value;
  };

  readonly count = (): void => {
    if (++this.failures >= this.threshold) this.open = true;
  };

  execute(fn: Fn): Promise<unknown> {
    if (this.open) return Promise.reject(new Error('open'));
    const pending = fn();
    pending.then(undefined, this.count);
    return pending.then(this.ok);
  }

  executeSync(fn: () => unknown): unknown {
    if (this.open) throw new Error('open');
    try {
      return this.ok(fn());
    } catch (error) {
      this.count();
      throw error;
    }
  }
}

/** An error that carries no stack: the limit is 0 while it is made. */
export function stackless(message: string): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(message);
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

/** Repeats at once, up to three attempts. */
export function retry(fn: Fn, attempt = 1): Promise<unknown> {
  return fn().then(undefined, (error: unknown) => {
    if (attempt >= 3) throw error;
    return retry(fn, attempt + 1);
  });
}

/** One call under a timeout: its own entry in the queue of its duration. The signal is made when it is read. */
class Limit implements Waiting {
  due = 0;
  done = false;
  next: Waiting | undefined = undefined;
  previous: Waiting | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  expired(): void {
    this.done = true;
    const error = stackless('timed out');
    this.#reject(error);
    this.#controller?.abort(error);
  }

  follow(pending: Promise<unknown>, timer: SharedTimer, failed?: (error: unknown) => void): void {
    pending.then(
      (value) => {
        if (this.done) return;
        timer.remove(this);
        this.#resolve(value);
      },
      (error: unknown) => {
        if (this.done) return;
        timer.remove(this);
        failed?.(error);
        this.#reject(error);
      },
    );
  }
}

export function underTimeout(timer: SharedTimer, fn: Fn<Limit>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const limit = new Limit(resolve, reject);
    timer.add(limit);
    limit.follow(fn(limit), timer);
  });
}

/** All four in one record: one promise, one entry in the queue. What fails is repeated at once. */
export function four(circuit: Circuit, timer: SharedTimer, fn: Fn, attempt = 1): Promise<unknown> {
  if (circuit.open) return Promise.resolve(0);
  return new Promise<unknown>((resolve) => {
    const failed = (): void => {
      if (attempt < 3) {
        resolve(four(circuit, timer, fn, attempt + 1));
        return;
      }
      circuit.count();
      resolve(0);
    };
    const answered = (value: unknown): void => {
      circuit.failures = 0;
      resolve(value);
    };
    const limit = new Limit(answered, failed);
    timer.add(limit);
    limit.follow(fn(), timer);
  });
}
