/** The tables, as Markdown: each beside what the project wants. */
import { ALLOCATING, CASES, type Case } from './cases.ts';
import { LIMIT_S, NAMES, type Bounded, type ByName, type Results } from './results.ts';
import type { Timing } from './rounds.ts';
import { WINDOWED } from './windows.ts';
import { count, label, NONE, number, round, section, type Table } from './table.ts';
import type { Breakers } from './workers/breakers.ts';
import type { Flight } from './workers/flight.ts';

/** What each table shows. */
const NOTES = {
  rejections: 'A failure is compared with a bare call that rejects and is caught.',
  sync: 'Nanoseconds a call: a bare synchronous call is compiled away, and a multiple of nothing says nothing.',
  bytes: 'What a call allocates on the heap, garbage included, with what the bare call allocates.',
  flight:
    '100,000 calls under one timeout, with one signal of their caller. Bytes include what the function itself holds. Timers ' +
    '(those that keep the process alive) and listeners: while the calls are in flight, then when all are over.',
  burst: '20,000 calls whose time is over at the same instant, until the last has rejected.',
  breakers: 'One of 100,000 breakers with the defaults. A key of `keyed()` is a breaker with its place; a thousand stand together.',
  windows:
    'A breaker under a trip rule, called once: its bytes over those of a breaker without a window, off the heap, too; and a ' +
    'counted call through it, as a multiple of a bare one.',
  sizes: 'kB of 1,000 bytes, bundled and minified by esbuild: plain / gzip / brotli.',
  imports: 'Over the import of an empty module, the first in its process.',
} as const;

