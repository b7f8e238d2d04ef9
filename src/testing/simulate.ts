/** Whole outages in milliseconds: a policy, a load and a service with its bad hours, under the manual clock. */
import { policy as compose } from 'breakwater';
import type { AnyPolicy } from 'breakwater';
import { functionOf, optional, positiveDuration, readOptions, wrongType, type Check } from '../core/options.ts';
import { HandClock, MANY, randomOption, type ManualClock } from './manual-clock.ts';
import { ignoringOption } from './functions.ts';
import { Recorded, watchCircuit, type CallRecord, type StateRecord } from './recording.ts';
import type { Summary, Timeline } from './simulate/facts.ts';
import { loadOption, type Calling, type Load } from './simulate/load.ts';
import { outageOption, Service, takesOption, type Outage, type OutageOptions, type Takes } from './simulate/service.ts';
import { waitingSteps } from './simulate/steps.ts';
import { timelineOf } from './simulate/timeline.ts';

/** The options of {@link simulate}. */
export interface SimulateOptions {
  /**
   * The policy, or a function that makes it on a clock. One that is handed in ready keeps the simulation's clock: make it for
   * the purpose.
   */
  readonly policy: AnyPolicy | ((clock: ManualClock) => AnyPolicy);
  /** Who calls, and when; several at once are a list. */
  readonly load: Load | readonly Load[];
  /**
   * When the service is not well, and how; several times are a list.
   * @default none: it is always well
   */
  readonly outage?: OutageOptions | readonly OutageOptions[] | undefined;
  /**
   * How long the service takes for an attempt while it is well, in milliseconds; a function is asked for each attempt.
   * @default 1_000
   */
  readonly takes?: number | ((attempt: number) => number) | undefined;
  /**
   * What the policy is called with besides its context, for a call of that number, from 1: what a cost, a key or a fallback
   * goes by.
   * @default (call) => [call]
   */
  readonly args?: ((call: number) => readonly unknown[]) | undefined;
  /**
   * The work goes on when its signal aborts, as code does that was not handed the signal.
   * @default false
   */
  readonly ignoresSignal?: boolean | undefined;
  /**
   * When it ends, in milliseconds, where calls are under way that long.
   * @default 86_400_000
   */
  readonly until?: number | undefined;
  /**
   * What is drawn for jitter and the like: a function that answers with a number from 0 up to, but not including, 1; or a
   * whole number, the seed of such numbers.
   * @default 1
   */
  readonly random?: number | (() => number) | undefined;
}

interface Settings {
  readonly policy: (clock: ManualClock) => AnyPolicy;
  readonly load: readonly Calling[];
  readonly outage: readonly Outage[];
  readonly takes: Takes;
  readonly args: (call: number) => readonly unknown[];
  readonly ignoresSignal: boolean;
  readonly until: number;
  readonly random: () => number;
}

const policyOption: Check<(clock: ManualClock) => AnyPolicy> = (value, at) => {
  if (typeof value === 'function') return value as (clock: ManualClock) => AnyPolicy;
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '~layers')) return () => value as AnyPolicy;
  throw wrongType(at, 'a policy, or a function that makes one on a clock', value);
};

/**
 * What a policy would do: runs calls through it against a service that is well, hung, failing or slow when you say so, and
 * answers with all that happened. Hours take milliseconds, and each run is the same as the one before.
 *
 * It ends when the last call has ended, or at `until`: a policy that never gives up is seen by `summary.unsettled`.
 *
 * @throws TypeError when an option is missing, unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { breaker, policy, retry, timeout } from 'breakwater';
 * import { simulate } from 'breakwater/testing';
 *
 * const { summary } = await simulate({
 *   policy: policy(breaker({ counts: 'attempts' }), retry({ attempts: 3, delay: [30_000, 60_000] }), timeout(30_000)),
 *   load: { workers: 40, calls: 40 },
 *   outage: { is: 'hung', until: 600_000 },
 * });
 * summary.attempts // => 40
 * summary.settledAt // => 30_000
 * ```
 */
export async function simulate(options: SimulateOptions): Promise<Timeline> {
  const { policy, load, outage, takes, args, ignoresSignal, until, random } = readOptions<Settings>('simulate', options, {
    policy: policyOption,
    load: loadOption,
    outage: outageOption,
    takes: optional(takesOption, 1_000),
    args: optional(functionOf('a function that makes the arguments of a call'), (call: number) => [call]),
    ignoresSignal: ignoringOption,
    until: optional(positiveDuration, 86_400_000),
    random: randomOption,
  });
  const clock = new HandClock(random);
  const guard = compose(policy(clock), { clock });
  const states = watchCircuit(guard.circuit, clock);
  const service = new Service(clock, takes, outage, ignoresSignal);
  const calls: Recorded[] = [];
  let open = load.reduce((sum, one) => sum + one.calls, 0);
  const run = async (): Promise<void> => {
    const number = calls.length + 1;
    // A policy for each call, with parts that are shared, so that its events are this call's.
    const call = new Recorded(`call ${number}`, compose(guard, { clock }), clock);
    calls.push(call);
    await call.run((ctx) => service.answer(ctx, number), args(number));
    open -= 1;
  };
  for (const one of load) one.begin(clock, run);
  for (let rung = 0; open > 0 && rung < MANY * 10 && (await clock.step(until)); rung += 1);

  // Where nothing will ever happen again, the outage is still worth being seen.
  const end = open === 0 ? clock.time : Math.max(clock.time, ...outage.map((one) => (one.until === Infinity ? 0 : one.until)));
  const told = calls.map((call) => call.told(end));
  const facts = {
    policy: String(guard),
    until: end,
    calls: told,
    arrivals: service.arrivals,
    pending: service.pending,
    waiting: waitingSteps(told),
    states: states(end),
    outages: outage.map(({ is, from, until: over }) => ({ is, from, until: over })),
  };
  const timers = clock.pending - service.timers;
  return timelineOf({ ...facts, summary: summed(told, facts.states, service, timers) });
}

function summed(calls: readonly CallRecord[], states: readonly StateRecord[], service: Service, timers: number): Summary {
  const count = (end: CallRecord['end']): number => calls.filter((call) => call.end === end).length;
  const opened = states.filter(({ state }) => state === 'open');
  const last = states.at(-1);
  return {
    calls: calls.length,
    completed: count('answer'),
    fellBack: count('fallback'),
    failed: count('error'),
    rejected: count('rejected'),
    unsettled: count('running'),
    attempts: service.arrivals.length,
    attemptsInOutage: service.arrivals.filter((at) => service.outageAt(at) !== undefined).length,
    peak: service.peak,
    openings: opened.length,
    openedAt: opened[0]?.from,
    closedAt: opened.length > 0 && last?.state === 'closed' ? last.from : undefined,
    settledAt: Math.max(0, ...calls.filter(({ end }) => end !== 'running').map(({ to }) => to)),
    timers,
  };
}
