/** How a circuit goes through an outage. */
import { breaker, exponential, policy, retry } from '../../../../src/index.ts';
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

const OUTAGE = { from: 2_500, to: 17_000 };
const WORKERS = [0, 500, 1_000, 1_500];

export const breakerHeld: Story = {
  name: 'breaker-held',
  title: 'Calls that are held until the circuit closes',
  about:
    'Four workers, each with a call of 2 s that fails. Three failures open the circuit, and all four are held at the door. The first probe fails and goes back to the end of the line; the second succeeds, and the others follow one by one, a second apart.',
  note: 'ramp: one a second',
  circuit: (clock) =>
    breaker({
      failureThreshold: 3,
      recoveryTimeout: 8_000,
      counts: 'attempts',
      whenOpen: 'wait',
      ramp: { start: 1, every: 1_000, factor: 1 },
      clock,
    }),
  calls: WORKERS.map((after, index) => ({
    lane: `call ${index + 1}`,
    at: 2_600 + after,
    attempts: [service(OUTAGE, 2_000, 'answer')],
    guard: ({ circuit, clock }) => policy(circuit!, retry({ attempts: 3, delay: 2_500 }), { clock }),
  })),
  down: OUTAGE,
  until: 32_000,
  every: 5_000,
};
