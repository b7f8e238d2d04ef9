/** What the README says of this demo, as data: each claim is looked at after a run, and printed with ✓ or ✗. */
import type { Night } from './batch.ts';
import { digest, type Document } from './documents.ts';
import { callsInOutage, peakPendingLater, retriesInOutage } from './figures.ts';
import type { Story } from './story.ts';

/** The nights, and what was left open when they were over. */
export interface Run {
  readonly story: Story;
  readonly documents: readonly Document[];
  readonly alone: Night;
  readonly guarded: Night;
  readonly held: Night;
  /** Sockets, servers and timers that are open now and were not before. */
  readonly leftBehind: number;
}

export interface Claim {
  readonly text: string;
  readonly holds: (run: Run) => boolean;
}

/** Counts and orders of magnitude, never times: they hold on a slow machine too. */
export const claims: readonly Claim[] = [
  {
    text: 'Retry alone gives up on at least a third of the documents.',
    holds: ({ alone, documents }) => alone.lost.length * 3 >= documents.length,
  },
  {
    text: 'The policy completes every document.',
    holds: ({ guarded, documents }) => guarded.answers.size === documents.length && guarded.lost.length === 0,
  },
  {
    text: 'Holding calls, it completes every document with workers that know nothing of the outage, and turns nobody away.',
    holds: ({ held, documents }) => held.answers.size === documents.length && held.lost.length === 0 && held.rejected === 0,
  },
  {
    text: 'The policy, holding or not, sends the dead server at most a third of the calls that retry alone sends.',
    holds: ({ alone, guarded, held }) => [guarded, held].every((night) => callsInOutage(night) * 3 <= callsInOutage(alone)),
  },
  {
    text: 'A minute into the outage, retry alone has a crowd of calls pending again; the policy has at most one.',
    holds: ({ alone, guarded, story }) => peakPendingLater(alone) >= story.workers / 2 && peakPendingLater(guarded) <= 1,
  },
  {
    text: 'Retry alone goes on repeating calls into the outage; the policy stops.',
    holds: ({ alone, guarded }) => retriesInOutage(alone) > 0 && retriesInOutage(guarded) * 10 <= retriesInOutage(alone),
  },
  {
    text: 'Every answer is computed from the document that was posted.',
    holds: ({ alone, guarded, held, documents }) => {
      const expected = new Map(documents.map(({ path, text }) => [path, digest(text)]));
      return [...alone.answers, ...guarded.answers, ...held.answers].every(([path, answer]) => answer === expected.get(path));
    },
  },
  {
    text: 'Nothing is left behind: no server, no socket, no timer.',
    holds: ({ leftBehind }) => leftBehind === 0,
  },
];
