/**
 * The innermost run: the user's function against everything that can end it. One race serves the timeout, the deadline
 * and the caller's abort, so that there is one winner; what comes later is dropped without a trace.
 * @module
 */
import type { Attempt, Limit } from './attempt.ts';
import type { Call, Env } from './call.ts';
import { after, nothing } from './clock.ts';
import { laneFor } from './lane.ts';
import { adopt, disregard } from './thenable.ts';
import { deadlineExceeded, outOfTime } from './wait.ts';

/** Runs the call's function as one attempt, within its limit and the call's deadline. */
export function invoke(call: Call): unknown {
  const { task, env } = call;
  if (task.sync) return direct(call);
  const { limit } = env;
  if (limit === undefined && call.signals.length === 0 && call.deadlineAt === Infinity) {
    call.count();
    return adopt(call.start());
  }
  // A listener may have aborted it on the way here, and a signal tells of its abort only once.
  const { aborted } = call;
  if (aborted !== undefined) throw aborted.reason;
  const left = call.remainingMs();
  if (left === 0) throw outOfTime(call);
  call.count();
  const { attempt } = call;
  if (left < Infinity) clip(call, attempt, left);
  if (limit !== undefined && limit.ms < left) arm(env, attempt, limit);
  return race(attempt, () => call.start());
}

/** Sets the timer of a limit: in a lane with others, or one for itself. */
export function arm({ clock, events }: Env, attempt: Attempt, limit: Limit): void {
  // Who listens is told from the timer: that must be one that was set in the async context of this call. The lane of a
  // policy that is made for one call would be kept for nobody.
  const lane = events.observed ? undefined : laneFor(clock, limit.ms, limit.repeated);
  limit.repeated = true;
  if (lane !== undefined) lane.join(attempt);
  else attempt.until(after(clock, limit.ms, () => limit.expired(attempt)));
}

/** Lets the deadline of the call cut an attempt, which has `left` milliseconds until then. */
function clip(call: Call, attempt: Attempt, left: number): void {
  attempt.until(
    after(call.env.clock, left, () => {
      call.history.overdue = true;
      attempt.cut(deadlineExceeded(call));
    }),
  );
}

/** Runs the function of a synchronous call. */
function direct(call: Call): unknown {
  call.count();
  const value = call.start();
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

  /** @internal See {@link isLocalRejection}. */
  get '~breakwater'(): readonly string[] {
    return ['PromiseReturned'];
  }

  get isLocalRejection(): boolean {
    return true;
  }

  override get name(): string {
    return 'TypeError';
  }
}

/** Runs `start`. While it is pending, what cuts the attempt ends it: the caller's abort, or an alarm that is set already. */
export function race(attempt: Attempt, start: () => unknown): unknown {
  // A clock of the user's may have called back at once.
  if (!attempt.done) attempt.follow();
  let out: unknown;
  try {
    out = adopt(start());
  } catch (error) {
    attempt.finish();
    throw attempt.stopped === undefined ? error : attempt.stopped.reason;
  }
  return hold(attempt, out);
}

/** What a function answered, as long as nothing cuts its attempt. */
export function hold(attempt: Attempt, out: unknown): unknown {
  if (!(out instanceof Promise)) {
    attempt.finish();
    return out;
  }
  attempt.unsettled = nothing;
  out.then(
    (value) => {
      settled(attempt);
      if (attempt.done) return;
      attempt.finish();
      attempt.resolve?.(value);
    },
    (error: unknown) => {
      settled(attempt);
      if (attempt.done) return;
      attempt.finish();
      attempt.reject?.(error);
    },
  );
  return new Promise((resolve, reject) => {
    attempt.resolve = resolve;
    attempt.reject = reject;
    if (attempt.done) reject(attempt.stopped?.reason);
  });
}

/** The function is not under way any more. */
function settled(attempt: Attempt): void {
  const tell = attempt.unsettled;
  attempt.unsettled = undefined;
  tell?.();
}
