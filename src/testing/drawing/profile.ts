/** Many calls as a drawing: how many attempts came, how many were under way and how many calls waited, over time. */
import { factsInWords, showTime } from '../simulate/text.ts';
import { columnsOf, mostPerColumn, perColumn, roundTime, type Step } from '../simulate/steps.ts';
import type { Facts } from '../simulate/facts.ts';
import type { Drawing } from './drawing.ts';
import { axisParts, circuitParts, columnAt, LEFT, policyParts, RIGHT, serviceParts, type At, type Sized } from './rows.ts';
import { box, line, path, words } from './svg.ts';

/** How tall a full bar is. */
const TALL = 40;

export function drawProfile(facts: Facts, title: string, name: string): Drawing {
  const { policy, until, arrivals, pending, waiting, outages, states, summary } = facts;
  const at = columnAt(until);
  const front: string[] = [];
  let y = 0;
  const add = ({ parts, height }: Sized): void => void (front.push(...parts), (y += height));
  const { calls, completed, attempts, peak } = summary;
  add(policyParts([policy], [`${completed} of ${calls} completed`, `${attempts} attempts, at most ${peak} at once`]));
  const top = y;
  add(barsRow('attempts', arrivals, until, y, at));
  add(areaRow('pending', pending, until, 'late', y, at));
  if (waiting.some(({ count }) => count > 0)) add(areaRow('waiting', waiting, until, 'held', y, at));
  if (outages.length > 0) add(serviceParts(outages.map(({ is, from, until: to }) => ({ is, from, to })), until, y, at));
  if (states.length > 0) add(circuitParts(states, y, at, true));
  y += 4;
  const axis = axisParts(until, roundTime(until / 6), top, y, at);
  return { name, title, about: told(facts), height: y + 28, parts: [...axis.back, ...front, ...axis.front] };
}

function label(name: string, most: number, y: number): string[] {
  return [words(16, y + 24, name, 'small strong'), words(16, y + 40, `max ${most}`, 'small')];
}

/** A bar a column: how many there were in it. */
function barsRow(name: string, times: readonly number[], until: number, y: number, at: At): Sized {
  const columns = columnsOf(until, 60);
  const counts = perColumn(times, columns);
  const most = Math.max(...counts);
  const bars = counts.flatMap((count, i) => {
    if (count === 0) return [];
    const [x, tall] = [at(i * columns.tick), (count / most) * TALL];
    return [box(x, y + 8 + TALL - tall, Math.max(at((i + 1) * columns.tick) - x, 2), tall, 'shade', 0)];
  });
  return { parts: [...label(name, most, y), ...bars, floor(y)], height: TALL + 12 };
}

/** A line that goes up and down with the number, and what is below it. */
function areaRow(name: string, steps: readonly Step[], until: number, style: string, y: number, at: At): Sized {
  // As fine as the drawing can show: a step is never lost, as a column has the most that there was in it.
  const columns = columnsOf(until, 340);
  const counts = mostPerColumn(steps, columns);
  const most = Math.max(1, ...counts);
  const foot = y + 8 + TALL;
  let way = `M${round(LEFT)} ${foot}`;
  let before = 0;
  for (const [i, count] of counts.entries()) {
    if (count !== before) way += ` H${round(at(i * columns.tick))} V${round(foot - (count / most) * TALL)}`;
    before = count;
  }
  return { parts: [...label(name, Math.max(...counts), y), path(`${way} H${round(RIGHT)} V${foot} z`, style), floor(y)], height: TALL + 12 };
}

function floor(y: number): string {
  return line(LEFT, y + 8 + TALL, RIGHT, y + 8 + TALL, 'axis');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** In words, for those who do not see it. */
function told(facts: Facts): string {
  const parts = factsInWords(facts).map(([name, text]) => `${name}: ${text}`);
  const downs = facts.outages.map(({ is, from, until }) => `The service is ${is} from ${showTime(from)} ${until === Infinity ? 'on' : `to ${showTime(until)}`}.`);
  const moves = facts.states.slice(0, 30).map(({ state, from }) => `${state} from ${showTime(from)}`);
  const more = facts.states.length > 30 ? ', and so on' : '';
  return [`${parts.join('; ')}.`, ...downs, ...(moves.length === 0 ? [] : [`Circuit: ${moves.join(', ')}${more}.`])].join(' ');
}
