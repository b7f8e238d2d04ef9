/** How calls end otherwise: a fallback answers, or the caller gives up. */
import { breaker, fallback, policy, retry } from '../../../../src/index.ts';
import { answers, fails, hangs } from '../doings.ts';
import type { Caller } from '../record.ts';
import type { Story } from '../timeline.ts';

const guarded: Caller['guard'] = ({ circuit, clock }) =>
  policy(circuit!, retry({ attempts: 2, delay: 1_000 }), fallback('old'), { clock });

export const fallbackAnswer: Story = {
  name: 'fallback-answer',
  title: 'Answers where there is none',
  about:
    'The attempts of calls 1 and 2 are used up, and the fallback answers. For the circuit these are failures, and it opens: call 3 is answered at once. Call 4 probes, and its answer is the real one.',
  circuit: (clock) => breaker({ failureThreshold: 2, recoveryTimeout: 6_000, clock }),
  calls: [
    { lane: 'call 1', at: 0, guard: guarded, attempts: [fails(1_000)] },
    { lane: 'call 2', at: 1_000, guard: guarded, attempts: [fails(1_000)] },
    { lane: 'call 3', at: 6_000, guard: guarded, attempts: [fails(1_000)] },
    { lane: 'call 4', at: 10_000, guard: guarded, attempts: [answers(1_500, 'new')] },
  ],
  until: 15_000,
  every: 3_000,
};

export const cancellationAbort: Story = {
  name: 'cancellation-abort',
  title: 'The caller aborts',
  about: 'Call 1 is aborted while it sleeps in a backoff, call 2 during an attempt. Both end at that instant with the reason of the caller.',
  lanes: { 'call 1': 'during a wait', 'call 2': 'during an attempt' },
  calls: [fails(1_500), hangs()].map((doing, index) => ({
    lane: `call ${index + 1}`,
    at: 0,
    guard: ({ clock }) => retry({ attempts: 3, delay: 6_000, clock }),
    attempts: [doing],
    abortsAt: 4_000,
  })),
  marks: ({ calls }) => [{ at: calls[0]!.to, label: 'the caller aborts' }],
  until: 12_000,
  every: 2_000,
};
