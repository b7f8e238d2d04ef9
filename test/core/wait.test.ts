import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { breaker, deadline, DeadlineExceededError, exponential, fallback, policy, retry } from '../../src/index.ts';
import type { Call } from '../../src/core/call.ts';
import { forkOf } from '../../src/core/fork.ts';
import { nothing } from '../../src/core/clock.ts';
import { becauseOf, waitInLine } from '../../src/core/wait.ts';
import { callOf } from '../helpers/calls.ts';
import { deferred, failsTimes, hangs, outcomeOf } from '../helpers/functions.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const boom = new Error('boom');
const fails = (): Promise<never> => Promise.reject(boom);

describe('an abort', () => {
  it.each([[boom], ['text'], [0], [null], [Symbol.iterator]])(
    'B6 B8 in a backoff rejects at once with the reason %s, and clears the timer',
    async (reason) => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const call = outcomeOf(retry({ delay: 1_000, clock }).execute(fails, controller.signal));
      await clock.to(500);
      expect(clock.armed).toBe(1);
      controller.abort(reason);
      expect(clock.armed).toBe(0);
      const [kind, error] = await call;
      expect([kind, Object.is(error, reason), clock.time]).toEqual(['error', true, 500]);
    },
  );

  it('B6 that comes while the delay is being made is not slept through', async () => {
    const controllers = [new AbortController(), new AbortController()];
    for (const [i, controller] of controllers.entries()) {
      const clock = new VirtualClock();
      const delay = (): number | Promise<number> => {
        controller.abort('stop');
        return i === 0 ? 1_000 : Promise.resolve(1_000);
      };
      const call = outcomeOf(retry({ delay, clock }).execute(fails, controller.signal));
      expect(await call).toEqual(['error', 'stop']);
      expect([clock.time, clock.armed, getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0, 0]);
    }
  });

  it('B6 while an async delay function hangs ends it, and tells it so', async () => {
    const controller = new AbortController();
    let told: unknown;
    const delay = ({ signal }: { signal: AbortSignal }): Promise<number> => {
      signal.addEventListener('abort', () => (told = signal.reason));
      return hangs();
    };
    const call = outcomeOf(retry({ delay }).execute(fails, controller.signal));
    await flush();
    controller.abort(boom);
    expect(await call).toEqual(['error', boom]);
    expect(told).toBe(boom);
  });

  it('R21 that a listener gives before the fallback runs is not answered', async () => {
    const controller = new AbortController();
    let asked = 0;
    const guard = fallback(() => ((asked += 1), 'plan B'));
    guard.onEvent(({ type }) => type === 'fell-back' && controller.abort('stop'));
    expect(await outcomeOf(guard.execute(fails, controller.signal))).toEqual(['error', 'stop']);
    expect(asked).toBe(0);
  });

  it('R21 in the fallback ends that, and tells it so', async () => {
    const controller = new AbortController();
    let told: unknown;
    const guard = fallback((_error, { signal }) => {
      signal.addEventListener('abort', () => (told = signal.reason));
      return hangs();
    });
    const call = outcomeOf(guard.execute(fails, controller.signal));
    await flush();
    controller.abort('stop');
    expect(await call).toEqual(['error', 'stop']);
    expect(told).toBe('stop');
  });
});

