/**
 * Every wait inside a policy: it ends early when the caller aborts and when the door shuts, and leaves nothing behind.
 * @module
 */
import { onAbort } from './abort.ts';
import type { Call, Door } from './call.ts';
import { after, nothing, type Clock } from './clock.ts';
import { DeadlineExceededError, withoutStack } from './errors.ts';
import { settleFirst } from './events.ts';
import type { Outcome } from './handle.ts';
import type { LayerKind } from './order.ts';

/** Begins something that is waited for, and answers how to call it off. */
type Begin<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void;

/**
 * Throws where the caller has aborted already, or the door has shut: no news of it would end a wait that begins now.
 *
 * @throws the reason of the abort, or the door's refusal.
 */
export function beforeWaiting(call: Call): void {
  mayWait(call, call.door);
}

function mayWait(call: Call, door: Door | undefined): void {
  const { aborted } = call;
  if (aborted !== undefined) throw aborted.reason;
  const refusal = door?.refusal(call);
  if (refusal !== undefined) throw refusal;
}

/** Waits for `begin`, unless the caller's abort (its reason) or the door (its refusal) ends the wait first. */
function waitFor<T>(call: Call, begin: Begin<T>, door: Door | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    mayWait(call, door);
    const ends: (() => void)[] = [];
    let over = false;
    const finish = (settle: () => void): void => {
      if (over) return;
      over = true;
      for (const end of ends) end();
      settle();
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    for (const signal of call.signals) ends.push(onAbort(signal, () => fail(signal.reason)));
    if (door !== undefined) ends.push(door.watch(call, fail));
    ends.push(begin((value) => finish(() => resolve(value)), fail));
    if (over) for (const end of ends) end();
  });
}

/** Waits for `ms` milliseconds. The caller has seen to it that they fit before the deadline. */
export function pause(call: Call, ms: number): Promise<void> {
  return waitFor(call, (resolve) => notBefore(call.env.clock, ms, resolve), call.door);
}

/** Waits for a promise of the user's own, at most until the deadline. */
export function waitForPromise<T>(call: Call, promise: PromiseLike<T>): Promise<T> {
  return waitFor(call, untilTheDeadline(call, (resolve, reject) => (promise.then(resolve, reject), nothing)), call.door);
}

/**
 * Waits in front of the layer `by` until `begin` resolves, at most until the deadline. Told to the call's policy. Like every
 * wait it ends by the caller's abort and when the door shuts.
 */
export function waitInLine<T>(call: Call, by: LayerKind, begin: Begin<T>, where: Where = { door: call.door }): Promise<T> {
  call.env.events.emit({ type: 'waiting', by, attempt: call.number });
  return waitFor(call, untilTheDeadline(call, begin, where.late), where.door);
}

/** What a wait ends by. */
interface Where {
  /** The door that may shut meanwhile. */
  readonly door: Door | undefined;
  /** What the call ends with at its deadline; told to the call's policy. */
  readonly late?: (call: Call) => Error;
}

function untilTheDeadline<T>(call: Call, begin: Begin<T>, late: (call: Call) => Error = outOfTime): Begin<T> {
  return (resolve, reject) => {
    const end = begin(resolve, reject);
    const disarm = after(call.env.clock, call.remainingMs(), () => settleFirst(() => reject(late(call))));
    return () => (disarm(), end());
  };
}

/** A host's timer may fire a fraction early. The rest is waited for, too, unless the clock does not move with the timers. */
function notBefore(clock: Clock, ms: number, callback: () => void): () => void {
  const due = clock.now() + ms;
  // Not the declaration itself: a clock of the user's may call back at once.
  let disarm = nothing;
  disarm = after(clock, ms, () => {
    const left = due - clock.now();
    if (left > 0 && left <= 1) disarm = after(clock, left, callback);
    else callback();
  });
  return () => disarm();
}

/** Whether a wait that begins now ends before the deadline. */
export function fits(call: Call, ms: number): boolean {
  return call.deadlineAt === Infinity || call.env.clock.now() + ms < call.deadlineAt;
}

/** What a call ends with when its time is over, or its next wait would not end in time; told to the call's policy. */
export function outOfTime(call: Call): DeadlineExceededError {
  return turnedAway(call, 'deadline', deadlineExceeded(call));
}

/** Tells the call's policy that the layer `by` turns the call away, or takes its further attempts, with `error`. */
export function turnedAway<E extends Error>(call: Call, by: LayerKind, error: E): E {
  if (call.env.events.observed) call.env.events.emit({ type: 'rejected', by, error });
  return error;
}

/** The error of a deadline. */
export function deadlineExceeded(call: Call): DeadlineExceededError {
  return withoutStack(() => new DeadlineExceededError(call.started, becauseOf(call)));
}

/** What a call that is given up tells of itself: what its last attempt came to, where one has ended. */
export function becauseOf({ past, parent }: Call): { readonly cause: unknown } | undefined {
  const last = past?.last;
  if (last !== undefined) return { cause: causeOf(last) };
  return parent === undefined ? undefined : becauseOf(parent);
}

/** What an outcome is as a cause: the error, or the bad value. */
export function causeOf(outcome: Outcome): unknown {
  return 'value' in outcome ? outcome.value : outcome.error;
}
