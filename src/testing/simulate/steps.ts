/** Numbers over time: what is counted is a list of steps, and is looked at column by column. */
import type { CallRecord } from '../recording.ts';

/** A number that holds from a time on, in milliseconds. */
export interface Step {
  /** When it began, in milliseconds. */
  readonly at: number;
  /** The number, from then until the next step. */
  readonly count: number;
}

/** How many calls waited, from when on. */
export function waitingSteps(calls: readonly CallRecord[]): Step[] {
  const waits = calls.flatMap((call) => call.waits);
  const moves = [...waits.map(({ from }) => [from, 1] as const), ...waits.map(({ to }) => [to, -1] as const)].sort(([a], [b]) => a - b);
  const steps: Step[] = [{ at: 0, count: 0 }];
  for (const [at, by] of moves) {
    const last = steps.at(-1)!;
    if (last.at === at) steps.pop();
    steps.push({ at, count: last.count + by });
  }
  return steps;
}

/** Columns of equal length that cover the time up to `until`. */
export interface Columns {
  readonly tick: number;
  readonly length: number;
}

/** At most so many columns, each of a length that people count in. */
export function columnsOf(until: number, most: number): Columns {
  const tick = roundTime(until / most);
  return { tick, length: Math.max(1, Math.ceil(until / tick)) };
}

const ROUND = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

/** The next length of time, in milliseconds, that people count in. */
export function roundTime(ms: number): number {
  const whole = [...ROUND, ...SECONDS.map((seconds) => seconds * 1_000)].find((round) => round >= ms);
  return whole ?? Math.ceil(ms / 86_400_000) * 86_400_000;
}

/** How many of the times fall into each column. */
export function perColumn(times: readonly number[], { tick, length }: Columns): number[] {
  const counts = Array.from({ length }, () => 0);
  for (const time of times) counts[Math.min(length - 1, Math.floor(time / tick))]! += 1;
  return counts;
}

/** The most that there was at once in each column. */
export function mostPerColumn(steps: readonly Step[], { tick, length }: Columns): number[] {
  const most = Array.from({ length }, () => 0);
  for (const [i, { at, count }] of steps.entries()) {
    const end = steps[i + 1]?.at ?? Infinity;
    // On the way down within one moment: that is not to be seen.
    if (end === at && count < (steps[i - 1]?.count ?? 0)) continue;
    const first = Math.min(length - 1, Math.floor(at / tick));
    for (let column = first; column < length && (column === first || column * tick < end); column += 1) {
      most[column] = Math.max(most[column]!, count);
    }
  }
  return most;
}
