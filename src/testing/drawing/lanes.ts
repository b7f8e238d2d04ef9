/** A recording as a drawing: a lane of calls each, the state of the circuit, and the time at the foot. */
import { PolicyError } from 'breakwater';
import { showMs } from '../../core/text.ts';
import type { AttemptRecord, CallRecord, Recording } from '../recording.ts';
import type { Drawing } from './drawing.ts';
import { axisParts, BAR, circuitParts, columnAt, policyParts, RIGHT, serviceParts, type At, type Down, type Sized } from './rows.ts';
import { box, line, path, widthOf, words } from './svg.ts';

/** What a drawing of lanes is called, and how it is laid out. */
export interface Layout {
  readonly name: string;
  readonly title: string;
  /** What there is to see, in a sentence or two. What happened when is added to it from the recording. */
  readonly about: string;
  /** What decides the story and does not stand in the line of the policy: it is put below it. */
  readonly note?: string | undefined;
  /** What stands over a lane, where its name does not say enough. */
  readonly lanes?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds from one figure of the axis to the next. */
  readonly every: number;
  /** When the service was down, where the story has a service. */
  readonly down?: Down | readonly Down[] | undefined;
  /** Moments that are marked across all lanes, read off the recording. */
  readonly marks?: ((recording: Recording) => readonly Mark[]) | undefined;
}

export interface Mark {
  readonly at: number;
  readonly label: string;
}

/** Draws what happened. */
export function drawLanes(recording: Recording, layout: Layout): Drawing {
  const { until, states } = recording;
  const at = columnAt(until);
  const back: string[] = [];
  const head = policyParts(recording.policies, layout.note === undefined ? [] : [layout.note]);
  const front = [...head.parts];
  const marks = layout.marks?.(recording) ?? [];
  let y = head.height + (marks.length > 0 ? 16 : 0);
  const top = y;
  for (const { at: time, label } of marks) front.push(words(...beside(at(time), label), 'small strong halo', 'middle'));

  for (const lane of new Set(recording.calls.map(({ name }) => name))) {
    const title = layout.lanes?.[lane];
    if (title !== undefined) front.push(words(16, (y += 18), title, 'small halo'));
    y += title === undefined ? 6 : 9;
    front.push(words(16, y + 16, lane, 'strong'));
    const calls = recording.calls.filter(({ name }) => name === lane);
    const crowded = calls.length > 1;
    for (const call of calls) front.push(...callParts(call, y, at, crowded));
    y += BAR + (crowded || calls.every((call) => fits(call, at)) ? 6 : 22);
  }
  const add = (rows: Sized): void => void (front.push(...rows.parts), (y += rows.height));
  if (layout.down !== undefined) add(serviceParts([layout.down].flat(), until, y, at));
  if (states.length > 0) add(circuitParts(states, y, at));
  y += 4;
  const axis = axisParts(until, layout.every, top, y, at);
  for (const mark of marks) back.push(line(at(mark.at), top - 2, at(mark.at), y, 'mark'));
  const { name, title, about } = layout;
  const parts = [...axis.back, ...back, ...front, ...axis.front];
  return { name, title, about: `${about} ${told(recording)}`, height: y + 28, parts };

  function beside(x: number, label: string): [number, number, string] {
    const half = widthOf(label, 12) / 2;
    return [Math.min(Math.max(x, 16 + half), RIGHT + 6 - half), top - 6, label];
  }
}

function callParts(call: CallRecord, y: number, at: At, crowded: boolean): string[] {
  const roomOf = (from: number, to: number): number => at(to) - at(from);
  const long = call.waits.every(({ from, to, planned = 0 }) => roomOf(from, to) >= widthOf(`wait ${showMs(planned)}`, 12));
  const parts = call.waits.flatMap(({ by, from, to, planned = to - from }) => {
    const middle = y + BAR / 2;
    const label = by === 'retry' ? showMs(planned) : by;
    const cut = from + planned > to ? [line(at(to), middle, at(from + planned), middle, 'ghost')] : [];
    const name = long && by === 'retry' ? `wait ${label}` : roomOf(from, to) >= widthOf(label, 12) ? label : '';
    const words_ = name === '' ? [] : [words((at(from) + at(to)) / 2, middle - 4, name, 'small halo', 'middle')];
    return [...cut, line(at(from), middle, at(to), middle, 'wait'), ...words_];
  });
  for (const attempt of call.attempts) parts.push(...attemptParts(attempt, y, at, crowded));
  if (call.attempts.length === 0 && call.end !== 'running') parts.push(...turnedAway(at(call.from), y + BAR / 2));
  if (!crowded && call.end !== 'running') parts.push(resultOf(call, y, at));
  return parts;
}

const STYLE = {
  ok: 'ok',
  failed: 'bad',
  'timed out': 'late',
  'out of time': 'late',
  aborted: 'held',
  running: 'plain',
} as const;