describe('a shared signal', () => {
  it('B7 has no listener left after every attempt and every delay, and never many', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const guard = policy(breaker({ failureThreshold: 1_000 }), deadline(100_000), retry({ attempts: 3, delay: 10 }), {
      clock,
    });
    const calls = Array.from({ length: 50 }, (_, i) => outcomeOf(guard.execute(failsTimes(i % 4, i), signal)));
    let most = 0;
    for (let time = 0; time <= 20; time += 5) {
      await clock.to(time);
      most = Math.max(most, listeners());
    }
    await Promise.all(calls);
    expect([listeners(), most]).toEqual([0, 1]);
  });

  it('B7 D7 has none left after 50 calls in a row, and no warning is heard', async () => {
    const { signal } = new AbortController();
    const guard = policy(retry({ attempts: 2, delay: 0.01 }), fallback('plan B'));
    for (let i = 0; i < 50; i++) await guard.execute(failsTimes(i % 3, i), signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('D7 D12 has none left after whenClosed and whenAdmitting', async () => {
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 60_000 });
    circuit.open();
    const controller = new AbortController();
    const waits = Array.from({ length: 30 }, () => [
      circuit.whenClosed({ signal: controller.signal }),
      circuit.whenAdmitting({ signal: controller.signal }),
    ]).flat();
    const outcomes = Promise.all(waits.map(outcomeOf));
    expect(getEventListeners(controller.signal, 'abort').length).toBeLessThan(2);
    circuit.reset();
    expect(new Set((await outcomes).map(([kind]) => kind))).toEqual(new Set(['value']));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

describe('a wait', () => {
  it('is not shorter than it should be where a timer of the host wakes early by a fraction', async () => {
    const clock = new VirtualClock();
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (callback, ms) => setTimer(callback, Math.max(1, Math.floor(ms)));
    const starts: number[] = [];
    const call = outcomeOf(
      retry({ attempts: 2, delay: 5.7, clock }).execute(() => (starts.push(clock.now()), fails())),
    );
    await clock.drain();
    await call;
    expect(starts).toEqual([0, 6]);
  });

  it('does not wait for ever where timers fire but the clock stands still', async () => {
    const clock = new VirtualClock();
    clock.now = () => 0;
    const call = outcomeOf(retry({ attempts: 2, delay: 50, clock }).execute(fails));
    await clock.drain();
    expect((await call)[0]).toBe('error');
  });

  it.each([50, 0.5])(
    'ends under a clock whose timers call back at once, also where the clock stands still: %d ms',
    async (delay) => {
      const clock = {
        now: () => 0,
        wall: () => 0,
        setTimer: (callback: () => void) => callback(),
        clearTimer: () => {},
        random: () => 0,
      };
      let calls = 0;
      const call = retry({ attempts: 3, delay, clock }).execute(() => ((calls += 1), fails()));
      expect([await outcomeOf(call), calls]).toEqual([['error', boom], 3]);
    },
  );

  it('R28 goes by fake timers without a clock of its own', async () => {
    vi.useFakeTimers();
    try {
      const call = outcomeOf(
        retry({ attempts: 3, delay: exponential({ first: 1_000, jitter: 'none' }) }).execute(failsTimes(2, 'value')),
      );
      await vi.advanceTimersByTimeAsync(2_999);
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(await call).toEqual(['value', 'value']);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends at the deadline where a delay function answers too late', async () => {
    const clock = new VirtualClock();
    const pending = deferred<number>();
    const guard = policy(deadline(100), retry({ delay: () => pending.promise }), { clock });
    const call = outcomeOf(guard.execute(fails));
    await clock.to(100);
    expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError', cause: boom, attempts: 1 });
    pending.resolve(5);
    await flush();
    expect(clock.armed).toBe(0);
  });
});

describe('becauseOf', () => {
  it('R2 is what the attempt before came to: of the call itself, or of the one that it is a fork of', () => {
    const call = callOf();
    const fork = forkOf(forkOf(call, [], 2), [], 3);
    expect([becauseOf(call), becauseOf(fork)]).toEqual([undefined, undefined]);
    call.history.last = { error: 'before' };
    expect([becauseOf(call), becauseOf(fork)]).toEqual([{ cause: 'before' }, { cause: 'before' }]);
    fork.history.last = { value: 'its own' };
    expect([becauseOf(call), becauseOf(fork)]).toEqual([{ cause: 'before' }, { cause: 'its own' }]);
  });
});

describe('waitInLine', () => {
  const inLine = (call: Call, begun: string[] = []): Promise<unknown> =>
    waitInLine(call, 'bulkhead', () => (begun.push('begun'), () => void begun.push('left')));

  it('is told to who listens, and begins', async () => {
    const call = callOf();
    const told: unknown[] = [];
    call.env.events.subscribe((event) => told.push(event));
    call.number = 2;
    expect(await waitInLine(call, 'rateLimit', (resolve) => (resolve('turn'), nothing))).toBe('turn');
    expect(told).toEqual([{ type: 'waiting', by: 'rateLimit', attempt: 2 }]);
  });

  it('R20 ends at the deadline, and leaves the line', async () => {
    const call = callOf();
    call.deadlineAt = 50;
    const begun: string[] = [];
    const ended = outcomeOf(inLine(call, begun));
    await (call.env.clock as VirtualClock).to(49);
    expect(begun).toEqual(['begun']);
    await (call.env.clock as VirtualClock).to(50);
    expect((await ended)[1]).toBeInstanceOf(DeadlineExceededError);
    expect([begun, (call.env.clock as VirtualClock).armed]).toEqual([['begun', 'left'], 0]);
  });

  it('R2 ends when the door shuts, with its refusal, and never begins before a door that has shut', async () => {
    const call = callOf();
    let shut: ((error: Error) => void) | undefined;
    const refusals: Error[] = [];
    let watched = 0;
    call.door = {
      refusal: () => refusals[0],
      watch: (_: Call, on: (error: Error) => void) => ((shut = on), (watched += 1), () => (watched -= 1)),
    } as never;
    const begun: string[] = [];
    const ended = outcomeOf(inLine(call, begun));
    shut!(boom);
    expect(await ended).toEqual(['error', boom]);
    expect([begun, watched]).toEqual([['begun', 'left'], 0]);
    refusals.push(boom);
    expect(await outcomeOf(inLine(call, begun))).toEqual(['error', boom]);
    expect(begun).toEqual(['begun', 'left']);
  });

  it('B6 A16 ends when the caller aborts', async () => {
    const controller = new AbortController();
    const begun: string[] = [];
    const ended = outcomeOf(inLine(callOf(() => {}, { signal: controller.signal }), begun));
    controller.abort('enough');
    expect(await ended).toEqual(['error', 'enough']);
    expect([begun, getEventListeners(controller.signal, 'abort').length]).toEqual([['begun', 'left'], 0]);
  });
});
