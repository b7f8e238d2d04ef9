/** Coalescing (single flight): calls that come at the same time for the same thing share one run. */
import type { Call } from '../core/call.ts';
import { forkOf, takeOver } from '../core/fork.ts';
import { Callees, keyOf, keyOption, type CallKey } from '../core/call-key.ts';
import { commonChecks, type CommonOptions, type CommonSettings, type Layer } from '../core/layer.ts';
import { optional, readOptions } from '../core/options.ts';
import type { Run, Stage } from '../core/stage.ts';
import { settle } from '../core/thenable.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';
import { Flight } from './coalesce/flight.ts';

/** Options of {@link coalesce}. */
export interface CoalesceOptions extends CommonOptions {
  /**
   * Makes the key of a call from its arguments, with the call's own `this`. `undefined` is no key: such a call goes by itself.
   * Calls of two functions are never the same, whatever their keys.
   * @default the only argument, where that is a primitive; one key for calls without arguments
   */
  readonly key?: CallKey | undefined;
}

interface CoalesceSettings extends CommonSettings {
  readonly key: CallKey | undefined;
}

/** A policy that coalesces calls. */
export interface CoalescePolicy extends PolicyOf<'coalesce', 'async', never> {}

/**
 * Lets calls with the same key that come while one is under way share its run, in front of all guards: one call to the
 * circuit, one set of attempts. Each gets the same value, or the same error. When the run is over, the next call starts anew:
 * nothing is kept, see {@link cache}.
 *
 * A caller that aborts leaves at once with its own reason, and the others stay. `ctx.signal` of the run aborts when all have
 * left. Its deadline is that of the call that started it.
 *
 * The object knows what is under way: used in several policies, runs are shared by them.
 *
 * @throws TypeError when an option is unknown or of the wrong kind; a call rejects with it when it has no key.
 *
 * @example
 * ```ts
 * import { coalesce } from 'breakwater';
 *
 * let calls = 0;
 * const load = coalesce().wrap(async (id: number) => {
 *   calls += 1;
 *   return `user ${id}`;
 * });
 * await Promise.all([load(7), load(7), load(8)]) // => ['user 7', 'user 7', 'user 8']
 * calls // => 2
 * ```
 * @see {@link cache} keeps what was answered.
 * @see {@link Chain.coalesce} is the same as a step of a chain.
 */
export function coalesce(options?: CoalesceOptions): CoalescePolicy {
  const settings = readOptions<CoalesceSettings>('coalesce', options, {
    key: optional(keyOption, undefined),
    ...commonChecks,
  });
  return new PolicyObject([layer(settings)]) as unknown as CoalescePolicy;
}

function layer({ key, clock, onListenerError }: CoalesceSettings): Layer {
  const flights = new Map<string, Flight>();
  return {
    kind: 'coalesce',
    mode: 'async',
    role: 'front',
    options: { key: key === undefined ? 'default' : 'custom' },
    label: 'coalesce',
    clock,
    report: onListenerError,
    idle: () => flights.size === 0,
    stage: stage(key, flights),
  };
}

function stage(key: CallKey | undefined, flights: Map<string, Flight>): Stage {
  const callees = new Callees();
  return {
    around: (call, inside) => {
      const own = keyOf('coalesce', key, call);
      if (own === undefined) return alone(call, inside);
      const { aborted } = call;
      if (aborted !== undefined) throw aborted.reason;
      const name = callees.nameOf(call) + own;
      const underWay = flights.get(name);
      if (underWay !== undefined) return join(call, underWay);
      const flight = new Flight(call, () => {
        if (flights.get(name) === flight) flights.delete(name);
      });
      flights.set(name, flight);
      const arrival = arrive(call, flight);
      flight.start(inside);
      return arrival;
    },
  };
}

/** Waits for a run that is under way. */
function join(call: Call, flight: Flight): Promise<unknown> {
  call.env.events.emit({ type: 'waiting', by: 'coalesce', attempt: call.number });
  return arrive(call, flight, () => call.env.events.emit({ type: 'served', by: 'coalesce', stale: false }));
}

/** What a call makes of the outcome, in its own async context. */
async function arrive(call: Call, flight: Flight, told?: () => void): Promise<unknown> {
  const outcome = await flight.board(call);
  flight.share(call);
  told?.();
  if ('value' in outcome) return outcome.value;
  throw outcome.error;
}

/** The call has a run of its own. */
function alone(call: Call, inside: Run): unknown {
  const fork = forkOf(call, call.signals, call.number);
  return settle(
    () => inside(fork),
    (value) => {
      takeOver(call, fork);
      return value;
    },
    (error) => {
      takeOver(call, fork);
      throw error;
    },
  );
}