/** The whole report. A table without a row is left out. */
export function report(results: Results): string {
  const { speed, bytes, flight, burst, breakers, windows, machine, versions } = results;
  const bare = Object.values(speed).flatMap(({ bare: one }) => one?.ns ?? []);
  const awaited = CASES.filter(({ kind, id }) => kind === 'answer' && !/^(?:open|window)/.test(id));
  const other = CASES.filter(({ kind, id }) => kind === 'rejection' || id.startsWith('open'));
  const sync = CASES.filter(({ kind }) => kind === 'sync');
  const packages = Object.entries(versions).map(([name, version]) => `${label(name)} ${version}`);
  return [
    `Measured on ${machine}, with ${packages.join(', ')}.`,
    section('A call that answers', rows(awaited, speed, cell), `Multiples of a bare \`await fn()\`${nsOf(bare)}.`),
    section('Rejections and failures', rows(other, speed, cell), NOTES.rejections),
    section('Synchronous calls', rows(sync, speed, (_, { ns }) => `${round(ns)} ns`), NOTES.sync),
    section('Bytes a call', bytesRows(bytes), NOTES.bytes),
    section('Calls in flight', flightRows(flight), NOTES.flight),
    section('Timeouts at one instant', burstRows(burst), NOTES.burst),
    section('Breakers', breakerRows(breakers), NOTES.breakers),
    section('Windows', windowRows(windows, speed), NOTES.windows),
    section('Bundles', sizeRows(results), NOTES.sizes),
    section('Import', importRows(results), NOTES.imports),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The times with their quartiles: how steady a run was, and a build beside another. */
export function timings({ speed }: Results): string {
  return Object.entries(speed)
    .map(([id, byName]) => {
      const lines = Object.entries(byName).map(([name, { ns, times, quartiles }]) => {
        const [low, high] = quartiles.map((one) => one.toFixed(2));
        return `  ${name.padEnd(12)}${round(ns).padStart(9)} ns  × ${times.toFixed(2).padStart(7)}  (${low} to ${high})`;
      });
      return [id, ...lines].join('\n');
    })
    .join('\n');
}

/** One row a case, one column a contender. */
function rows(cases: readonly Case[], speed: ByName<ByName<Timing>>, show: (one: Case, timing: Timing) => string): Table {
  const body = cases.flatMap((one) => {
    const timings = speed[one.id];
    if (timings === undefined) return [];
    const cells = NAMES.map((name) => (timings[name] === undefined ? NONE : show(one, timings[name])));
    return [[one.title, goalOf(one), ...cells]];
  });
  return [['', 'goal', ...NAMES.map(label)], ...body];
}

function cell({ unit }: Case, { ns, times }: Timing): string {
  return unit === 'µs' ? `${round(ns / 1e3)} µs` : `× ${round(times)}`;
}

function goalOf({ goal, unit }: Case): string {
  if (goal === undefined) return NONE;
  return unit === 'µs' ? `≤ ${goal} µs` : `≤ × ${goal}`;
}

function bytesRows(bytes: ByName<ByName<number>>): Table {
  const names = ['bare', ...NAMES];
  const body = ALLOCATING.flatMap(({ id, title, bytes: goal }) => {
    const found = bytes[id];
    if (found === undefined) return [];
    return [[title, goal === undefined ? NONE : `≤ ${count(goal)}`, ...names.map((name) => number(found[name]))]];
  });
  return [['', 'goal', ...names.map(label)], ...body];
}

function flightRows(flight: ByName<Bounded<Flight>>): Table {
  const body = Object.entries(flight).map(([name, { result, missed }]) => [
    label(name) + reduced(missed, result?.n),
    ...(result === undefined
      ? [NONE, NONE, NONE, NONE, NONE]
      : [
          count(result.bytes),
          `${round(result.startMs)} ms`,
          `${round(result.settleMs)} ms`,
          result.timers.map(count).join(', then '),
          result.listeners.map(count).join(', then '),
        ]),
  ]);
  const head = ['', 'bytes each', 'to start all', 'to settle all', 'timers', 'listeners'];
  return [head, ['goal', '≤ 1,200', NONE, NONE, '1, then 0', '1, then 0'], ...body];
}

function burstRows(burst: ByName<number | undefined>): Table {
  const show = (ms: number | undefined): string => (ms === undefined ? `not finished after ${LIMIT_S} s` : `${round(ms)} ms`);
  const body = Object.entries(burst).map(([name, ms]) => [label(name), show(ms)]);
  return [['', 'time'], ['goal', '≤ 30 ms'], ...body];
}

function breakerRows(breakers: ByName<Bounded<Breakers>>): Table {
  const body = Object.entries(breakers).map(([name, { result, missed }]) => [
    label(name) + reduced(missed, result?.n),
    ...(result === undefined
      ? [NONE, NONE, NONE, NONE]
      : [count(result.made), count(result.used), count(result.timers), `${Math.round(result.collected * 100)} %`]),
  ]);
  const goal = ['goal', '≤ 300', NONE, '0', '100 %'];
  return [['', 'bytes, made', 'bytes, called once', 'timers each', 'given back when dropped'], goal, ...body];
}

function windowRows(bytes: Results['windows'], speed: Results['speed']): Table {
  const counting = NAMES.filter((name) => WINDOWED.some(({ id }) => bytes[id]?.[name] !== undefined || speed[`window.${id}`]?.[name]));
  const body = WINDOWED.flatMap(({ id, title }) => {
    const timings = speed[`window.${id}`];
    if (bytes[id] === undefined && timings === undefined) return [];
    const cells = counting.flatMap((name) => {
      const [own, without] = [bytes[id]?.[name], bytes['none']?.[name]];
      const more = own === undefined || without === undefined ? NONE : count(own - without);
      return [more, timings?.[name] === undefined ? NONE : `× ${round(timings[name].times)}`];
    });
    return [[title, ...cells]];
  });
  return [['', ...counting.flatMap((name) => [`${label(name)}: bytes`, 'a call'])], ...body];
}

function sizeRows({ sizes }: Results): Table {
  const show = (name: string, what: 'breaker' | 'four' | 'all'): string => {
    const size = sizes[name]?.[what];
    if (size === undefined) return NONE;
    return [size.min, size.gzip, size.brotli].map((bytes) => (bytes / 1e3).toFixed(1)).join(' / ');
  };
  const body = Object.keys(sizes).map((name) => [label(name), show(name, 'breaker'), show(name, 'four'), show(name, 'all')]);
  const goal = ['goal', 'gzip ≤ 1.8', 'gzip ≤ 4', NONE];
  return [['', 'breaker alone', 'four layers', 'everything'], goal, ...body];
}

function importRows({ imports, sizes }: Results): Table {
  const body = Object.entries(imports).map(([name, ms]) => [label(name), `${round(ms)} ms`, number(sizes[name]?.all?.files)]);
  return [['', 'time', 'files'], ['goal', '≤ 1.5 ms', '1'], ...body];
}

/** What is said of a part that was measured with less than the whole. */
function reduced(missed: number | undefined, n: number | undefined): string {
  const less = n === undefined ? '' : `; of ${count(n)}`;
  return missed === undefined ? (n === 100_000 ? '' : less) : `, not finished after ${missed} s${less}`;
}

function nsOf(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? '' : `, which took ${round(middle)} ns`;
}
