/** How retry waits, and what ends a wait. */
import { breaker, exponential, policy, retry, retryAfterHint } from '../../../../src/index.ts';
import { answers, fails } from '../doings.ts';
import type { Story } from '../timeline.ts';

export const retryBackoff: Story = {
  name: 'retry-backoff',
  title: 'Attempts, and waits that grow',
  about: 'Three attempts fail and the fourth succeeds. The waits between them are 1, 2 and 4 s; no wait follows the last attempt.',
  calls: [
    {
      lane: 'call',
      at: 0,
      guard: ({ clock }) => retry({ attempts: 4, delay: exponential({ first: 1_000, max: 30_000, jitter: 'none' }), clock }),
      attempts: [fails(1_500), fails(1_500), fails(1_500), answers(1_500, 'answer')],
    },
  ],
  until: 16_000,
  every: 2_000,
};

const STARTS = [0, 500, 1_000, 2_000];

export const retryWakes: Story = {
  name: 'retry-wakes',
  title: 'The circuit opens, and every sleeper wakes',
  about: 'Attempts are counted. Four calls fail and sleep in a backoff of 8 s. With the fourth failure the circuit opens: all of them wake at that instant.',
  note: "counts: 'attempts'",
  circuit: (clock) => breaker({ failureThreshold: 4, counts: 'attempts', clock }),
  calls: STARTS.map((at, index) => ({
    lane: `call ${index + 1}`,
    at,
    guard: ({ circuit, clock }) => policy(circuit!, retry({ attempts: 3, delay: 8_000 }), { clock }),
    attempts: [fails(1_500 + index * 300)],
  })),
  marks: ({ states }) => states.filter(({ state }) => state === 'open').map(({ from }) => ({ at: from, label: 'the circuit opens' })),
  until: 14_000,
  every: 2_000,
};

const asking = (seconds: string): Error => Object.assign(new Error('429'), { headers: { 'retry-after': seconds } });
const HINTED = { attempts: 2, delay: 2_000 } as const;

export const retryHint: Story = {
  name: 'retry-hint',
  title: 'What the server asks for',
  about: 'Without a hint the wait is the backoff. A Retry-After that is longer makes the wait longer; one above maxRetryAfterMs ends the call.',
  lanes: {
    'call 1': 'the server asks for nothing',
    'call 2': 'Retry-After: 5',
    'call 3': `Retry-After: 3600, ${retryAfterHint(asking('3600'))! / 60_000} minutes: too long to wait`,
  },
  calls: [new Error('429'), asking('5'), asking('3600')].map((error, index) => ({
    lane: `call ${index + 1}`,
    at: 0,
    guard: ({ clock }) => retry({ ...HINTED, clock }),
    attempts: [fails(1_000, error), answers(1_500, 'answer')],
  })),
  until: 10_000,
  every: 2_000,
};
