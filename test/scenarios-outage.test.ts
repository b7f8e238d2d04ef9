/** Whole outages in virtual time: what retries alone do to a dead endpoint, and what the policy makes of it. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  policy,
  retry,
  timeout,
  TimeoutError,
  type BreakerOptions,
  type StateChange,
} from '../src/index.ts';
import { Overloaded, s, World, type Health } from './helpers/world.ts';

/** The frame of the scenarios, and a smaller one, in seconds. */
const given = { tasks: 40, until: 600, takes: 5, limit: 30, waits: [30, 60], attempts: 3, threshold: 5, recovery: 60 };
const smaller = { tasks: 12, until: 100, takes: 1, limit: 4, waits: [2, 3, 5], attempts: 4, threshold: 3, recovery: 10 };
type Frame = typeof given;
const frames = [
  { name: 'in the frame', ...given },
  { name: 'in a smaller frame', ...smaller },
];

/** Each attempt takes its whole time, and each wait follows one. */
function exhausted({ limit, waits, attempts }: Frame): number {
  return s(attempts * limit + waits.reduce((sum, wait) => sum + wait, 0));
}

function outage({ until, takes }: Frame, is: Health = 'hung'): World {
  return new World({ outages: [{ is, from: 0, until: s(until) }], takes: s(takes), failsAfter: s(1) });
}

function retrying({ waits, attempts }: Frame): ReturnType<typeof retry> {
  return retry({ attempts, delay: waits.map(s) });
}

function guarded(world: World, frame: Frame, options: BreakerOptions = {}) {
  const circuit = breaker({ failureThreshold: frame.threshold, recoveryTimeout: s(frame.recovery), counts: 'attempts', ...options });
  const guard = policy(circuit, retrying(frame), timeout(s(frame.limit)), { clock: world.clock });
  return { circuit, guard, call: guard.wrapWithContext(world.request) };
}

describe('when everything hangs and there is no breaker', () => {
  it.each(frames)('S1 each task spends all its attempts: $name', async (frame) => {
    const world = outage(frame);
    const call = policy(retrying(frame), timeout(s(frame.limit)), { clock: world.clock }).wrapWithContext(world.request);
    world.start(frame.tasks, call);
    await world.clock.drain();
    // Everybody calls `attempts` times, all in step: 40 pending at most, 120 calls, and the last timeout at
    // 30 + 30 + 30 + 60 + 30 = 180 s.
    expect(world.calls).toHaveLength(frame.tasks * frame.attempts);
    expect(world.peak).toBe(frame.tasks);
    expect(world.endings).toEqual([exhausted(frame)]);
    expect(world.errors.every((error) => error instanceof TimeoutError)).toBe(true);
    expect([world.done, world.errors.length, world.pending, world.clock.armed]).toEqual([0, frame.tasks, 0, 0]);
  });

  it('S1 comes to 120 calls and 180 s in the frame', () => {
    expect([given.tasks * given.attempts, exhausted(given)]).toEqual([120, 180_000]);
  });
});

