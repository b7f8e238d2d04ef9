/**
 * The quick way: a call that nobody can abort and nobody watches, and that answers well at its first go, needs no record.
 * It is made as soon as anything else happens, as if it had been there from the start, and the call goes on the usual
 * way. Both ways do the same: the tests run on either.
 * @module
 */
import { Attempt, contextOf, NO_SIGNALS, type Limit } from './attempt.ts';
import { Call, type Env, type Task } from './call.ts';
import { arm, hold } from './race.ts';
import { bring, trackOf, type Gate, type Pass, type Stage, type Track } from './stage.ts';
import { adopt } from './thenable.ts';

/** For tests: without it every call takes the usual way. */
export const quickly: { on: boolean } = { on: true };

/** Nothing was done: the call has to take the usual way. */
export const NOT_NOW: unique symbol = Symbol('not now');

/** The quick way of one policy. */
export interface Way {
  readonly track: Track;
  readonly env: Env;
  readonly gate: Gate | undefined;
}

/** The quick way through stages; `undefined` where one of them, or the function's own run, has a say in every call. */
export function quickWay(stages: readonly Stage[], env: Env): Way | undefined {
  if (env.inside !== undefined || stages.some(({ quick }) => quick === undefined)) return undefined;
  const [gate, ...more] = stages.flatMap(({ quick }) => (typeof quick === 'object' ? quick : []));
  return more.length > 0 ? undefined : { track: trackOf(stages), env, gate };
}

/** Goes the quick way as far as it leads; {@link NOT_NOW} where it is closed. */
export function goQuickly(way: Way, task: Task, self: unknown, args: readonly unknown[]): unknown {
  const { gate, env } = way;
  let pass: Pass | undefined;
  if (gate !== undefined && (pass = letIn(gate)) === undefined) return NOT_NOW;
  const { limit } = env;
  const attempt = limit === undefined ? undefined : new Attempt(limit, NO_SIGNALS, 1);
  let out: unknown;
  try {
    if (attempt === undefined) out = adopt(start(task, self, args, undefined));
    else {
      arm(env, attempt, limit as Limit);
      out = hold(attempt, adopt(start(task, self, args, attempt)));
    }
  } catch (error) {
    attempt?.finish();
    const { stopped } = attempt ?? {};
    return bring(way.track, usual(way, task, self, args, pass, attempt), true, stopped === undefined ? error : stopped.reason);
  }
  if (!(out instanceof Promise)) return bring(way.track, usual(way, task, self, args, pass, attempt), false, out);
  return way.track.stages.length === 0 ? out : lead(way, task, self, args, pass, attempt, out);
}

/** On from the promise of the function: a value has its way free, an error takes the usual one. */
function lead(
  way: Way,
  task: Task,
  self: unknown,
  args: readonly unknown[],
  pass: Pass | undefined,
  attempt: Attempt | undefined,
  pending: Promise<unknown>,
): unknown {
  return pending.then(pass?.succeeded, (error: unknown) =>
    bring(way.track, usual(way, task, self, args, pass, attempt), true, error, pending),
  );
}

/** A gate that throws is shut: on the usual way it throws again, and there the error is taken care of. */
function letIn(gate: Gate): Pass | undefined {
  let pass: Pass | undefined;
  try {
    pass = gate.enter();
  } catch {
    // Shut.
  }
  return pass;
}

/** The record of a call that goes on the usual way. */
function usual(
  { track, env, gate }: Way,
  task: Task,
  self: unknown,
  args: readonly unknown[],
  pass: Pass | undefined,
  attempt: Attempt | undefined,
): Call {
  const call = new Call(env, task, self, args, NO_SIGNALS, undefined);
  call.at = track.stages.length;
  call.started = 1;
  call.made = attempt;
  gate?.admitted(call, pass as Pass);
  return call;
}

function start({ fn, withContext }: Task, self: unknown, args: readonly unknown[], attempt: Attempt | undefined): unknown {
  if (!withContext) return Reflect.apply(fn, self, args);
  return Reflect.apply(fn, self, [contextOf(attempt, 1), ...args]);
}
