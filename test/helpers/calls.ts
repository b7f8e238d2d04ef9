/** Calls by themselves, as the engine sees them: for the tests of its parts. */
import { Call, signalsOf, type Env, type Task } from '../../src/core/call.ts';
import { Emitter } from '../../src/core/events.ts';
import { PASS, type Stage } from '../../src/core/stage.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What the layers of a policy share, on a clock that stands at 0. */
export function envOf(more: Partial<Env> = {}): Env {
  const report = (): void => {};
  return { clock: new VirtualClock(), report, events: new Emitter(report), bound: undefined, limit: undefined, inside: undefined, budget: undefined, ...more };
}

/** A plain function as the task of a call. */
export function taskOf(fn: Task['fn'], more: Partial<Task> = {}): Task {
  return { fn, withContext: false, sync: false, nested: undefined, simple: true, ...more };
}

/** What a call is made of, besides its function. */
export interface CallParts extends Partial<Task> {
  readonly env?: Env;
  readonly signal?: AbortSignal | undefined;
  readonly outer?: Call | undefined;
}

/** A call of a function without arguments. */
export function callOf(fn: Task['fn'] = () => {}, { env = envOf(), signal, outer, ...task }: CallParts = {}): Call {
  return new Call(env, taskOf(fn, task), undefined, [], signalsOf(signal, outer), outer);
}

/** A stage that says when a call goes in, and with what it comes out. */
export function speaking(name: string, said: string[], { admit, value, error, ...more }: Stage = {}): Stage {
  return {
    admit: (call) => {
      said.push(`${name} in`);
      return admit?.(call);
    },
    value: (call, given) => {
      said.push(`${name} out: ${String(given)}`);
      return value === undefined ? PASS : value(call, given);
    },
    error: (call, given) => {
      said.push(`${name} out: ${String(given)}`);
      return error === undefined ? PASS : error(call, given);
    },
    ...more,
  };
}
