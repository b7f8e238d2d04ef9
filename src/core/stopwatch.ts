/**
 * How long attempts take, where a layer wants to know: the innermost stage of its policy, which no other policy has.
 * @module
 */
import type { Call } from './call.ts';
import { PASS, type Stage } from './stage.ts';

/** Notes when an attempt starts, and how long it took: the function alone, with nothing of the waits before it. */
export const stopwatch: Stage = {
  admit(call) {
    const { history } = call;
    history.startedAt = call.env.clock.now();
    history.starting?.();
    return undefined;
  },
  value: stop,
  error: stop,
};

function stop({ history, env }: Call): typeof PASS {
  history.took = env.clock.now() - history.startedAt;
  return PASS;
}
