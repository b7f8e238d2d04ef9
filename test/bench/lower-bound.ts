/**
 * What a hand can write for one purpose: no events, no checks of options, no probes, no hints, no thenables. It marks what
 * is possible on a machine, and is no library.
 */
import { answer, answerSync, fail, LONG, type Contender, type MeasuredCall } from './contender.ts';
import { SharedTimer, type Waiting } from './shared-timer.ts';

type Fn<C = void> = (ctx: C) => Promise<unknown>;

/** Counts failures in a row, and shuts. One derived promise carries the answer, another one counts; no error is rethrown. */
class Circuit {
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
function stackless(): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error('open');
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

/** Repeats at once, up to three attempts. */
function retry(fn: Fn, attempt = 1): Promise<unknown> {
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
    const error = new Error('timed out');
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

function underTimeout(timer: SharedTimer, fn: Fn<Limit>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const limit = new Limit(resolve, reject);
    timer.add(limit);
    limit.follow(fn(limit), timer);
  });
}

/** All four in one record: one promise, one entry in the queue. What fails is repeated at once. */
function four(circuit: Circuit, timer: SharedTimer, fn: Fn, attempt = 1): Promise<unknown> {
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

const withCircuit = (threshold: number, call: (circuit: Circuit) => unknown) => (): MeasuredCall => {
  const circuit = new Circuit(threshold);
  return () => call(circuit);
};
const withTimer = (call: (timer: SharedTimer) => unknown) => (): MeasuredCall => {
  const timer = new SharedTimer(LONG);
  return () => call(timer);
};
const isOpen = (call: () => unknown) => (): MeasuredCall => {
  const circuit = new Circuit(1);
  circuit.count();
  return () => (circuit.open ? call() : undefined);
};

export const lowerBound: Contender = {
  name: 'lower bound',
  calls: {
    'breaker.execute': withCircuit(5, (circuit) => circuit.execute(answer)),
    'retry.execute': () => () => retry(answer),
    'fallback.execute': () => () => answer().then(undefined, () => 0),
    'timeout.execute': withTimer((timer) => underTimeout(timer, answer)),
    'four.execute': () => {
      const circuit = new Circuit(5);
      const timer = new SharedTimer(LONG);
      return () => four(circuit, timer, answer);
    },
    'timeout.signal': withTimer((timer) => underTimeout(timer, async ({ signal }) => signal)),
    'breaker.sync': withCircuit(5, (circuit) => circuit.executeSync(answerSync)),
    'open.reject': isOpen(() => Promise.reject(new Error('open'))),
    'open.stackless': isOpen(() => Promise.reject(stackless())),
    'open.fallback': isOpen(() => Promise.resolve(0)),
    'failure.breaker': withCircuit(Infinity, (circuit) => circuit.execute(fail)),
  },
  limit: {
    signal: false,
    make: (ms) => {
      const timer = new SharedTimer(ms);
      return (fn) => underTimeout(timer, fn);
    },
  },
  breaker: () => {
    const held = new Circuit(5);
    return { held, use: () => held.execute(answer) };
  },
};
