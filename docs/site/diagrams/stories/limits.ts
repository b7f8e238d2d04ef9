/** What a timeout and a deadline do to the attempts of a call. */
import { deadline, policy, retry, timeout } from '../../../../src/index.ts';
import { answers, cleansUp, fails, hangs, ignoresItsSignal } from '../doings.ts';
import type { Recording } from '../record.ts';
import type { Mark, Story } from '../timeline.ts';

export const timeoutAttempt: Story = {
  name: 'timeout-attempt',
  title: 'Each attempt has its own timeout',
  about: 'The first two attempts hang and are ended after 5 s each; the third, with 5 s of its own, answers after 3 s.',
  calls: [
    {
      lane: 'call',
      at: 0,
      guard: ({ clock }) => policy(retry({ attempts: 3, delay: 2_000 }), timeout(5_000), { clock }),
      attempts: [hangs(), hangs(), answers(3_000, 'answer')],
    },
  ],
  until: 22_000,
  every: 5_000,
};

export const timeoutCooperative: Story = {
  name: 'timeout-cooperative',
  title: 'An aggressive and a cooperative timeout',
  about:
    'The dashed line is the moment in which the signal aborts, after 5 s. An aggressive timeout rejects then, and a function that ignores its signal runs on; a cooperative one waits for the function.',
  lanes: {
    'call 1': 'aggressive; the function ignores its signal',
    'call 2': 'cooperative; the function ignores its signal, and is waited for',
    'call 3': 'cooperative; the function tidies up for 1 s, then rejects',
  },
  calls: [
    { mode: 'aggressive', doing: ignoresItsSignal(7_000, 'late') } as const,
    { mode: 'cooperative', doing: ignoresItsSignal(7_000, 'late') } as const,
    { mode: 'cooperative', doing: cleansUp(1_000) } as const,
  ].map(({ mode, doing }, index) => ({
    lane: `call ${index + 1}`,
    at: 0,
    guard: ({ clock }) => timeout({ after: 5_000, mode, clock }),
    attempts: [doing],
  })),
  marks: ({ calls }) => [...new Set(calls.flatMap(({ attempts }) => attempts.map(({ toldToStop }) => toldToStop!)))]
    .map((at) => ({ at, label: 'the signal aborts' })),
  until: 10_000,
  every: 2_000,
};

const WITHIN = 10_000;

export const deadlineClip: Story = {
  name: 'deadline-clip',
  title: 'A deadline for all attempts and waits together',
  about:
    'Call 1: the deadline cuts the third attempt, which would have had 4 s. Call 2: the next wait, of 8 s, would not end before the deadline, so the call ends at once.',
  lanes: {
    'call 1': 'attempts that hang: the last is cut',
    'call 2': 'the next wait, of 8 s, cannot fit: no waiting for nothing',
  },
  calls: [
    {
      lane: 'call 1',
      at: 0,
      guard: ({ clock }) => policy(deadline(WITHIN), retry({ attempts: 4, delay: 500 }), timeout(4_000), { clock }),
      attempts: [hangs()],
    },
    {
      lane: 'call 2',
      at: 0,
      guard: ({ clock }) => policy(deadline(WITHIN), retry({ attempts: 4, delay: [2_000, 2_000, 8_000] }), timeout(4_000), { clock }),
      attempts: [fails(1_000)],
    },
  ],
  marks: endOfTime,
  until: 20_000,
  every: 4_000,
};

/** Where an attempt was cut by the deadline. */
function endOfTime({ calls }: Recording): Mark[] {
  const cut = calls.flatMap(({ attempts }) => attempts.filter(({ came }) => came === 'out of time'));
  return cut.map(({ to }) => ({ at: to, label: 'deadline' }));
}
