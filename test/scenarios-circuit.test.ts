/** Scenarios around one circuit in virtual time: who is admitted when, and whose outcome counts. */
import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, ignoring, policy, retry, timeout, TimeoutError } from '../src/index.ts';
import { Overloaded, s, World } from './helpers/world.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';

describe('when many callers find the recovery time over', () => {
  const frames = [
    { name: 'in the frame', callers: 40, recovery: 60, successThreshold: 1 },
    { name: 'two successes wanted', callers: 40, recovery: 60, successThreshold: 2 },
    { name: 'in a smaller frame', callers: 7, recovery: 5, successThreshold: 3 },
  ];

  it.each(frames)('S4 A1 one of them is the probe, in series until it closes: $name', async ({ callers, recovery, successThreshold }) => {
    const world = new World({ takes: s(5) });
    const circuit = breaker({ recoveryTimeout: s(recovery), successThreshold, counts: 'attempts' });
    const call = policy(circuit, retry({ attempts: 3, delay: [s(30), s(60)] }), timeout(s(30)), { clock: world.clock }).wrapWithContext(
      world.request,
    );
    circuit.open();
    await world.clock.to(s(recovery));
    for (let probe = 1; probe <= successThreshold; probe += 1) {
      world.start(callers, call);
      await flush();
      expect([circuit.state, world.calls.length, world.pending]).toEqual(['half-open', probe, 1]);
      expect(world.errors).toHaveLength(probe * (callers - 1));
      expect(world.errors.every((error) => error instanceof CircuitOpenError)).toBe(true);
      await world.clock.advance(s(5));
      expect(world.done).toBe(probe);
    }
    expect([circuit.state, world.clock.armed]).toEqual(['closed', 0]);
  });

  it.each(frames)('S4 B4 F6 a failed probe is not retried and rejects with its own error: $name', async ({ callers, recovery, successThreshold }) => {
    const world = new World({ outages: [{ is: 'fast-fail', from: 0, until: Infinity }], failsAfter: s(1) });
    const circuit = breaker({ recoveryTimeout: s(recovery), successThreshold });
    const call = policy(circuit, retry({ attempts: 3, delay: [s(30), s(60)] }), timeout(s(30)), { clock: world.clock }).wrapWithContext(
      world.request,
    );
    circuit.open();
    await world.clock.to(s(recovery));
    world.start(callers, call);
    await world.clock.drain();
    expect(world.calls).toEqual([{ task: 0, at: s(recovery), attempt: 1 }]);
    expect(world.settled).toHaveLength(callers);
    expect(world.settled.at(-1)).toMatchObject({ task: 0, at: s(recovery + 1), error: expect.any(Overloaded) as unknown });
    expect([circuit.state, circuit.retryAfterMs]).toEqual(['open', s(recovery)]);
  });
});

describe('when tasks start one after another and stragglers fail long after the opening', () => {
  /** The wall clock goes its own way; everything else of the virtual clock stays. */
  class Skewed extends VirtualClock {
    readonly #skew: (at: number) => number;
    constructor(skew: (at: number) => number) {
      super();
      this.#skew = skew;
    }
    override wall(): number {
      return this.wallStart + this.#skew(this.time);
    }
  }
  const walls: Record<string, (at: number) => number> = {
    'goes along': (at) => at,
    'is frozen': () => 0,
    'runs backwards': (at) => -at,
    'was set back an hour': (at) => (at < s(35) ? at : at - 3_600_000),
  };
  // Opens when the attempt that started as number `threshold` has used up its time; the last straggler started before
  // that instant (4 s + 30.5 s = 34.5 s; the task of 34 s fails at 64.5 s).
  const frames = [
    { every: 1, limit: 30.5, threshold: 5, recovery: 60, opens: 34.5, last: 64.5, asks: 64.6, left: 29.9 },
    { every: 0.5, limit: 10, threshold: 3, recovery: 20, opens: 11, last: 20.5, asks: 21.25, left: 9.75 },
  ];
  const cases = frames.flatMap((frame) => Object.keys(walls).map((wall) => ({ ...frame, wall })));

  it.each(cases)('S5 A3 A11 the time counts from the opening at $opens s, where the wall clock $wall', async (frame) => {
    const world = new World({ outages: [{ is: 'hung', from: 0, until: s(frame.opens + 1) }], takes: s(5) }, new Skewed(walls[frame.wall]!));
    const circuit = breaker({ failureThreshold: frame.threshold, recoveryTimeout: s(frame.recovery), counts: 'attempts' });
    const call = policy(circuit, retry({ attempts: 3, delay: [s(30), s(60)] }), timeout(s(frame.limit)), {
      clock: world.clock,
    }).wrapWithContext(world.request);
    const told: string[] = [];
    circuit.onStateChange(({ to }) => told.push(`${to} (${world.clock.time / 1_000})`));
    const tasks = Math.ceil(frame.opens / frame.every);
    world.start(tasks, call, s(frame.every));
    await world.clock.to(s(frame.last));
    expect(told).toEqual([`open (${frame.opens})`]);
    expect([world.calls.length, world.settled.length, world.settled.at(-1)?.at]).toEqual([tasks, tasks, s(frame.last)]);
    const recovered = s(frame.opens + frame.recovery);

    await world.clock.to(s(frame.asks));
    const rejected = (await call(-1).catch((error: unknown) => error)) as CircuitOpenError;
    expect([rejected.retryAfterMs, circuit.retryAfterMs]).toEqual([s(frame.left), s(frame.left)]);

    await world.clock.to(recovered - 1);
    await expect(call(-2)).rejects.toBeInstanceOf(CircuitOpenError);
    await world.clock.to(recovered);
    const probe = call(-3);
    await world.clock.drain();
    expect(await probe).toBe(-3);
    expect(told.slice(1)).toEqual([`half-open (${recovered / 1_000})`, `closed (${recovered / 1_000 + 5})`]);
  });
});

