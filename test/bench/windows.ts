/** The trip rules whose windows are measured: what a breaker under each costs, a call and while it is kept. */
import type { Case } from './cases.ts';

/** One row of the table. */
export interface Windowed {
  readonly id: string;
  readonly title: string;
  /** How many breakers are kept for the measurement. */
  readonly n: number;
}

/** Each beside the first, which has no window. */
export const WINDOWED: readonly Windowed[] = [
  { id: 'none', title: '5 in a row: no window', n: 10_000 },
  { id: 'calls10', title: 'a ratio of the last 10 calls', n: 10_000 },
  { id: 'calls1000', title: 'a ratio of the last 1,000 calls', n: 10_000 },
  { id: 'calls100000', title: 'a ratio of the last 100,000 calls', n: 2_000 },
  { id: 'ms', title: 'a ratio of the last 30 s, in 10 parts', n: 10_000 },
  { id: 'ms1000', title: 'a ratio of the last 30 s, in 1,000 parts', n: 10_000 },
  { id: 'slow', title: 'slow calls of the last 1,000', n: 10_000 },
  { id: 'any', title: '5 in a row, or a ratio of the last 1,000 calls, or of the last 30 s', n: 10_000 },
];

const row = { bare: 'answer', kind: 'answer', unit: 'times' } as const;

/** The calls through them: each is counted. */
export const WINDOW_CASES: readonly Case[] = WINDOWED.map(({ id, title }) => ({ ...row, id: `window.${id}`, title }));
