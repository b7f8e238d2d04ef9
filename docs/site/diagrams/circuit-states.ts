/** The states of a circuit and what leads from one to another. Each way is gone with a real circuit before it is drawn. */
import { breaker } from '../../../src/index.ts';
import type { Breaker, CircuitState } from '../../../src/index.ts';
import { HandClock } from '../../../src/testing/manual-clock.ts';
import { WIDTH, type Drawing } from '../../../src/testing/drawing/drawing.ts';
import { box, path, words, type Anchor } from '../../../src/testing/drawing/svg.ts';
import { arrowHead } from './arrow.ts';

/** A circuit, and what can be done to it. */
class Subject {
  readonly clock: HandClock = new HandClock(() => 0.5);
  readonly circuit: Breaker<'sync'> = breaker({ failureThreshold: 2, recoveryTimeout: 1_000, successThreshold: 2, clock: this.clock });
  #release: () => void = () => {};

  fail(times = 1): void {
    for (let i = 0; i < times; i += 1) {
      try {
        this.circuit.executeSync((): number => { throw new Error('down'); });
      } catch {
        // The failure was meant.
      }
    }
  }

  succeed(times = 1): void {
    for (let i = 0; i < times; i += 1) this.circuit.executeSync(() => 'well');
  }

  /** The recovery time ends, and a call comes: the first of two probes that must succeed. */
  recover(): void {
    this.clock.time += 1_000;
    this.succeed();
  }

  isolate(): void {
    const handle = this.circuit.isolate();
    this.#release = () => handle.dispose();
  }

  release(): void {
    this.#release();
  }
}

type Act = (subject: Subject) => void;

/** How to get into each state. */
const INTO: Readonly<Record<CircuitState, Act>> = {
  closed: () => {},
  open: (subject) => subject.fail(2),
  'half-open': (subject) => (subject.fail(2), subject.recover()),
  isolated: (subject) => subject.isolate(),
};

interface Way {
  readonly from: CircuitState;
  readonly to: CircuitState;
  /** Each of these leads there. */
  readonly by: Readonly<Record<string, Act>>;
}

const isolate = { 'isolate()': (subject: Subject) => subject.isolate() };

const WAYS: readonly Way[] = [
  { from: 'closed', to: 'open', by: { 'failureThreshold failures in a row': (one) => one.fail(2), 'open()': ({ circuit }) => circuit.open() } },
  { from: 'open', to: 'half-open', by: { 'the recovery time is over, and a call comes': (one) => one.recover() } },
  { from: 'half-open', to: 'open', by: { 'a probe fails': (one) => one.fail(), 'open()': ({ circuit }) => circuit.open() } },
  { from: 'half-open', to: 'closed', by: { 'successThreshold probes succeed': (one) => one.succeed(), 'reset()': ({ circuit }) => circuit.reset() } },
  { from: 'open', to: 'closed', by: { 'reset()': ({ circuit }) => circuit.reset() } },
  { from: 'closed', to: 'isolated', by: isolate },
  { from: 'open', to: 'isolated', by: isolate },
  { from: 'half-open', to: 'isolated', by: isolate },
  { from: 'isolated', to: 'closed', by: { 'the last release': (one) => one.release() } },
];

/** Goes every way. */
function prove(): void {
  for (const { from, to, by } of WAYS) {
    for (const [name, act] of Object.entries(by)) {
      const subject = new Subject();
      INTO[from](subject);
      const before = subject.circuit.state;
      act(subject);
      if (before !== from || subject.circuit.state !== to) {
        throw new Error(`The drawing says that ${name} leads from ${from} to ${to}; it led from ${before} to ${subject.circuit.state}.`);
      }
    }
  }
}

const [WIDE, TALL] = [112, 56];
const PLACE: Readonly<Record<CircuitState, readonly [x: number, y: number, says: string, style: string]>> = {
  closed: [34, 76, 'calls pass', 'ok'],
  open: [256, 76, 'calls rejected', 'bad'],
  'half-open': [256, 220, 'probes pass', 'late'],
  isolated: [164, 366, 'calls rejected', 'held'],
};

/** Where the ways are drawn, by hand. The three that isolate are one arrow, from the frame around the states they leave. */
const ARROWS = [
  'M146 94 H254',
  'M256 118 H148',
  'M292 132 V218',
  'M332 220 V134',
  'M256 262 H132 Q108 262 108 238 V134',
  'M220 296 V364',
  'M164 394 H84 Q60 394 60 370 V134',
];

const LABELS: readonly (readonly [x: number, y: number, anchor: Anchor, ...rows: string[]])[] = [
  [201, 47, 'middle', 'failureThreshold failures', 'in a row, or open()'],
  [201, 135, 'middle', 'reset()'],
  [285, 163, 'end', 'the recovery', 'time is over, and', 'a call comes'],
  [340, 163, 'start', 'a probe', 'fails, or', 'open()'],
  [118, 222, 'start', 'successThreshold', 'probes succeed,', 'or reset()'],
  [229, 335, 'start', 'isolate(), from any of these'],
  [70, 412, 'start', 'the last', 'release'],
];

export function circuitStates(): Drawing {
  prove();
  const states = Object.entries(PLACE).flatMap(([name, [x, y, says, style]]) => [
    box(x, y, WIDE, TALL, style, 12),
    words(x + WIDE / 2, y + 25, name, 'strong', 'middle'),
    words(x + WIDE / 2, y + 43, says, 'small', 'middle'),
  ]);
  return {
    name: 'circuit-states',
    title: 'The states of a circuit',
    about: WAYS.map(({ from, to, by }) => `From ${from} to ${to}: ${Object.keys(by).join(', or ')}.`).join(' '),
    height: 440,
    parts: [
      arrowHead('circuit-states-arrow'),
      box(16, 16, WIDTH - 32, 280, 'ghost', 14),
      ...ARROWS.map((way) => path(way, 'arrow', 'circuit-states-arrow')),
      ...states,
      ...LABELS.flatMap(([x, y, anchor, ...rows]) => rows.map((row, i) => words(x, y + i * 15, row, 'small', anchor))),
    ],
  };
}