describe('when everything fails under the policy', () => {
  const cases = frames.flatMap((frame) => [
    { ...frame, is: 'hung' as const, ends: s(frame.limit) },
    { ...frame, is: 'fast-fail' as const, ends: s(1) },
  ]);

  it.each(cases)('S2 F5 B5 the first failures open the circuit and end every call: $is, $name', async (frame) => {
    const world = outage(frame, frame.is);
    const { circuit, call } = guarded(world, frame);
    const opened: number[] = [];
    circuit.onStateChange(({ to }) => to === 'open' && opened.push(world.clock.time));
    world.start(frame.tasks, call);
    await world.clock.to(frame.ends);
    // All first attempts end at the same instant. The first ones (4 of 5) go to sleep, the next (the 5th) opens the
    // circuit, which wakes them; the rest fail under an open circuit. Nobody makes a second attempt.
    expect(opened).toEqual([frame.ends]);
    expect(world.calls).toHaveLength(frame.tasks);
    expect(world.endings).toEqual([frame.ends]);
    expect(world.clock.armed).toBe(0);
    expect(world.pending).toBe(0);
    for (const { task, error } of world.settled) {
      expect(error).toBeInstanceOf(CircuitOpenError);
      const { cause, retryAfterMs } = error as CircuitOpenError;
      expect(retryAfterMs).toBe(s(frame.recovery));
      if (frame.is === 'hung') expect(cause).toBeInstanceOf(TimeoutError);
      else expect(cause).toMatchObject({ constructor: Overloaded, task });
    }
    // Each has the error of its own, not that of whoever opened it.
    expect(new Set(world.errors.map((error) => (error as Error).cause)).size).toBe(frame.tasks);
  });

  it.each(frames)('S2b counting calls, it learns of the outage when the attempts are spent: $name', async (frame) => {
    const world = outage(frame);
    const { circuit, call } = guarded(world, frame, { counts: 'calls' });
    const opened: number[] = [];
    circuit.onStateChange(({ to }) => to === 'open' && opened.push(world.clock.time));
    world.start(frame.tasks, call);
    await world.clock.to(exhausted(frame));
    // The last attempt is followed by no other, so that the opening replaces nobody's error.
    expect(opened).toEqual([exhausted(frame)]);
    expect(world.calls).toHaveLength(frame.tasks * frame.attempts);
    expect(world.errors.filter((error) => error instanceof TimeoutError)).toHaveLength(frame.tasks);
    expect(new Set(world.errors).size).toBe(frame.tasks);

    world.start(frame.tasks, call);
    await world.clock.drain();
    expect(world.calls).toHaveLength(frame.tasks * frame.attempts);
    expect(world.errors.slice(frame.tasks).every((error) => error instanceof CircuitOpenError)).toBe(true);
    expect(world.settled).toHaveLength(2 * frame.tasks);
  });

  it.each([
    { ...given, name: 'in the frame', documents: 400 },
    { ...smaller, name: 'in a smaller frame', documents: 50 },
  ])("S3 with 'reject', workers burn through all documents at the instant of the opening: $name", async (frame) => {
    const world = outage(frame);
    const { call } = guarded(world, frame);
    let next = 0;
    let rejected = 0;
    world.start(frame.tasks, async () => {
      while (next < frame.documents) await call(next++).catch(() => (rejected += 1));
    });
    await world.clock.drain();
    expect([world.calls.length, rejected, world.clock.time]).toEqual([frame.tasks, frame.documents, s(frame.limit)]);
  });
});

describe('when the outage is listened to', () => {
  const cases = [
    { name: 'in the frame of S3', ...given, failedProbes: 6, recovered: 635 },
    { name: 'in a smaller frame', ...smaller, failedProbes: 7, recovered: 113 },
  ];

  it.each(cases)('S21 A8 it opens, reopens with each failed probe, and closes with the good one: $name', async (frame) => {
    const world = outage(frame);
    const told: string[] = [];
    const { circuit, guard, call } = guarded(world, frame, {
      onOpen: () => {
        throw new Error('a listener that throws');
      },
      onListenerError: (error) => reported.push(error),
    });
    const reported: unknown[] = [];
    const chain: StateChange[] = [];
    circuit.onStateChange((change) => {
      chain.push(change);
      told.push(`${change.to} (${world.clock.time / 1_000})`);
      throw new Error('another one');
    });
    const stream: string[] = [];
    guard.onEvent((event) => event.type === 'state-changed' && stream.push(`${event.to} (${world.clock.time / 1_000})`));
    // A caller comes at each recovery.
    circuit.onStateChange(({ to }) => to === 'open' && world.startAt(world.clock.time + circuit.retryAfterMs, call));
    world.start(frame.tasks, call);
    await world.clock.drain();

    // Opened at 30, a round is 60 s of recovery and a probe of 30 s: reopened at 120, 210, … 570; the probe of 630 takes
    // 5 s. (Smaller: opened at 4, a round is 14 s: 18, 32, … 102; the first probe after 100 s starts at 112.)
    const round = frame.recovery + frame.limit;
    const expected = [`open (${frame.limit})`];
    let probe = frame.limit + frame.recovery;
    for (; probe < frame.until; probe += round) expected.push(`half-open (${probe})`, `open (${probe + frame.limit})`);
    expected.push(`half-open (${probe})`, `closed (${probe + frame.takes})`);
    expect(told).toEqual(expected);
    expect(stream).toEqual(expected);
    expect(told).toHaveLength(1 + 2 * frame.failedProbes + 2);
    for (const [i, { from }] of chain.entries()) expect(from).toBe(i === 0 ? 'closed' : chain[i - 1]?.to);
    expect(world.calls).toHaveLength(frame.tasks + frame.failedProbes + 1);
    expect([world.done, world.clock.armed, circuit.state]).toEqual([1, 0, 'closed']);
    // Each transition was reported by the listener, each opening by the callback, too.
    expect(reported).toHaveLength(told.length + 1 + frame.failedProbes);
    expect(probe + frame.takes).toBe(frame.recovered);
  });
});
