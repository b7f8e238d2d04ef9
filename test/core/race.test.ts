import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { breaker, deadline, fallback, policy, retry, timeout, TimeoutError } from '../../src/index.ts';
import type { AnyPolicy } from '../../src/index.ts';
import { deferred, hangs, outcomeOf } from '../helpers/functions.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const boom = new Error('boom');

/** All layers, with every wait and limit that there is, on a clock of their own. */
function full(): { guard: AnyPolicy; clock: VirtualClock } {
  const clock = new VirtualClock();
  const guard = policy(
    breaker({ failureThreshold: 100 }),
    deadline(10_000),
    retry({ attempts: 3, delay: 100 }),
    timeout(1_000),
    { clock },
  );
  return { guard, clock };
}

describe('a settled call', () => {
  it.each([
    ['a value', () => 7, 0],
    ['a promise', () => Promise.resolve(7), 0],
    [
      'a throw',
      () => {
        throw boom;
      },
      200,
    ],
    ['a rejection', () => Promise.reject(boom), 200],
    ['no answer', hangs, 3_200],
  ])('C1 leaves no timer, and no listener on the signal: after %s', async (_, fn, until) => {
    const { guard, clock } = full();
    const { signal } = new AbortController();
    const call = outcomeOf(guard.execute(fn, signal));
    await clock.to(until);
    await call;
    expect([clock.armed, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
  });

  it('C1 leaves no timer of the host either', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const guard = policy(deadline(60_000), retry({ attempts: 2, delay: 1 }), timeout(30_000));
    const calls = Array.from({ length: 20 }, (_, i) =>
      outcomeOf(
        guard.execute(async () => {
          if (i % 2 === 0) throw boom;
        }),
      ),
    );
    await Promise.all(calls);
    expect(timers()).toBe(before);
  });

  it('C1 B8 leaves none after an abort in flight or in a backoff', async () => {
    for (const time of [0, 500, 1_050, 1_100, 1_600]) {
      const { guard, clock } = full();
      const controller = new AbortController();
      const call = outcomeOf(guard.execute(hangs, controller.signal));
      await clock.to(time);
      controller.abort(boom);
      expect(await call).toEqual(['error', boom]);
      expect([clock.armed, getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0]);
    }
  });
});

describe('a duration', () => {
  it.each([2 ** 31, 2 ** 31 + 0.5, 2 ** 40, Number.MAX_SAFE_INTEGER, Infinity])(
    'C2 of %d ms does not fire early',
    async (ms) => {
      for (const limit of [timeout(ms), deadline(ms)]) {
        let late = false;
        const pending = deferred<string>();
        const call = limit.execute(() => pending.promise);
        void call.catch(() => (late = true));
        await new Promise((resolve) => setTimeout(resolve, 5));
        pending.resolve('in time');
        expect(await call).toBe('in time');
        expect(late).toBe(false);
      }
    },
  );

  it('C2 of 2^31 ms ends when it is over, not before', async () => {
    const clock = new VirtualClock();
    const call = outcomeOf(timeout({ after: 2 ** 31, clock }).execute(hangs));
    await clock.to(2 ** 31 - 1);
    expect(await Promise.race([call, flush().then(() => 'pending')])).toBe('pending');
    await clock.to(2 ** 31);
    expect((await call)[1]).toMatchObject({ name: 'TimeoutError', after: 2 ** 31 });
  });
});

describe('a late answer', () => {
  it.each([
    ['a value', (late: ReturnType<typeof deferred>) => late.resolve('late')],
    ['a rejection', (late: ReturnType<typeof deferred>) => late.reject(boom)],
  ])('C4 D7 is dropped after a timeout, a deadline and an abort: %s', async (_, answer) => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const circuit = breaker({ failureThreshold: 100 });
    const heard: string[] = [];
    const guards = [
      policy(circuit, timeout(10), { clock }),
      policy(circuit, deadline(10), { clock }),
      policy(circuit, { clock }),
    ];
    for (const guard of guards) guard.onEvent(({ type }) => heard.push(type));
    const late = guards.map(() => deferred());
    const calls = guards.map((guard, i) => outcomeOf(guard.execute(() => late[i]?.promise, controller.signal)));
    await clock.to(10);
    controller.abort('stop');
    expect((await Promise.all(calls)).map(([, error]) => (error instanceof Error ? error.name : error))).toEqual([
      'TimeoutError',
      'DeadlineExceededError',
      'stop',
    ]);
    const before = JSON.stringify([circuit.stats(), heard]);
    late.forEach(answer);
    await flush();
    expect(JSON.stringify([circuit.stats(), heard])).toBe(before);
    expect(circuit.stats()).toMatchObject({ failed: 2, ignored: 1 });
  });
});

