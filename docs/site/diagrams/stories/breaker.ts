/** How a circuit goes through an outage. */
import { breaker, exponential, policy } from '../../../../src/index.ts';
import { service } from '../doings.ts';
import type { Caller } from '../record.ts';
import type { Story } from '../timeline.ts';

/** Calls through one circuit to one service, that takes 2 s. */
function callers(times: readonly number[], down: { readonly from: number; readonly to: number }): Caller[] {
  const attempts = [service(down, 2_000, 'answer')];
  return times.map((at) => ({ lane: 'calls', at: at * 1_000, attempts, guard: ({ circuit, clock }) => policy(circuit!, { clock }) }));
}

const SHORT = { from: 5_500, to: 19_000 };

export const breakerOutage: Story = {
  name: 'breaker-outage',
  title: 'A circuit through an outage',
  about: 'Three failures in a row open the circuit. Calls are turned away while it is open; after 10 s one call probes, succeeds, and closes it.',
  circuit: (clock) => breaker({ failureThreshold: 3, recoveryTimeout: 10_000, clock }),
  calls: callers([1, 3.5, 6, 8.5, 11, 14, 16, 18, 20, 23, 26, 28.5], SHORT),
  down: SHORT,
  until: 31_000,
  every: 5_000,
};

const LONG = { from: 3_000, to: 31_000 };

export const breakerHalfOpen: Story = {
  name: 'breaker-half-open',
  title: 'A probe that fails, and a recovery time that grows',
  about: 'The first probe fails and opens the circuit again, this time for twice as long; the second probe succeeds and closes it.',
  circuit: (clock) => breaker({ failureThreshold: 2, recoveryTimeout: exponential({ first: 10_000, max: 60_000 }), clock }),
  calls: callers([0.5, 3.5, 6.5, 10, 13, 16, 18.5, 22, 25, 28, 31, 34, 37, 40.5, 44, 47], LONG),
  down: LONG,
  until: 51_000,
  every: 10_000,
};