function attemptParts({ attempt, from, to, came, toldToStop, ranOnTo }: AttemptRecord, y: number, at: At, crowded: boolean): string[] {
  const [x, width] = [at(from), Math.max(at(to) - at(from), 5)];
  const parts: string[] = [];
  if (ranOnTo !== undefined) {
    parts.push(box(x, y + 3, at(ranOnTo) - x, BAR - 6, 'ghost'));
    parts.push(words((at(to) + at(ranOnTo)) / 2, y + 16, 'runs on', 'small', 'middle'));
  }
  parts.push(box(x, y, width, BAR, STYLE[came]));
  if (toldToStop !== undefined && toldToStop < to) parts.push(line(at(toldToStop), y - 3, at(toldToStop), y + BAR + 3, 'mark'));
  if (!crowded && width >= 12 && width < 30) {
    // No room for both: the colour says what came of it.
    parts.push(words(x + width / 2, y + 16.5, String(attempt), '', 'middle'));
  } else if (crowded || width < 30) {
    if (width >= 12) parts.push(sign(came, x + width / 2, y + BAR / 2));
  } else {
    parts.push(words(x + 6, y + 16.5, String(attempt)), sign(came, x + width - 11, y + BAR / 2));
  }
  return parts;
}

/** A tick, a cross, the hands of a clock, or a square: what came of an attempt. */
function sign(came: AttemptRecord['came'], x: number, y: number): string {
  if (came === 'running') return '';
  const ways = {
    ok: `M${x - 4} ${y} l3 3.5 l5.5 -7`,
    bad: `M${x - 3.5} ${y - 3.5} l7 7 m0 -7 l-7 7`,
    late: `M${x - 4.5} ${y} a4.5 4.5 0 1 0 9 0 a4.5 4.5 0 1 0 -9 0 M${x} ${y - 2.5} v2.5 h2`,
    held: `M${x - 3.5} ${y - 3.5} h7 v7 h-7 z`,
    plain: '',
  };
  return path(ways[STYLE[came]], `sign ${STYLE[came]}`);
}

function turnedAway(x: number, y: number): string[] {
  return [path(`M${x - 5} ${y} a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 M${x - 3.5} ${y + 3.5} l7 -7`, 'sign bad')];
}

const RESULT = { answer: 'halo word-ok', fallback: 'halo word-held', error: 'halo word-bad', rejected: 'halo word-bad', running: '' } as const;

function resultText({ outcome, end }: CallRecord): string {
  if (outcome === undefined) return '';
  if ('error' in outcome) return outcome.error instanceof PolicyError ? outcome.error.name : String(outcome.error);
  const text = typeof outcome.value === 'string' ? `'${outcome.value}'` : String(outcome.value);
  return end === 'fallback' ? `${text} (fallback)` : text;
}

/** Where nothing of a call is drawn any more. */
function lastOf(call: CallRecord): number {
  return Math.max(call.to, ...call.attempts.map(({ ranOnTo }) => ranOnTo ?? 0), ...call.waits.map(({ from, planned = 0 }) => from + planned));
}

/** Whether the function runs on after the call has ended. */
function ranOn(call: CallRecord): boolean {
  return lastOf(call) > call.to && call.attempts.some(({ ranOnTo }) => ranOnTo !== undefined);
}

/** Whether what came of a call fits to the right of it, where nothing of it is drawn after its end. */
function fits(call: CallRecord, at: At): boolean {
  if (ranOn(call)) return false;
  return at(lastOf(call)) + 12 + widthOf(resultText(call), 13) <= RIGHT + 8;
}

/** Otherwise it stands below, where the call ended. */
function resultOf(call: CallRecord, y: number, at: At): string {
  const [text, style] = [resultText(call), RESULT[call.end]];
  if (fits(call, at)) return words(at(lastOf(call)) + (call.attempts.length === 0 ? 10 : 7), y + 16.5, text, style);
  const x = at(call.to);
  const right = !ranOn(call) && x + 5 + widthOf(text, 13) <= RIGHT + 8;
  return words(right ? x + 5 : Math.min(x, RIGHT) - 5, y + BAR + 14, text, style, right ? 'start' : 'end');
}

/** The recording in words, for those who do not see it. */
function told({ calls, states }: Recording): string {
  const seconds = (ms: number): string => `${Math.round(ms) / 1_000} s`;
  const lines = calls.map((call) => {
    const goes = call.attempts.map(({ attempt, from, to, came }) => `attempt ${attempt} ${seconds(from)} to ${seconds(to)} ${came}`);
    const end = call.end === 'running' ? 'still under way' : `${call.end} at ${seconds(call.to)}: ${resultText(call)}`;
    return `${call.name} from ${seconds(call.from)}: ${[...goes, end].join(', ')}.`;
  });
  const moves = states.map(({ state, from }) => `${state} from ${seconds(from)}`);
  return [...lines, ...(moves.length === 0 ? [] : [`Circuit: ${moves.join(', ')}.`])].join(' ');
}
