/** The figures of a night, counted from its log. */
import type { Night } from './batch.ts';
import { MINUTE, SECOND } from './story.ts';

/** A caller that hung up waits no more, but the server sees the socket closed a moment later: that is not pending. */
const MOMENT = 3 * SECOND;

/** How many calls reached the server while it was down. */
export function callsInOutage({ calls, outage }: Night): number {
  return calls.filter(({ began }) => within(began, outage)).length;
}

/** How many of them were repetitions. */
export function retriesInOutage({ retries, outage }: Night): number {
  return retries.filter((at) => within(at, outage)).length;
}

/** How many calls came to nothing: no answer, or none but an error. */
export function callsForNothing({ calls }: Night): number {
  return calls.filter(({ status }) => status !== 200).length;
}

/** The most calls that were pending at once. */
export function peakPending({ calls, duration }: Night, from = 0, to: number = duration): number {
  const spans = calls.map(({ began, ended = duration, status }) => ({
    began,
    ended: status === undefined ? Math.max(began, ended - MOMENT) : ended,
  }));
  const steps = spans
    .flatMap(({ began, ended }) => (ended < from || began > to ? [] : [[began, 1] as const, [ended, -1] as const]))
    // Where one ends as another begins, they were not pending at once.
    .sort(([a, up], [b, down]) => a - b || up - down);
  let pending = 0;
  let peak = 0;
  for (const [at, step] of steps) {
    pending += step;
    if (at <= to) peak = Math.max(peak, pending);
  }
  return peak;
}

/** The same from a minute into the outage to its end: by then, everybody could know. */
export function peakPendingLater(night: Night): number {
  return peakPending(night, night.outage.from + MINUTE, night.outage.to);
}

function within(at: number, { from, to }: Night['outage']): boolean {
  return at >= from && at < to;
}
