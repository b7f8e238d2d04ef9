/**
 * What a breaker's `recoveryTimeout` accepts (a number, a backoff, a cockatiel backoff), checked and made into one
 * shape: a recovery time for each opening.
 * @module
 */
import { duration, wrongType } from '../core/options.ts';
import { showMs } from '../core/text.ts';
import { type Backoff, delayOf, isBackoff } from './backoff-data.ts';
import { backoffData, backoffLabel } from './backoff-text.ts';
import { type CockatielBackoff, cockatielChain, isCockatielBackoff } from './cockatiel-backoff.ts';

/** A checked `recoveryTimeout`, ready to run. */
export interface RecoveryRule {
  /** For people: `60 s`, `60 s ×2 up to 10 min`. */
  readonly label: string;
  /** For `describe()`: the number, the backoff's data, or the label. */
  readonly describe: unknown;
  /**
   * The recovery times of one circuit, in milliseconds: asked once an opening, with the number of reopenings since the
   * circuit was last closed. It never throws: where a cockatiel backoff does, or gives no usable time, `report` is told
   * and the time before is used again, at first 60 seconds.
   */
  start(random: () => number, report?: (error: unknown) => void): (reopenings: number) => number;
}

/** How far a chain is followed to catch up with a restored circuit: a backoff has reached its ceiling by then. */
const CATCH_UP = 64;

/**
 * The rule that a `recoveryTimeout` stands for. A backoff without a jitter of its own has none here.
 *
 * @throws TypeError when it is not a number, a backoff or a cockatiel backoff.
 * @throws RangeError when a number is NaN or negative.
 */
export function recoveryRule(value: unknown, at: string): RecoveryRule {
  if (typeof value === 'number') {
    const ms = duration(value, at) + 0;
    // It keeps nothing of any circuit, so that one can serve all of them that have the same time.
    if (latest?.describe !== ms) latest = { label: showMs(ms), describe: ms, start: () => () => ms };
    return latest;
  }
  if (isBackoff(value)) return growing(value);
  if (isCockatielBackoff(value)) return chained(value, at);
  throw wrongType(at, 'a duration in milliseconds or a backoff', value);
}

let latest: RecoveryRule | undefined;

function growing(backoff: Backoff): RecoveryRule {
  const jitter = backoff.jitter ?? 'none';
  return {
    label: backoffLabel(backoff, jitter),
    describe: backoffData(backoff, jitter),
    start: (random) => {
      let previous: number | undefined;
      return (reopenings) => {
        if (reopenings === 0) previous = undefined;
        previous = delayOf(backoff, reopenings, previous, jitter, random);
        return previous;
      };
    },
  };
}

function chained(factory: CockatielBackoff, at: string): RecoveryRule {
  const label = 'a cockatiel backoff';
  return {
    label,
    describe: label,
    start: (_random, report) => {
      let draw = cockatielChain(factory, at);
      let drawn = 0;
      let ms = 60_000;
      return (reopenings) => {
        if (reopenings === 0) {
          draw = cockatielChain(factory, at);
          drawn = 0;
        }
        try {
          // One draw an index; more only where the circuit was restored in the middle of its reopenings.
          const end = Math.min(reopenings, drawn + CATCH_UP);
          for (; drawn <= end; drawn += 1) ms = draw(openingContext(drawn));
        } catch (error) {
          report?.(error);
        }
        return ms;
      };
    },
  };
}

/** The context as cockatiel's breaker hands it to a backoff, as far as it is known here. */
function openingContext(index: number): unknown {
  return { attempt: index + 1, result: { error: undefined }, signal: new AbortController().signal };
}
