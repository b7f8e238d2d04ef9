/**
 * The innermost run: the user's function against everything that can end it. One race serves the timeout, the deadline
 * and the caller's abort, so that there is one winner; what comes later is dropped without a trace.
 * @module
 */
import { onAbort } from './abort.ts';
import type { Attempt, Scope } from './call.ts';
import { after, nothing } from './clock.ts';
import { adopt, disregard } from './thenable.ts';
import { deadlineExceeded, outOfTime } from './wait.ts';

/** Runs the call's function as one attempt, within its limit and the call's deadline. */
export function invoke(attempt: Attempt): unknown {
  const { call, limit } = attempt;
  if (call.sync) return direct(attempt);
  // A listener may have aborted it on the way here, and a signal tells of its abort only once.
  const { aborted } = call;
  if (aborted !== undefined) throw aborted.reason;
  const left = call.remainingMs();
  if (left === 0) throw outOfTime(call);
  if (limit === undefined && left === Infinity && call.signals.length === 0) {
    call.started++;
    return adopt(call.target(attempt));
  }
  const overdue = (): void => {
    attempt.overdue = true;
    attempt.cut(deadlineExceeded(call));
  };
  call.started++;
  const start = (): unknown => call.target(attempt);
  if (limit === undefined || left <= limit.ms) return race(attempt, start, left, overdue);
  return race(attempt, start, limit.ms, (arm) => {
    limit.expired(attempt);
    // A cooperative timeout waits on, but not beyond the deadline.
    if (!attempt.done) arm(call.remainingMs(), overdue);
  });
}

/** Runs the function of a synchronous call. */
function direct(attempt: Attempt): unknown {
  attempt.call.started++;
  const value = attempt.call.target(attempt);
  refusePromise(value);
  return value;
}

/**
 * What a synchronous call cannot answer with. Nobody waits for the promise: its rejection is swallowed.
 *
 * @throws TypeError when the value is a thenable.
 */
export function refusePromise(value: unknown): void {
  if (disregard(value)) throw new PromiseReturned();
}

/** A function answered a synchronous call with a promise: a mistake in the program, which says nothing about the other end. */
export class PromiseReturned extends TypeError {
  constructor() {
    super('wrapSync and executeSync take a function that does not return a promise: use wrap or execute');
  }

  /** Asked about errors of every make: a proxy that refuses to be looked at is none of ours. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    try {
      return Function.prototype[Symbol.hasInstance].call(this, value);
    } catch {
      return false;
    }
  }

  override get name(): string {
    return 'TypeError';
  }
}

/** Sets another alarm where the first one did not end what runs. */
type Arm = (ms: number, expired: () => void) => void;

/**
 * Runs `start`. While it is pending, the caller's abort ends it with the signal's reason, and `expired` is called after
 * `ms` milliseconds.
 */
export function race(scope: Scope, start: () => unknown, ms: number, expired: (arm: Arm) => void): unknown {
  const { signals, env } = scope.call;
  if (ms === Infinity && signals.length === 0) return adopt(start());

  let disarm = nothing;
  const arm: Arm = (time, then) => {
    disarm = after(env.clock, time, then);
  };
  arm(ms, () => expired(arm));
  const unlink = signals.map((signal) => onAbort(signal, () => scope.cut(signal.reason)));
  const release = (): void => {
    disarm();
    for (const end of unlink) end();
  };

  let out: unknown;
  try {
    out = adopt(start());
  } catch (error) {
    scope.done = true;
    release();
    throw scope.stopped === undefined ? error : scope.stopped.reason;
  }
  if (!(out instanceof Promise)) {
    scope.done = true;
    release();
    return out;
  }
  const pending = out;
  return new Promise((resolve, reject) => {
    const finish = (settle: (result: unknown) => void, result: unknown): void => {
      release();
      settle(result);
    };
    scope.endWith((error) => finish(reject, error));
    pending.then(
      (value) => {
        if (scope.done) return;
        scope.done = true;
        finish(resolve, value);
      },
      (error: unknown) => {
        if (scope.done) return;
        scope.done = true;
        finish(reject, error);
      },
    );
    if (scope.stopped !== undefined && scope.done) finish(reject, scope.stopped.reason);
  });
}
