/** A night in three lines: calls that reached the server, how the server was, and where the circuit stood. */
import type { Night } from './batch.ts';
import { SECOND } from './story.ts';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const STATES: Record<string, string> = { closed: '─', open: '▓', 'half-open': '?' };

/** `until` is where the line ends and `most` what a full bar stands for, so that two nights can be compared. */
export function timeline(night: Night, tick: number, until: number, most: number): string {
  const ticks = Array.from({ length: Math.ceil(until / tick) }, (_, i) => i * tick).filter((from) => from < night.duration);
  const draw = (cell: (from: number, to: number) => string): string => ticks.map((from) => cell(from, from + tick)).join('');
  const { outage } = night;
  return [
    `  calls    ${draw((from, to) => bar(callsBetween(night, from, to), most))}`,
    `  server   ${draw((from, to) => (from < outage.to && to > outage.from ? 'x' : '─'))}`,
    `  circuit  ${night.states.length === 0 ? 'none' : draw((from, to) => STATES[stateBetween(night, from, to)] ?? ' ')}`,
  ].join('\n');
}

export function legend(tick: number, most: number): string {
  return `One column is ${tick / SECOND} s, a full bar ${most} calls. Server: x down. Circuit: ─ closed, ▓ open, ? half-open.`;
}

/** The most calls in one column of any of the nights. */
export function mostCalls(nights: readonly Night[], tick: number): number {
  return Math.max(
    ...nights.map((night) => {
      const columns = new Map<number, number>();
      for (const { began } of night.calls) {
        const column = Math.floor(began / tick);
        columns.set(column, (columns.get(column) ?? 0) + 1);
      }
      return Math.max(0, ...columns.values());
    }),
  );
}

function callsBetween({ calls }: Night, from: number, to: number): number {
  return calls.filter(({ began }) => began >= from && began < to).length;
}

function bar(count: number, most: number): string {
  return count === 0 ? ' ' : (BARS[Math.ceil((count / most) * BARS.length) - 1] ?? '█');
}

/** A probe may be shorter than a column: half-open is what a column shows in which there was one. */
function stateBetween({ states }: Night, from: number, to: number): string {
  const before = states.filter(({ at }) => at < from).at(-1)?.to ?? 'closed';
  const inside = states.filter(({ at }) => at >= from && at < to).map((change) => change.to);
  return inside.includes('half-open') ? 'half-open' : (inside.at(-1) ?? before);
}
