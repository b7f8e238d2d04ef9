/** Whole outages in virtual time with a bulkhead: how much of the load reaches a dead endpoint, and how soon all is over. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  bulkhead,
  BulkheadRejectedError,
  CircuitOpenError,
  policy,
  retry,
  timeout,
  TimeoutError,
  type AnyPolicy,
  type Breaker,
  type Bulkhead,
  type BulkheadOptions,
} from '../src/index.ts';
import { s, World } from './helpers/world.ts';

/** The frame of the scenarios, and smaller ones, in seconds. */
const given = { tasks: 40, limit: 30, waits: [30, 60], attempts: 3, threshold: 5, recovery: 60 };
const smaller = { tasks: 12, limit: 4, waits: [2, 3, 5], attempts: 4, threshold: 3, recovery: 10 };
type Frame = typeof given;

interface Guarded {
  readonly circuit: Breaker;
  readonly slots: Bulkhead | undefined;
  readonly opened: number[];
  /** One that honours its signal, or one that does not hear of it. */
  call(task: number): Promise<number>;
}

function guarded(world: World, frame: Frame, options: BulkheadOptions | undefined, honours = true): Guarded {
  const circuit = breaker({ failureThreshold: frame.threshold, recoveryTimeout: s(frame.recovery), counts: 'attempts' });
  const slots = options === undefined ? undefined : bulkhead(options);
  const parts: AnyPolicy[] = slots === undefined ? [] : [slots];
  const guard = policy(circuit, retry({ attempts: frame.attempts, delay: frame.waits.map(s) }), timeout(s(frame.limit)), ...parts, {
    clock: world.clock,
  });
  const opened: number[] = [];
  circuit.onStateChange(({ to }) => to === 'open' && opened.push(world.clock.time));
  const deaf = { signal: new AbortController().signal, attempt: 1 };
  const call = honours ? guard.wrapWithContext(world.request) : guard.wrap((task: number) => world.request(deaf, task));
  return { circuit, slots, opened, call: call as (task: number) => Promise<number> };
}

const hung = (): World => new World({ outages: [{ is: 'hung', from: 0, until: s(600) }] });

describe('when everything hangs and there is a bulkhead', () => {
  it.each([
    // Each failure before the one that opens it frees a permit: that many more calls are made.
    { name: 'in the frame', ...given, slots: 5, maxWait: undefined, calls: 9, opens: 30, ends: [30, 60] },
    { name: 'in a smaller frame', ...smaller, slots: 4, maxWait: undefined, calls: 6, opens: 4, ends: [4, 8] },
    // Two at once: the second pair is under way when the third failure opens it.
    { name: 'with fewer permits than failures that open it', ...smaller, slots: 2, maxWait: s(100), calls: 4, opens: 8, ends: [8] },
    { name: 'with room for all', ...smaller, slots: 12, maxWait: undefined, calls: 12, opens: 4, ends: [4] },
  ])('S2 R2 R23 with work that honours its signal, those who wait are released by the opening: $name', async (frame) => {
    const world = hung();
    const { slots, call, opened } = guarded(world, frame, { limit: frame.slots, queue: frame.tasks, maxWait: frame.maxWait });
    world.start(frame.tasks, call);
    await world.clock.drain();
    expect(opened).toEqual([s(frame.opens)]);
    expect(world.calls).toHaveLength(frame.calls);
    expect(world.peak).toBe(Math.min(frame.slots, frame.tasks));
    expect(world.endings).toEqual(frame.ends.map(s));
    expect(world.clock.time).toBe(s(frame.ends.at(-1)!));
    expect([world.settled.length, world.pending, slots?.running, slots?.waiting, world.clock.armed]).toEqual([frame.tasks, 0, 0, 0, 0]);
    const made = new Set(world.calls.map(({ task }) => task));
    for (const { task, error, at } of world.settled) {
      expect(error).toBeInstanceOf(CircuitOpenError);
      // Who made a call has its own error as the cause; who waited for the first time has none.
      if (made.has(task)) expect((error as Error).cause).toBeInstanceOf(TimeoutError);
      else expect([(error as Error).cause, at]).toEqual([undefined, s(frame.opens)]);
    }
    expect(new Set(world.errors.map((error) => (error as Error).cause)).size).toBe(made.size + Number(made.size < frame.tasks));
  });

  it.each([
    { name: 'in the frame', ...given, slots: 5 },
    { name: 'in a smaller frame', ...smaller, slots: 3 },
  ])('S2 C9 with work that ignores its signal, no permit comes free, and no further call is made: $name', async (frame) => {
    const world = hung();
    const { slots, call, opened } = guarded(world, frame, { limit: frame.slots, queue: frame.tasks }, false);
    world.start(frame.tasks, call);
    await world.clock.drain();
    expect(opened).toEqual([s(frame.limit)]);
    expect(world.calls).toHaveLength(frame.slots);
    expect(world.endings).toEqual([s(frame.limit)]);
    expect([world.settled.length, slots?.running, slots?.waiting, world.clock.armed]).toEqual([frame.tasks, frame.slots, 0, 0]);
    expect(world.errors.every((error) => error instanceof CircuitOpenError)).toBe(true);
  });
});

describe('when requests keep coming and everything hangs', () => {
  const frames = [
    { name: 'in the frame', ...given, every: 0.02, opens: 30.08, calls: 1_504, over: 60.1, slots: 100 },
    { name: 'in a smaller frame', ...smaller, every: 0.05, opens: 4.1, calls: 82, over: 8.15, slots: 10 },
  ];

  it.each(frames)('S16 the circuit opens with the first failures, and soon nothing is pending: $name', async ({ every, opens, calls, over, ...frame }) => {
    const world = hung();
    const { call, opened } = guarded(world, frame, undefined);
    world.start(2 * Math.round(over / every), call, s(every));
    await world.clock.to(s(over));
    expect(opened).toEqual([s(opens)]);
    // The arrival at the instant of the opening ties.
    expect([calls, calls + 1]).toContain(world.calls.length);
    expect(world.peak).toBeGreaterThan(calls - frame.threshold);
    expect(world.pending).toBe(0);
  });

  it.each(frames)('S16 with a bulkhead the peak is its limit, whether the others wait or not: $name', async ({ every, opens, over, slots: limit, ...frame }) => {
    for (const queue of [0, 10_000]) {
      const world = hung();
      const { call, opened, slots } = guarded(world, frame, { limit, queue });
      world.start(2 * Math.round(over / every), call, s(every));
      await world.clock.to(s(over));
      expect(opened).toEqual([s(opens)]);
      expect(world.peak).toBe(limit);
      // As many more as permits came free before the failure that opens it.
      expect(world.calls.length).toBeGreaterThanOrEqual(limit);
      expect(world.calls.length).toBeLessThan(limit + frame.threshold);
      expect([world.pending, slots?.running, slots?.waiting]).toEqual([0, 0, 0]);
      expect(world.settled.filter(({ at }) => at < s(opens)).every(({ error }) => error instanceof BulkheadRejectedError)).toBe(true);
      expect(world.settled.some(({ at }) => at < s(opens))).toBe(queue === 0);
    }
  });
});
