/**
 * Verdicts: what an outcome counts as for one layer. A layer without a `handle` of its own takes over what the layer
 * inside it said of the same outcome.
 * @module
 */
import type { Attempt, Call } from './call.ts';
import { PolicyError } from './errors.ts';
import { safely, type Report } from './events.ts';
import type { Judge, Outcome, Verdict } from './handle.ts';
import { PromiseReturned } from './race.ts';

/** Whether an error says that the call was turned away before its function ran, or misused. */
function isLocalRejection(error: unknown): boolean {
  return error instanceof PolicyError ? error.isLocalRejection : error instanceof PromiseReturned;
}

/** What an outcome counts as. `handle` is the layer's own; `undefined` where it has none. */
export function judge(attempt: Attempt, handle: Judge | undefined, outcome: Outcome, report: Report): Verdict {
  const verdict = verdictOn(attempt, handle, outcome, report);
  if (verdict === true) announce(attempt, outcome);
  return verdict;
}

/** Whether a value is a success that nobody has a say in: then it need not be looked at. */
export function isPlainSuccess(call: Call, handle: Judge | undefined): boolean {
  return handle === undefined && call.judged === undefined && call.aborted === undefined;
}

function verdictOn(attempt: Attempt, handle: Judge | undefined, outcome: Outcome, report: Report): Verdict {
  const { call } = attempt;
  if (call.aborted !== undefined) return 'ignore';
  if (!('value' in outcome) && isLocalRejection(outcome.error)) return 'ignore';
  if (handle === undefined) return byDefault(call, outcome);
  const verdict = ask(call, handle, outcome, report);
  call.judged = { outcome, verdict };
  return verdict;
}

/** Asks a `handle`. One that throws says nothing; what it threw is reported. */
function ask(call: Call, handle: Judge, outcome: Outcome, report: Report): Verdict {
  try {
    return handle(outcome, false) ?? byDefault(call, outcome);
  } catch (error) {
    safely(report, error);
    return 'ignore';
  }
}

/** What the layer inside said of it; where none did, every error is a failure and every value a success. */
function byDefault({ judged }: Call, outcome: Outcome): Verdict {
  return judged !== undefined && same(judged.outcome, outcome) ? judged.verdict : !('value' in outcome);
}

function same(a: Outcome, b: Outcome): boolean {
  return 'value' in a === 'value' in b && Object.is(a.value, b.value) && Object.is(a.error, b.error);
}

/** Tells of a failed attempt once, by whichever layer judges it first. */
function announce(attempt: Attempt, outcome: Outcome): void {
  const { attempt: current, env } = attempt.call;
  if (current.announced) return;
  current.announced = true;
  if (env.events.observed) env.events.emit({ type: 'attempt-failed', attempt: current.number, outcome });
}
