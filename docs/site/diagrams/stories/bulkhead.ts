/** What a bulkhead does with calls that come faster than they are done. */
import { bulkhead, policy, timeout, type Bulkhead, type Clock } from '../../../../src/index.ts';
import { answers, ignoresItsSignal } from '../doings.ts';
import type { Story } from '../timeline.ts';

/** The bulkhead of a run, which its calls share. */
const slots = new WeakMap<Clock, Bulkhead>();

function slotsOf(clock: Clock): Bulkhead {
  const made = slots.get(clock) ?? bulkhead({ limit: 2, queue: 2, clock });
  slots.set(clock, made);
  return made;
}

export const bulkheadLine: Story = {
  name: 'bulkhead-line',
  title: 'Two at once, two in line',
  about:
    'Calls 1 and 2 have the two permits, calls 3 and 4 wait in line, and call 5 is turned away. The time of call 1 is over after 5 s, but its function runs on and keeps its permit, so call 4 goes on only when call 3 has ended.',
  lanes: {
    'call 1': 'times out after 5 s, but runs on: its permit is not free',
    'call 3': 'gets the permit of call 2',
    'call 4': 'gets the permit of call 3',
    'call 5': 'finds the line full',
  },
  calls: [
    { at: 0, doing: ignoresItsSignal(9_000, 'late') },
    { at: 0, doing: answers(3_000, 'answer') },
    { at: 1_000, doing: answers(3_000, 'answer') },
    { at: 2_000, doing: answers(3_000, 'answer') },
    { at: 2_500, doing: answers(3_000, 'answer') },
  ].map(({ at, doing }, index) => ({
    lane: `call ${index + 1}`,
    at,
    guard: ({ clock }) => policy(slotsOf(clock), timeout(5_000), { clock }),
    attempts: [doing],
  })),
  until: 12_000,
  every: 2_000,
};
