/** Whole outages under `whenOpen: 'wait'`: calls are held, a few probe, and everything is done in the end. */
import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, deadline, DeadlineExceededError, policy, retry, timeout, type BreakerOptions, type StateChange } from '../src/index.ts';
import { fateOf } from './helpers/stage.ts';
import { flush } from './helpers/virtual-clock.ts';
import { s, World } from './helpers/world.ts';

/** The frame of the scenarios, and a smaller one, in seconds. */
const given = { documents: 400, workers: 40, until: 600, takes: 5, limit: 30, waits: [30, 60], attempts: 3, threshold: 5, recovery: 60 };
const smaller = { documents: 50, workers: 12, until: 100, takes: 1, limit: 4, waits: [2, 3, 5], attempts: 4, threshold: 3, recovery: 10 };
type Frame = typeof given;
const frames = [
  { name: 'in the frame', ...given },
  { name: 'in a smaller frame', ...smaller },
];

function held(frame: Frame, options: BreakerOptions<'wait'> = {}) {
  const world = new World({ outages: [{ is: 'hung', from: 0, until: s(frame.until) }], takes: s(frame.takes) });
  const circuit = breaker({
    failureThreshold: frame.threshold,
    recoveryTimeout: s(frame.recovery),
    counts: 'attempts',
    whenOpen: 'wait',
    ...options,
  });
  const guard = policy(circuit, retry({ attempts: frame.attempts, delay: frame.waits.map(s) }), timeout(s(frame.limit)), { clock: world.clock });
  return { world, circuit, guard, call: guard.wrapWithContext(world.request) };
}

/** Workers that take documents one after another. */
function work({ world, call }: Pick<ReturnType<typeof held>, 'world' | 'call'>, { workers, documents }: Frame): { failed: unknown[] } {
  const failed: unknown[] = [];
  let next = 0;
  world.start(workers, async () => {
    while (next < documents) await call(next++).catch((error: unknown) => failed.push(error));
  });
  return { failed };
}

/** The probes that fail: the first when the first recovery is over, then one a round of recovery and attempt. */
function probesOf({ limit, recovery, until }: Frame): { failed: number[]; good: number } {
  const failed: number[] = [];
  let at = limit + recovery;
  for (; at < until; at += recovery + limit) failed.push(at);
  return { failed, good: at };
}