describe('what ended a call', () => {
  it('C5 is told apart: a timeout is a TimeoutError, an abort is its own reason by identity', async () => {
    for (const reason of [boom, 'text', 0, null, false, { why: 'because' }]) {
      const { guard, clock } = full();
      const controller = new AbortController();
      let seen: unknown;
      const call = outcomeOf(
        guard.execute(
          ({ signal }) => (signal.addEventListener('abort', () => (seen = signal.reason)), hangs()),
          controller.signal,
        ),
      );
      await clock.to(500);
      controller.abort(reason);
      expect((await call)[1]).toBe(reason);
      expect(seen).toBe(reason);
    }
    const { guard, clock } = full();
    const call = outcomeOf(guard.execute(hangs, new AbortController().signal));
    await clock.to(3_200);
    expect((await call)[1]).toBeInstanceOf(TimeoutError);
  });

  it('C5 of an abort without a reason is the AbortError of the host', async () => {
    const controller = new AbortController();
    const call = outcomeOf(retry().execute(hangs, controller.signal));
    controller.abort();
    expect(await call).toEqual(['error', controller.signal.reason]);
  });

  it('C5 of a timeout is the reason of the signal, by identity', async () => {
    const clock = new VirtualClock();
    let signal: AbortSignal | undefined;
    const call = outcomeOf(timeout({ after: 10, clock }).execute((ctx) => ((signal = ctx.signal), hangs())));
    await clock.to(10);
    expect((await call)[1]).toBe(signal?.reason);
  });

  it('C5 is the abort also where the function rejects with an error of its own because of it', async () => {
    const controller = new AbortController();
    const call = outcomeOf(
      policy(retry(), fallback('plan B')).execute(
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('its own')))),
        controller.signal,
      ),
    );
    controller.abort(boom);
    expect(await call).toEqual(['error', boom]);
  });
});

