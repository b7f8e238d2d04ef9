/**
 * Verdicts: what an outcome counts as for one layer. A layer without a `handle` of its own takes over what the layer
 * inside it said of the same outcome.
 * @module
 */
import type { Call } from './call.ts';
import { isLocalRejection, PolicyError } from './errors.ts';
import { safely, type Report } from './events.ts';
import type { Judge, Outcome, Verdict } from './handle.ts';

/** What an outcome counts as. `handle` is the layer's own; `undefined` where it has none. */
export function judge(call: Call, handle: Judge | undefined, outcome: Outcome, report: Report): Verdict {
  const verdict = verdictOn(call, handle, outcome, report);
  if (verdict === true) announce(call, outcome);
  return verdict;
}

/** Whether a value is a success that nobody has a say in: then it need not be looked at. */
export function isPlainSuccess(call: Call, handle: Judge | undefined): boolean {
  return handle === undefined && call.past?.judged === undefined && call.aborted === undefined;
}

/**
 * Whether an outcome is no answer, so that something else may be answered in its stead: a failure, or a local rejection, which
 * a `handle` is shown only where it names it.
 */
export function isNoAnswer(call: Call, handle: Judge | undefined, outcome: Outcome, report: Report): boolean {
  const local = outcome.error instanceof PolicyError && outcome.error.isLocalRejection;
  if (!local) return judge(call, handle, outcome, report) === true;
  if (handle === undefined) return true;
  try {
    return (handle(outcome, true) ?? true) === true;
  } catch (error) {
    safely(report, error);
    return false;
  }
}

function verdictOn(call: Call, handle: Judge | undefined, outcome: Outcome, report: Report): Verdict {
  if (call.aborted !== undefined) return 'ignore';
  if (!('value' in outcome) && isLocalRejection(outcome.error)) return 'ignore';
  if (handle === undefined) return byDefault(call, outcome);
  const verdict = ask(call, handle, outcome, report);
  call.history.judged = { outcome, verdict };
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
function byDefault({ past }: Call, outcome: Outcome): Verdict {
  const judged = past?.judged;
  return judged !== undefined && same(judged.outcome, outcome) ? judged.verdict : !('value' in outcome);
}

function same(a: Outcome, b: Outcome): boolean {
  return 'value' in a === 'value' in b && Object.is(a.value, b.value) && Object.is(a.error, b.error);
}

/** Tells of a failed attempt once, by whichever layer judges it first. */
function announce(call: Call, outcome: Outcome): void {
  const { env, made } = call;
  // Of attempts side by side, it need not be the last one's.
  const number = made?.number ?? call.number;
  if (!env.events.observed || call.history.announced === number) return;
  call.history.announced = number;
  env.events.emit({ type: 'attempt-failed', attempt: number, outcome });
}