describe('when a call that was admitted before the opening succeeds', () => {
  it.each([
    { name: 'in the frame', threshold: 5, counts: 'attempts' as const },
    { name: 'counting calls', threshold: 5, counts: 'calls' as const },
    { name: 'in a smaller frame', threshold: 2, counts: 'attempts' as const },
  ])('S6 A2 the circuit stays open, the counters stand, the caller gets the value: $name', async ({ threshold, counts }) => {
    const world = new World({ outages: [{ is: 'fast-fail', from: 1, until: Infinity }], failsAfter: s(1), takes: s(5) });
    const circuit = breaker({ failureThreshold: threshold, recoveryTimeout: s(60), counts });
    const call = policy(circuit, retry({ attempts: 1 }), timeout(s(30)), { clock: world.clock }).wrapWithContext(world.request);
    world.start(1, call);
    await world.clock.to(1);
    world.start(threshold, call);
    await world.clock.to(s(2));
    const before = { ...circuit.toJSON(), savedAt: 0, remainingMs: 0 };
    expect(before).toMatchObject({ state: 'open', failures: threshold });
    await world.clock.to(s(5));
    expect(world.settled.at(-1)).toEqual({ task: 0, at: s(5), value: 0 });
    expect({ ...circuit.toJSON(), savedAt: 0, remainingMs: 0 }).toEqual(before);
    expect(circuit.retryAfterMs).toBe(s(60 - 5 + 1) + 1);
  });
});

describe('when a probe says nothing', () => {
  const neutral = {
    'is aborted by its caller': { abort: true },
    'fails with an ignored error': { handle: ignoring(Overloaded) },
    'has a handle that throws': {
      handle: () => {
        throw new Error('a handle that throws');
      },
    },
  };
  const cases = Object.keys(neutral).flatMap((name) => [
    { name: name as keyof typeof neutral, recovery: 60, successThreshold: 1 },
    { name: name as keyof typeof neutral, recovery: 3, successThreshold: 2 },
  ]);

  it.each(cases)('S7 A5 its slot is free at once and the next call is the probe: it $name ($recovery s)', async (frame) => {
    const world = new World({ outages: [{ is: 'fast-fail', from: 0, until: s(frame.recovery) + 1 }], failsAfter: s(1) });
    const how: { readonly abort?: boolean; readonly handle?: any } = neutral[frame.name];
    const reported: unknown[] = [];
    const circuit = breaker({
      recoveryTimeout: s(frame.recovery),
      successThreshold: frame.successThreshold,
      handle: how.handle,
      onListenerError: (error) => reported.push(error),
    });
    const guard = policy(circuit, retry({ attempts: 3, delay: s(30) }), timeout(s(30)), { clock: world.clock });
    circuit.open();
    await world.clock.to(s(frame.recovery));

    const controller = new AbortController();
    const first = guard.execute((ctx) => world.request(ctx, 0), controller.signal).catch((error: unknown) => error);
    await flush();
    expect([circuit.state, circuit.isOpen()]).toEqual(['half-open', true]);
    if (how.abort === true) controller.abort('left');
    await world.clock.advance(s(1));
    const outcome = await first;
    if (how.abort === true) expect(outcome).toBe('left');
    else expect(outcome).toBeInstanceOf(Overloaded);
    expect([circuit.state, circuit.isOpen(), circuit.failures, circuit.retryAfterMs]).toEqual(['half-open', false, 0, 0]);
    expect(reported).toHaveLength(frame.name === 'has a handle that throws' ? 1 : 0);
    expect(world.calls).toHaveLength(1);

    for (let probe = 1; probe <= frame.successThreshold; probe += 1) {
      const next = guard.execute((ctx) => world.request(ctx, probe));
      await expect(guard.execute((ctx) => world.request(ctx, -1))).rejects.toBeInstanceOf(CircuitOpenError);
      await world.clock.advance(s(5));
      expect(await next).toBe(probe);
    }
    expect([circuit.state, world.clock.armed]).toEqual(['closed', 0]);
  });

  it('S7 A4 a probe that never settles loses its slot after its lease, not its own timeout', async () => {
    const world = new World({ outages: [{ is: 'hung', from: 0, until: s(60) + 1 }], takes: s(5) });
    const circuit = breaker({ recoveryTimeout: s(60), probeLease: s(10) });
    const call = policy(circuit, timeout(s(30)), { clock: world.clock }).wrapWithContext(world.request);
    circuit.open();
    await world.clock.to(s(60));
    world.start(1, call);
    await world.clock.to(s(70) - 1);
    expect(circuit.retryAfterMs).toBe(1);
    await world.clock.to(s(70));
    world.start(1, call);
    await world.clock.to(s(75));
    expect([circuit.state, world.done]).toEqual(['closed', 1]);
    await world.clock.drain();
    expect(world.errors[0]).toBeInstanceOf(TimeoutError);
    expect([circuit.state, circuit.failures]).toEqual(['closed', 0]);
  });
});
