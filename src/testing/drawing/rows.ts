/** The rows that all timelines have: the policy on top, the service and the circuit as bands, the time at the foot. */
import { showMs } from '../../core/text.ts';
import type { StateRecord } from '../recording.ts';
import { WIDTH } from './drawing.ts';
import { box, line, widthOf, words } from './svg.ts';

/** Where the time begins and ends in a drawing. */
export const LEFT = 80;
export const RIGHT: number = WIDTH - 18;
/** How tall a lane and a band are. */
export const BAR = 24;

/** Where a moment, in milliseconds, stands in a drawing. */
export type At = (time: number) => number;

/** Elements, and how much room they take from top to bottom. */
export interface Sized {
  readonly parts: readonly string[];
  readonly height: number;
}

/** A time in which the service was not well. */
export interface Down {
  readonly from: number;
  readonly to: number;
  /** What is written there. */
  readonly is?: string | undefined;
}

export function columnAt(until: number): At {
  return (time) => LEFT + (Math.min(time, until) / until) * (RIGHT - LEFT);
}

/** The policies in lines, and what else is to be said at the top. */
export function policyParts(policies: readonly string[], notes: readonly string[]): Sized {
  const rows = [...policies.flatMap(wrapped), ...notes];
  return { parts: rows.map((row, i) => words(16, 28 + i * 16, row, 'mono')), height: 24 + rows.length * 16 };
}

/** A policy in lines that fit, broken before a layer. */
function wrapped(policy: string): string[] {
  const rows: string[] = [];
  for (const part of policy.split(/(?<= )(?=▸|else )/)) {
    const last = rows.at(-1);
    if (last !== undefined && (last + part).length <= 56) rows[rows.length - 1] = last + part;
    else rows.push(part);
  }
  return rows.map((row) => row.trim());
}

/** The service below `y`: a band where it was up, and others where it was not. */
export function serviceParts(downs: readonly Down[], until: number, y: number, at: At): Sized {
  const spans: { readonly from: number; readonly to: number; readonly is: string }[] = [];
  let since = 0;
  for (const { from, to, is = 'down' } of [...downs].sort((a, b) => a.from - b.from)) {
    spans.push({ from: since, to: from, is: 'up' }, { from, to, is });
    since = Math.max(since, to);
  }
  spans.push({ from: since, to: until, is: 'up' });
  const seen = spans.map(({ from, to, is }) => ({ from, to: Math.min(to, until), is })).filter(({ from, to }) => to > from);
  const parts = seen.flatMap(({ from, to, is }) => [
    box(at(from), y + 6, at(to) - at(from), BAR, is === 'up' ? 'ok' : 'bad', 0),
    ...(at(to) - at(from) < widthOf(is, 13) ? [] : [words((at(from) + at(to)) / 2, y + 22.5, is, '', 'middle')]),
  ]);
  return { parts: [words(16, y + 22, 'service', 'strong'), ...parts], height: BAR + 12 };
}

const BAND = { closed: 'ok', open: 'bad', 'half-open': 'late', isolated: 'held' } as const;

/** The circuit below `y`: a band a state. `terse`: what does not fit into its band is shortened, or left out. */
export function circuitParts(states: readonly StateRecord[], y: number, at: At, terse = false): Sized {
  const below = !terse && states.some((state) => !labelFits(state, at));
  const parts = states.flatMap((state) => stateParts(state, y + 6, at, terse));
  return { parts: [words(16, y + 22, 'circuit', 'strong'), ...parts], height: BAR + 6 + (below ? 22 : 8) };
}

function labelOf({ state, from, to, over }: StateRecord): string {
  return state === 'open' && over ? `open ${showMs(to - from)}` : state;
}

function labelFits(state: StateRecord, at: At): boolean {
  return at(state.to) - at(state.from) >= widthOf(labelOf(state), 13);
}

function stateParts(state: StateRecord, y: number, at: At, terse: boolean): string[] {
  const [x, width] = [at(state.from), at(state.to) - at(state.from)];
  const inside = labelFits(state, at);
  // A band without its word is told by its height: a probe lets little through.
  const low = terse && state.state === 'half-open' ? BAR / 2 : 0;
  const band = box(x, y + low, width, BAR - low, BAND[state.state], 0);
  if (terse && !inside) {
    const fits = low === 0 && width >= widthOf(state.state, 13);
    return fits ? [band, words(x + width / 2, y + 16.5, state.state, 'small', 'middle')] : [band];
  }
  if (low > 0) return [band];
  const middle = Math.min(x + width / 2, RIGHT - widthOf(state.state, 13) / 2);
  return [band, words(middle, inside ? y + 16.5 : y + BAR + 15, labelOf(state), '', 'middle')];
}

/** The time at the foot, `y`, with a line up to `top` at each figure. */
export function axisParts(until: number, every: number, top: number, y: number, at: At): { readonly back: string[]; readonly front: string[] } {
  const [unit, ms] = until >= 20 * 60_000 ? (['minutes', 60_000] as const) : (['seconds', 1_000] as const);
  const back: string[] = [];
  const front: string[] = [];
  for (let time = 0; time <= until; time += every) {
    back.push(line(at(time), top, at(time), y, 'grid'));
    front.push(words(at(time), y + 16, String(Math.round((time / ms) * 1_000) / 1_000), 'small', 'middle'));
  }
  back.push(line(LEFT, y, RIGHT, y, 'axis'));
  front.push(words(16, y + 16, unit, 'small'));
  return { back, front };
}
