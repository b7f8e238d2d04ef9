/**
 * What is done when a round of a call is over: its attempt, and all that stages made of what came of it.
 * @module
 */
import type { Attempt } from './attempt.ts';
import type { Call } from './call.ts';

/**
 * Does something when this round of a call is over: what came of the attempt has been brought out through all stages, and
 * a guard outside has recorded it.
 */
export function afterRound(call: Call, work: () => void): void {
  (call.history.leaving ??= []).push(work);
}

/** This round of a call is over. What a fork leaves is done when the call goes on that it belongs to. */
export function leave(call: Call): void {
  if (call.past?.leaving === undefined || call.parent !== undefined) return;
  dismiss(call);
}

/** Does what was to be done after a round, now. */
export function dismiss({ past }: Call): void {
  for (const work of past?.leaving?.splice(0) ?? []) work();
}

/** Calls back when the function of the call's attempt has really settled: at once, unless it runs on although it was cut. */
export function whenSettled({ made }: Call, work: () => void): void {
  const before = made?.unsettled;
  if (before === undefined) work();
  else (made as Attempt).unsettled = () => (before(), work());
}
