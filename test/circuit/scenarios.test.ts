/** Whole outages in virtual time, as far as the circuit alone can tell: a call lasts as long as its frame says. */
import { describe, expect, it } from 'vitest';
import type { Permit } from '../../src/circuit/circuit.ts';
import { Rig } from './rig.ts';

/** A queue of things to do at their time. */
class Agenda {
  readonly #tasks: { at: number; order: number; run: () => void }[] = [];
  #order = 0;

  at(at: number, run: () => void): void {
    this.#tasks.push({ at, order: (this.#order += 1), run });
  }

  run(arrive: (at: number) => void): void {
    for (let task = this.#next(); task; task = this.#next()) {
      arrive(task.at);
      task.run();
    }
  }

  #next(): { at: number; run: () => void } | undefined {
    this.#tasks.sort((a, b) => a.at - b.at || a.order - b.order);
    return this.#tasks.shift();
  }
}

describe('S5 a slow death: tasks start one after another, stragglers fail long after the opening', () => {
  const walls = {
    'goes with the monotonic one': (at: number) => at,
    'stands still': () => 0,
    'runs backwards': (at: number) => -at,
    'was set back an hour at 40 s': (at: number) => (at < 40_000 ? at : at - 3_600_000),
  };
  const frames = [
    { every: 1_000, timeout: 30_500, threshold: 5, recovery: 60_000, opens: 34_500, last: 64_500, left: 29_900 },
    { every: 500, timeout: 10_000, threshold: 3, recovery: 20_000, opens: 11_000, last: 21_000, left: 9_500 },
  ];
  const names = Object.keys(walls) as (keyof typeof walls)[];
  const cases = frames.flatMap((frame) => names.map((wall) => ({ ...frame, wall })));

  it.each(cases)('S5 A3 A11 opens at $opens ms for $recovery ms where the wall clock $wall', (frame) => {
    const { every, timeout, threshold, recovery, opens, last, left } = frame;
    const rig = new Rig({ threshold, recovery, at: { mono: 0, wall: 1e12 } });
    const agenda = new Agenda();
    const openedAt: number[] = [];
    let lastFailure = 0;
    const fail = (permit: Permit): void => {
      const before = rig.machine.state;
      rig.fails(permit);
      if (rig.machine.state !== before) openedAt.push(rig.mono);
      lastFailure = rig.mono;
    };
    for (let start = 0; start < opens + 20_000; start += every) {
      agenda.at(start, () => {
        const permit = rig.tryAdmit();
        if (permit) agenda.at(start + timeout, () => fail(permit));
      });
    }
    agenda.at(opens + recovery - left, () => expect(rig.retryAfterMs).toBe(left));
    agenda.at(opens + recovery - 1, () => expect(rig.tryAdmit()).toBeUndefined());
    agenda.at(opens + recovery, () => expect(rig.tryAdmit()).toEqual({ probe: true }));
    agenda.run((at) => {
      rig.mono = at;
      rig.wall = 1e12 + walls[frame.wall](at);
    });
    expect([openedAt, lastFailure]).toEqual([[opens], last]);
    expect(rig.turns).toEqual(['closed → open', 'open → half-open']);
  });
});

describe('S21 an outage, listened to, with a caller at each recovery', () => {
  const s3 = { tasks: 40, threshold: 5, recovery: 60_000, timeout: 30_000, until: 600_000, takes: 5_000 };
  const smaller = { tasks: 12, threshold: 3, recovery: 10_000, timeout: 4_000, until: 60_000, takes: 1_000 };

  it.each([
    { name: 'in the frame of S3', ...s3, probes: 6, closed: 635_000 },
    { name: 'in a smaller frame', ...smaller, probes: 4, closed: 71_000 },
  ])('S21 $name it opens once, reopens with each failed probe, closes with the first good one', (frame) => {
    const told: string[] = [];
    const rig: Rig = new Rig({
      threshold: frame.threshold,
      recovery: frame.recovery,
      changed: ({ from, to }) => {
        told.push(`${to} (${rig.mono / 1_000})`);
        rig.turns.push(`${from} → ${to}`);
      },
    });
    const agenda = new Agenda();
    const call = (): void => {
      const permit = rig.tryAdmit();
      if (!permit) return;
      const healthy = rig.mono >= frame.until;
      agenda.at(rig.mono + (healthy ? frame.takes : frame.timeout), () => {
        rig.machine.record(permit, !healthy, rig.time);
        if (rig.machine.state === 'open') agenda.at(rig.mono + rig.retryAfterMs, call);
      });
    };
    for (let task = 0; task < frame.tasks; task += 1) agenda.at(0, call);
    agenda.run((at) => {
      rig.mono = at;
      rig.wall = at;
    });
    const first = frame.timeout;
    const round = frame.recovery + frame.timeout;
    const expected = [`open (${first / 1_000})`];
    for (let probe = 1; probe <= frame.probes; probe += 1) {
      const reopens = first + probe * round;
      expected.push(`half-open (${(reopens - frame.timeout) / 1_000})`, `open (${reopens / 1_000})`);
    }
    expected.push(`half-open (${(frame.closed - frame.takes) / 1_000})`, `closed (${frame.closed / 1_000})`);
    expect(told).toEqual(expected);
    for (let turn = 1; turn < rig.turns.length; turn += 1) {
      expect(rig.turns[turn]!.split(' → ')[0]).toBe(rig.turns[turn - 1]!.split(' → ')[1]);
    }
  });
});