describe('the signal of an attempt', () => {
  it('C6 is a fresh one for each', async () => {
    const clock = new VirtualClock();
    const seen: AbortSignal[] = [];
    const call = outcomeOf(
      policy(retry({ attempts: 3, delay: 10 }), timeout(100), { clock }).execute(
        ({ signal }) => (seen.push(signal), hangs()),
      ),
    );
    await clock.to(220);
    expect(seen.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    await clock.drain();
    await call;
    expect(new Set(seen).size).toBe(3);
    expect(new Set(seen.map(({ reason }) => reason as unknown)).size).toBe(3);
  });

  it('C6 of a call after a timeout is not aborted', async () => {
    const clock = new VirtualClock();
    const guard = timeout({ after: 10, clock });
    const call = outcomeOf(guard.execute(hangs));
    await clock.to(10);
    await call;
    expect(await guard.execute(({ signal }) => signal.aborted)).toBe(false);
  });

  it('stays as it is when the call is over', async () => {
    const controller = new AbortController();
    let kept: AbortSignal | undefined;
    await policy(deadline(50), timeout(20)).execute(({ signal }) => void (kept = signal), controller.signal);
    controller.abort(boom);
    expect(kept?.aborted).toBe(false);
  });

  it('is aborted also for a function that reads it late', async () => {
    const clock = new VirtualClock();
    const pending = deferred();
    const seen: unknown[] = [];
    const call = outcomeOf(
      timeout({ after: 10, clock }).execute(async (ctx) => {
        await pending.promise;
        seen.push(ctx.signal.aborted, ctx.signal.reason);
      }),
    );
    await clock.to(10);
    const [, error] = await call;
    pending.resolve(1);
    await flush();
    expect(seen).toEqual([true, error]);
  });
});

describe('when an answer and its limit come in one tick', () => {
  it('C10 the first to come wins, and the other has no effect: the answer', async () => {
    const clock = new VirtualClock();
    const pending = deferred();
    const circuit = breaker({ failureThreshold: 1 });
    const heard: string[] = [];
    const guard = policy(circuit, timeout(10), { clock });
    guard.onEvent(({ type }) => heard.push(type));
    // Armed before the timeout's own timer, for the same time.
    clock.setTimer(() => pending.resolve('in time'), 10);
    const call = outcomeOf(guard.execute(() => pending.promise));
    await clock.to(10);
    expect(await call).toEqual(['value', 'in time']);
    expect([heard, circuit.state, clock.armed]).toEqual([[], 'closed', 0]);
  });

  it('C10 the first to come wins, and the other has no effect: the limit', async () => {
    const clock = new VirtualClock();
    const pending = deferred();
    const circuit = breaker({ failureThreshold: 1 });
    const call = outcomeOf(policy(circuit, timeout(10), { clock }).execute(() => pending.promise));
    clock.setTimer(() => pending.resolve('late'), 10);
    await clock.to(10);
    expect((await call)[0]).toBe('error');
    expect(circuit.stats()).toMatchObject({ failed: 1, succeeded: 0 });
  });

  it('C10 R20 of a timeout and a deadline of the same length, the error says deadline', async () => {
    const clock = new VirtualClock();
    const heard: string[] = [];
    const guard = policy(deadline(10), timeout(10), { clock });
    guard.onEvent(({ type }) => heard.push(type));
    const call = outcomeOf(guard.execute(hangs));
    await clock.to(10);
    expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError' });
    expect(heard).not.toContain('timed-out');
  });

  it('C10 of an abort while the function is starting: a throw and a promise end with the reason, a ready value stands', async () => {
    for (const [fn, expected] of [
      [
        () => {
          throw boom;
        },
        ['error', 'stop'],
      ],
      [hangs, ['error', 'stop']],
      [() => Promise.reject(boom), ['error', 'stop']],
      [() => 7, ['value', 7]],
    ] as [() => unknown, unknown][]) {
      const controller = new AbortController();
      const circuit = breaker({ failureThreshold: 1 });
      const call = outcomeOf(
        policy(circuit, timeout(5_000)).execute(() => (controller.abort('stop'), fn()), controller.signal),
      );
      expect(await call).toEqual(expected);
      expect(circuit.stats()).toMatchObject({ ignored: 1, failed: 0 });
    }
  });
});

describe('an abort by a listener on the way to the function', () => {
  it('R12 A5 keeps the function from running, and gives the slot of a probe back', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const circuit = breaker({
      failureThreshold: 1,
      recoveryTimeout: 10,
      onHalfOpen: () => controller.abort('stop'),
      clock,
    });
    circuit.open();
    await clock.to(10);
    let calls = 0;
    expect(await outcomeOf(policy(circuit, timeout(5)).execute(() => (calls += 1), controller.signal))).toEqual([
      'error',
      'stop',
    ]);
    expect([calls, circuit.state, circuit.isOpen(), clock.armed]).toEqual([0, 'half-open', false, 0]);
  });
});

describe('a rejection that nobody handles', () => {
  it('R25 a native promise is handed on by a policy that has nothing to do with it', async () => {
    const promise = Promise.resolve(7);
    expect(policy().execute(() => promise)).toBe(promise);
  });
});
