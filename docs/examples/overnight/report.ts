/** What is printed when the nights are over: a table, a timeline each, and what became of the claims. */
import type { Night, Progress } from './batch.ts';
import { claims, type Run } from './claims.ts';
import { callsForNothing, callsInOutage, peakPending, peakPendingLater, retriesInOutage } from './figures.ts';
import { SECOND } from './story.ts';
import { legend, mostCalls, timeline } from './timeline.ts';

const TICK = 10 * SECOND;

const ROWS: readonly (readonly [string, (night: Night) => string | number])[] = [
  ['documents completed', ({ answers }) => answers.size],
  ['documents given up', ({ lost }) => lost.length],
  ['calls that reached the server', ({ calls }) => calls.length],
  ['  while it was down', callsInOutage],
  ['    retries among them', retriesInOutage],
  ['  for nothing', callsForNothing],
  ['rejections by the circuit', ({ rejected }) => rejected],
  ['peak of pending calls', (night) => peakPending(night)],
  ['  a minute into the outage', peakPendingLater],
  ['heap growth, MB', ({ heapGrowth }) => (heapGrowth / 1e6).toFixed(1)],
  ['seconds (of the story)', ({ duration }) => Math.round(duration / SECOND)],
];

export function table(nights: readonly Night[]): string {
  const cell = (value: string | number): string => String(value).padStart(14);
  const head = ''.padEnd(32) + nights.map(({ name }) => cell(name)).join('');
  const rows = ROWS.map(([what, figure]) => what.padEnd(32) + nights.map((night) => cell(figure(night))).join(''));
  return [head, ...rows].join('\n');
}

export function timelines(nights: readonly Night[]): string {
  const until = Math.max(...nights.map(({ duration }) => duration));
  const most = mostCalls(nights, TICK);
  return [...nights.map((night) => `${night.name}\n${timeline(night, TICK, until, most)}`), legend(TICK, most)].join('\n\n');
}

/** One line a claim. */
export function verdicts(run: Run): string {
  return claims.map(({ text, holds }) => `${holds(run) ? '✓' : '✗'} ${text}`).join('\n');
}

export function progressLine({ name, seconds, circuit, done, lost, pending, calls }: Progress): string {
  const time = `${Math.floor(seconds)} s`.padStart(6);
  const count = (n: number, what: string): string => `${String(n).padStart(4)} ${what}`;
  const figures = [count(done, 'done'), count(lost, 'given up'), count(pending, 'pending'), count(calls, 'calls')];
  return `${name.padEnd(12)}${time}  ${figures.join('  ')}  circuit ${circuit ?? 'none'}`;
}