describe('when calls are held through an outage', () => {
  it.each(frames)('S3 R1 every document is done, after one call each, the first attempts and the failed probes: $name', async (frame) => {
    const rig = held(frame);
    const { failed } = work(rig, frame);
    const { world, circuit } = rig;
    const probes = probesOf(frame);
    await world.clock.to(s(frame.until) - 1);
    // In the outage: everybody's first attempt, and the probes.
    expect(world.calls.map(({ at }) => at / 1_000)).toEqual([...Array<number>(frame.workers).fill(0), ...probes.failed]);
    expect(circuit.waiting).toBeGreaterThanOrEqual(frame.workers - 1);
    await world.clock.drain();
    const closed = probes.good + frame.takes;
    expect(failed).toEqual([]);
    expect(world.calls).toHaveLength(frame.workers + probes.failed.length + frame.documents);
    expect(new Set(world.calls.filter(({ at }) => at >= s(frame.until)).map(({ task }) => task)).size).toBe(frame.documents);
    // One is done by the probe; the rest by all workers together, in rounds.
    expect(world.clock.time).toBe(s(closed + Math.ceil((frame.documents - 1) / frame.workers) * frame.takes));
    expect([circuit.state, circuit.waiting, world.clock.armed]).toEqual(['closed', 0, 0]);
  });

  it('S3 comes to 446 calls, 46 of them in the outage, and 685 s in the frame', async () => {
    const rig = held(given);
    work(rig, given);
    await rig.world.clock.drain();
    expect([rig.world.calls.length, rig.world.calls.filter(({ at }) => at < s(600)).length, rig.world.clock.time]).toEqual([446, 46, s(685)]);
    expect(probesOf(given)).toEqual({ failed: [90, 180, 270, 360, 450, 540], good: 630 });
  });

  it.each(frames)('S21 A8 it is told as: open, half-open and open again with each failed probe, closed: $name', async (frame) => {
    const told: string[] = [];
    const chain: StateChange[] = [];
    const reported: unknown[] = [];
    const rig = held(frame, {
      onHalfOpen: () => {
        throw new Error('a callback that throws');
      },
      onListenerError: (error) => reported.push(error),
    });
    rig.circuit.onStateChange((change) => {
      chain.push(change);
      told.push(`${change.to} (${rig.world.clock.time / 1_000})`);
      throw new Error('a listener that throws');
    });
    const { failed } = work(rig, frame);
    await rig.world.clock.drain();
    const { failed: probes, good } = probesOf(frame);
    expect(told).toEqual([
      `open (${frame.limit})`,
      ...probes.flatMap((at) => [`half-open (${at})`, `open (${at + frame.limit})`]),
      `half-open (${good})`,
      `closed (${good + frame.takes})`,
    ]);
    for (const [i, { from }] of chain.entries()) expect(from).toBe(i === 0 ? 'closed' : chain[i - 1]?.to);
    expect(failed).toEqual([]);
    expect(reported).toHaveLength(told.length + probes.length + 1);
  });

  it.each(frames)('A15 a ramp lets them go in growing groups, in their order: $name', async (frame) => {
    const rig = held(frame, { ramp: { start: 2, every: 100 } });
    const { failed } = work(rig, frame);
    const { world } = rig;
    await world.clock.drain();
    const closed = s(probesOf(frame).good + frame.takes);
    const after = world.calls.filter(({ at }) => at >= closed && at < closed + s(frame.takes));
    const sizes = new Map<number, number>();
    for (const { at } of after) sizes.set(at - closed, (sizes.get(at - closed) ?? 0) + 1);
    const expected: [number, number][] = [];
    for (let left = frame.workers, size = 2, at = 0; left > 0; left -= size, size *= 2, at += 100) expected.push([at, Math.min(left, size)]);
    expect([...sizes]).toEqual(expected);
    expect([failed, world.clock.armed]).toEqual([[], 0]);
  });

  it('R1 a batch of nothing but poison waits until its deadline', async () => {
    const { world, circuit } = held(smaller);
    const poison = policy(circuit, retry({ attempts: 2, delay: 100 }), deadline(s(60)), { clock: world.clock }).wrap(async () => {
      throw new Error('poison');
    });
    const fates = [1, 2, 3, 4].map(() => fateOf(poison(), world.clock));
    await world.clock.drain();
    expect(fates.map(({ error }) => error.constructor)).toEqual(Array(4).fill(DeadlineExceededError));
    expect(world.clock.time).toBeLessThanOrEqual(s(60));
    expect([circuit.waiting, world.clock.armed]).toEqual([0, 0]);
  });
});

describe('when an open circuit holds many callers', () => {
  it.each([
    { callers: 40, successThreshold: 1 },
    { callers: 1_000, successThreshold: 2 },
  ])('S4 A1 exactly one of $callers probes ($successThreshold in series), the others are held', async ({ callers, successThreshold }) => {
    const { world, circuit, call } = held(given, { successThreshold });
    circuit.open();
    await world.clock.to(s(given.until));
    const fates = Array.from({ length: callers }, (_, task) => fateOf(call(task), world.clock));
    await flush();
    for (let probe = 1; probe <= successThreshold; probe += 1) {
      expect([world.calls.length, circuit.state, circuit.waiting]).toEqual([probe, 'half-open', callers - probe]);
      await world.clock.advance(s(given.takes));
    }
    expect([world.calls.length, circuit.state, circuit.waiting]).toEqual([callers, 'closed', 0]);
    expect(world.calls.map(({ task }) => task)).toEqual(fates.map((_, task) => task));
    await world.clock.drain();
    expect(fates.every(({ state }) => state === 'value')).toBe(true);
  });
});

describe('a held call', () => {
  it.each([
    { within: 20, recovery: 60, ends: 0 },
    { within: 60, recovery: 60, ends: 0 },
    { within: 61, recovery: 60, ends: 60 },
  ])('S17 R20 with $within s left and $recovery s to go', async ({ within, recovery, ends }) => {
    const { world, circuit } = held(given, { recoveryTimeout: s(recovery) });
    circuit.open();
    const guard = policy(circuit, deadline(s(within)), { clock: world.clock });
    const fate = fateOf(guard.execute(() => 'let in'), world.clock);
    await world.clock.drain();
    expect(fate.at).toBe(s(ends));
    if (ends > 0) return expect(fate.value).toBe('let in');
    expect(fate.error).toBeInstanceOf(DeadlineExceededError);
    expect(fate.error.cause).toBeInstanceOf(CircuitOpenError);
    expect([fate.error.cause.retryAfterMs, fate.error.isLocalRejection]).toEqual([s(recovery), true]);
    return expect(world.clock.armed).toBe(0);
  });
});
