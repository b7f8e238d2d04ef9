/** A timeline as text. */
import type { CircuitState } from 'breakwater';
import { showMs } from '../../core/text.ts';
import { columnsOf, mostPerColumn, perColumn, type Columns } from './steps.ts';
import type { Facts } from './facts.ts';

const WIDE = 60;
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SERVICE = { well: '─', hung: 'x', failing: '!', slow: '~' } as const;
const CIRCUIT = { closed: '─', open: '▓', 'half-open': '?', isolated: '#' } as const;

export function asText(facts: Facts): string {
  const columns = columnsOf(facts.until, WIDE);
  return [facts.policy, '', ...rows(factsInWords(facts)), '', ...rows(lines(facts, columns)), '', legend(facts, columns)].join('\n');
}

type Row = readonly [name: string, text: string];

function rows(all: readonly Row[]): string[] {
  const wide = Math.max(...all.map(([name]) => name.length));
  return all.map(([name, text]) => `  ${name.padEnd(wide)}  ${text}`.trimEnd());
}

/** The summary, without what did not happen. */
export function factsInWords({ summary, states, outages }: Facts): Row[] {
  const { calls, completed, fellBack, failed, rejected, unsettled, attempts, attemptsInOutage, peak, settledAt, timers } = summary;
  const some = (name: string, count: number): Row[] => (count === 0 ? [] : [[name, String(count)]]);
  return [
    ['completed', `${completed} of ${calls}`],
    ...some('answered by the fallback', fellBack),
    ...some('failed', failed),
    ...some('rejected', rejected),
    ...some('still under way', unsettled),
    ['attempts', outages.length === 0 ? String(attempts) : `${attempts}, ${attemptsInOutage} of them during an outage`],
    ['most at once', String(peak)],
    ...(states.length === 0 ? [] : [['circuit', circuitInWords(summary)] as const]),
    ['last call ended at', showTime(settledAt)],
    ...some('timers left behind', timers),
  ];
}

/** A moment: in seconds, as scenarios are told, and as they can be compared. */
export function showTime(ms: number): string {
  return `${Math.round(ms) / 1_000} s`;
}

function circuitInWords({ openings, openedAt, closedAt }: Facts['summary']): string {
  if (openedAt === undefined) return 'never opened';
  const opened = `opened at ${showTime(openedAt)}${openings > 1 ? `, ${openings} times in all` : ''}`;
  return `${opened}, ${closedAt === undefined ? 'did not close again' : `closed at ${showTime(closedAt)}`}`;
}

function lines({ until, arrivals, pending, waiting, states, outages }: Facts, columns: Columns): Row[] {
  const each = (cell: (from: number, to: number) => string): string =>
    Array.from({ length: columns.length }, (_, i) => cell(i * columns.tick, (i + 1) * columns.tick)).join('');
  const held = mostPerColumn(waiting, columns);
  // What begins at the very end is in the last column.
  const end = columns.length * columns.tick;
  return [
    ['attempts', bars(perColumn(arrivals, columns))],
    ['pending', bars(mostPerColumn(pending, columns))],
    ...(Math.max(...held) === 0 ? [] : [['waiting', bars(held)] as const]),
    ['service', each((from, to) => SERVICE[outages.find((one) => one.from < to && one.until > from)?.is ?? 'well'])],
    ...(states.length === 0 ? [] : [['circuit', each((from, to) => CIRCUIT[stateBetween(states, from, to === end ? until + 1 : to)])] as const]),
  ];
}

function bars(counts: readonly number[]): string {
  const most = Math.max(...counts);
  return counts.map((count) => (count === 0 ? ' ' : BARS[Math.ceil((count / most) * BARS.length) - 1])).join('');
}

/** A probe may be shorter than a column: half-open is what a column shows in which there was one. */
function stateBetween(states: Facts['states'], from: number, to: number): keyof typeof CIRCUIT {
  const inside = states.filter((one) => one.from < to && (one.to > from || !one.over)).map(({ state }) => state);
  return inside.includes('half-open') ? 'half-open' : (inside.at(-1) as CircuitState);
}

function legend({ arrivals, pending, waiting, states, outages }: Facts, columns: Columns): string {
  const most = Math.max(...perColumn(arrivals, columns));
  const full = [`${most} attempt${most === 1 ? '' : 's'}`, `${Math.max(...pending.map(({ count }) => count))} pending`];
  const held = Math.max(...waiting.map(({ count }) => count));
  if (held > 0) full.push(`${held} waiting`);
  const seen = [...new Set(outages.map(({ is }) => is))].map((is) => `${SERVICE[is]} ${is}`);
  const marks = [...new Set(states.map(({ state }) => state))].map((state) => `${CIRCUIT[state]} ${state}`);
  const key = [...(seen.length === 0 ? [] : [`Service: ${seen.join(', ')}.`]), ...(marks.length === 0 ? [] : [`Circuit: ${marks.join(', ')}.`])];
  const first = `  One column is ${showMs(columns.tick)}; a full bar is ${full.join(', ')}.`;
  return key.length === 0 ? first : `${first}\n  ${key.join(' ')}`;
}
