/**
 * Calls within a call: each goes through what is inside a stage, and the call goes on with what came of one of them.
 * @module
 */
import { Call } from './call.ts';

/**
 * A call of its own for a further go at what is inside: with the same door, deadline and arguments, and what can end it. Its
 * attempts are told apart from those of the call by their numbers.
 */
export function forkOf(call: Call, signals: readonly AbortSignal[], number: number): Call {
  const fork = new Call(call.env, call.task, call.self, call.args, signals, call.outer);
  fork.parent = call;
  fork.door = call.door;
  fork.deadlineAt = call.deadlineAt;
  fork.number = number;
  fork.started = call.started;
  return fork;
}

/** A call takes over what came of a fork: its attempt, and what is remembered of it. */
export function takeOver(call: Call, fork: Call): void {
  call.made = fork.made;
  call.number = Math.max(call.number, fork.number);
  const { past } = fork;
  if (past === undefined) return;
  const { history } = call;
  history.last = past.last ?? history.last;
  history.judged = past.judged;
  history.announced = Math.max(history.announced, past.announced);
  history.overdue ||= past.overdue;
  history.startedAt = past.startedAt;
  history.took = past.took;
  if (past.leaving !== undefined) (history.leaving ??= []).push(...past.leaving.splice(0));
}
