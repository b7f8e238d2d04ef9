/** Together with cockatiel, 3.2.1 and 4.0.0: ours inside their `wrap`, theirs inside ours, and the parts of theirs that we take. */
import * as three from 'cockatiel';
import * as four from 'cockatiel4';
import { describe, expect, it } from 'vitest';
import {
  anyError,
  breaker,
  bulkhead,
  BulkheadRejectedError,
  CircuitIsolatedError,
  CircuitOpenError,
  deadline,
  fallback,
  policy,
  retry,
  timeout,
  TimeoutError,
  type Context,
  type FailureEvent,
  type SuccessEvent,
} from '../../src/index.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const versions = [
  // What differs between the types of the two is not what is used here; test/types has both.
  { version: '3.2.1', theirs: three as unknown as typeof four },
  { version: '4.0.0', theirs: four },
];
const down = (): never => {
  throw new Error('down');
};
const hang = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe.each(versions)('our policies inside the wrap of cockatiel $version', ({ theirs }) => {
  it('answer, and are told of as a part of it', async () => {
    const guard = retry({ attempts: 2, delay: 0 });
    const wrapped = theirs.wrap(guard, theirs.noop);
    const told: SuccessEvent[] = [];
    wrapped.onSuccess((event) => told.push(event));
    expect(await wrapped.execute(({ signal }) => Promise.resolve(typeof signal))).toBe('object');
    expect(told).toEqual([{ duration: expect.any(Number) as number }]);
    expect(wrapped.wrapped).toEqual([guard, theirs.noop]);
  });

  it('hand the signal of our timeout through to the function, also from outside of theirs', async () => {
    for (const wrapped of [theirs.wrap(timeout(10), theirs.noop), theirs.wrap(theirs.noop, timeout(10)), theirs.wrap(policy(timeout(10)))]) {
      let seen: AbortSignal | undefined;
      const error: unknown = await wrapped
        .execute((ctx) => {
          seen = ctx.signal;
          return hang(ctx);
        })
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(seen?.reason).toBe(error);
    }
  });

  it('hand on the attempt, and the signal of the caller with its reason', async () => {
    const wrapped = theirs.wrap(retry({ attempts: 3, delay: 0 }), theirs.noop);
    const attempts: unknown[] = [];
    const out = await wrapped.execute((ctx) => {
      attempts.push((ctx as unknown as Context).attempt);
      return attempts.length < 3 ? down() : 'third time';
    });
    expect([out, attempts]).toEqual(['third time', [1, 2, 3]]);

    const controller = new AbortController();
    const left = wrapped.execute(hang, controller.signal).catch((error: unknown) => error);
    controller.abort('left');
    expect(await left).toBe('left');
  });

  it('count what their policies inside could not mend, and retry their errors', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    let calls = 0;
    const wrapped = theirs.wrap(
      policy(circuit, fallback('answer')),
      theirs.retry(theirs.handleAll, { maxAttempts: 2, backoff: new theirs.ConstantBackoff(1) }),
    );
    const failing = (): never => {
      calls += 1;
      return down();
    };
    expect(await wrapped.execute(failing)).toBe('answer');
    expect([calls, circuit.state]).toEqual([3, 'open']);
    expect(await wrapped.execute(failing)).toBe('answer');
    expect(calls).toBe(3);
  });

  it('are what usePolicy decorates methods with', async () => {
    class Database {
      readonly name = 'db';
      load(id: number, ctx?: Context): string | Promise<string> {
        return (ctx?.attempt ?? 0) < 2 ? down() : `${this.name} ${id} in attempt ${ctx?.attempt}`;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Database.prototype, 'load')!;
    theirs.usePolicy(retry({ attempts: 2, delay: 0 }))(Database.prototype, 'load', descriptor);
    Object.defineProperty(Database.prototype, 'load', descriptor);
    expect(await new Database().load(7)).toBe('db 7 in attempt 2');
  });
});

describe.each(versions)('policies of cockatiel $version inside ours', ({ theirs }) => {
  it('run as the function, with our signal', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    const inner = theirs.timeout(5, theirs.TimeoutStrategy.Aggressive);
    const call = policy(circuit, retry({ attempts: 2, delay: 0 })).wrapWithContext(({ signal }, word: string) =>
      inner.execute(() => (word === 'slow' ? new Promise<never>(() => {}) : word), signal),
    );
    expect(await call('quick')).toBe('quick');
    // R12: their TaskCancelledError without an abort of the caller's is an ordinary failure, retried and counted.
    await expect(call('slow')).rejects.toBeInstanceOf(theirs.TaskCancelledError);
    expect(circuit.state).toBe('open');
  });

  it('fit as what is wrapped: outer.wrap(theirs.execute)', async () => {
    const inner = theirs.retry(theirs.handleAll, { maxAttempts: 1, backoff: new theirs.ConstantBackoff(0) });
    const outer = policy(deadline(1_000), fallback('none'));
    const call = outer.wrap((fn: () => number) => inner.execute(fn));
    let calls = 0;
    expect(await call(() => ((calls += 1) < 2 ? down() : calls))).toBe(2);
    expect(await call(down)).toBe('none');
  });

  it('R12 count as failures where their breaker is open, and are not retried where that is said', async () => {
    const inner = theirs.circuitBreaker(theirs.handleAll, { halfOpenAfter: 60_000, breaker: new theirs.ConsecutiveBreaker(1) });
    await inner.execute(down).catch(() => {});
    let attempts = 0;
    const guard = retry({ attempts: 3, delay: 0, handle: (error) => !theirs.isBrokenCircuitError(error) });
    const error: unknown = await guard
      .execute(() => {
        attempts += 1;
        return inner.execute(() => 1);
      })
      .catch((reason: unknown) => reason);
    expect(theirs.isBrokenCircuitError(error)).toBe(true);
    expect(attempts).toBe(1);
  });
});

describe.each(versions)('our errors under the tests of cockatiel $version', ({ theirs }) => {
  it('are what their own are there', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    await circuit.execute(down).catch(() => {});
    const open: unknown = await circuit.execute(down).catch((error: unknown) => error);
    circuit.isolate();
    const isolated: unknown = await circuit.execute(down).catch((error: unknown) => error);
    const timedOut: unknown = await timeout(1).execute(hang).catch((error: unknown) => error);
    const slots = bulkhead({ limit: 1 });
    void slots.execute(hang);
    const full: unknown = await slots.execute(hang).catch((error: unknown) => error);
    // The tests of 3.2.1 for an isolated circuit and for a cancelled task look for the mark of a full bulkhead, and know
    // not even their own errors. What counts is that ours are the same to them as theirs.
    for (const [ours, own] of [
      [open, new theirs.BrokenCircuitError()],
      [isolated, new theirs.IsolatedCircuitError()],
      [timedOut, new theirs.TaskCancelledError()],
      [full, new theirs.BulkheadRejectedError(0, 0)],
      [new Error('other'), new Error('other')],
    ]) {
      const tests = [theirs.isBrokenCircuitError, theirs.isIsolatedCircuitError, theirs.isTaskCancelledError, theirs.isBulkheadRejectedError];
      expect(tests.map((test) => test(ours))).toEqual(tests.map((test) => test(own)));
    }
    expect([theirs.isBrokenCircuitError(open), theirs.isBrokenCircuitError(isolated)]).toEqual([true, true]);
    expect(theirs.isBulkheadRejectedError(full)).toBe(true);
    expect(isolated).toBeInstanceOf(CircuitIsolatedError);
    expect(open).toBeInstanceOf(CircuitOpenError);
  });

  it('carry their marks', async () => {
    for (const [error, marks] of [
      [new CircuitOpenError(1), { isBrokenCircuitError: true }],
      [new CircuitIsolatedError(), { isBrokenCircuitError: true, isIsolatedCircuitError: true }],
      [new TimeoutError(1), { isTaskCancelledError: true }],
      [new BulkheadRejectedError(1, 0), { isBulkheadRejectedError: true }],
    ] as const) {
      expect(error).toMatchObject(marks);
    }
  });
});

describe.each(versions)('the parts of cockatiel $version that we take', ({ theirs }) => {
  it('trip by their IBreaker', async () => {
    const count = new theirs.CountBreaker({ threshold: 0.5, size: 4, minimumNumberOfCalls: 4 });
    const inRow = new theirs.ConsecutiveBreaker(2);
    for (const { trip, opensAfter } of [
      { trip: inRow, opensAfter: ['bad', 'good', 'bad', 'bad'] },
      { trip: count, opensAfter: ['bad', 'good', 'bad', 'bad'] },
    ]) {
      const clock = new VirtualClock();
      const circuit = breaker({ trip, recoveryTimeout: 100, clock });
      for (const [i, how] of opensAfter.entries()) {
        expect(circuit.state, `before call ${i}`).toBe('closed');
        await circuit.execute(how === 'bad' ? down : () => how).catch(() => {});
      }
      expect(circuit.state).toBe('open');
      await clock.to(100);
      await circuit.execute(() => 'probe');
      // It learned of the closing: the failures of before are forgotten.
      await circuit.execute(down).catch(() => {});
      expect(circuit.state).toBe('closed');
    }
  });

  it('wait by their IBackoffFactory, in retry and in the recovery time', async () => {
    const clock = new VirtualClock();
    const starts: number[] = [];
    const settled = retry({ attempts: 4, delay: new theirs.IterableBackoff([10, 20, 50]), clock })
      .execute(() => {
        starts.push(clock.time);
        return down();
      })
      .catch(() => 'ended');
    await clock.drain();
    expect([await settled, starts]).toEqual(['ended', [0, 10, 30, 80]]);

    const constant = retry({ attempts: 3, delay: new theirs.ConstantBackoff(7), clock }).execute(down);
    constant.catch(() => {});
    const begun = clock.time;
    await clock.drain();
    expect(clock.time - begun).toBe(14);

    const growing = theirs.noJitterGenerator;
    const circuit = breaker({
      failureThreshold: 1,
      recoveryTimeout: new theirs.ExponentialBackoff({ generator: growing, initialDelay: 100, exponent: 2 }),
      clock,
    });
    const waits: number[] = [];
    for (let opening = 0; opening < 3; opening += 1) {
      await circuit.execute(down).catch(() => {});
      waits.push(circuit.retryAfterMs);
      await clock.advance(circuit.retryAfterMs);
    }
    expect(waits[0]).toBe(100);
    expect(waits[1]).toBeGreaterThan(waits[0]!);
    expect(waits[2]).toBeGreaterThan(waits[1]!);
  });

  it('R14 judge by their filters, whose false says nothing', async () => {
    const filter = theirs.handleType(RangeError).orWhenResult((value) => value === 'bad');
    const circuit = breaker({ failureThreshold: 2, handle: filter });
    const attempts: string[] = [];
    const guard = policy(circuit, retry({ attempts: 2, delay: 0, handle: filter }));
    const call = (name: string, fn: () => unknown): Promise<unknown> =>
      guard
        .execute(() => {
          attempts.push(name);
          return fn();
        })
        .catch((error: unknown) => (error as Error).name);
    expect(
      await call('ignored', () => {
        throw new TypeError('a bug');
      }),
    ).toBe('TypeError');
    expect(circuit.failures).toBe(0);
    expect(await call('bad', () => 'bad')).toBe('bad');
    expect(circuit.failures).toBe(1);
    expect(
      await call('range', () => {
        throw new RangeError('too far');
      }),
    ).toBe('RangeError');
    expect([circuit.state, attempts]).toEqual(['open', ['ignored', 'bad', 'bad', 'range', 'range']]);
    expect(await policy(fallback('answer', { handle: theirs.handleAll })).execute(down)).toBe('answer');
  });
});

describe.each(versions)('our events, next to those of cockatiel $version', ({ theirs }) => {
  it('have the same shape for the same outcomes', async () => {
    const filter = theirs.handleType(RangeError).orWhenResult((value) => value === 'bad');
    const ours = retry({ attempts: 1, handle: filter });
    const their = theirs.retry(filter, { maxAttempts: 0 });
    const shapes = { ours: [] as unknown[], theirs: [] as unknown[] };
    const shape = (event: SuccessEvent | FailureEvent): unknown => ({ ...event, duration: typeof event.duration });
    ours.onSuccess((event) => shapes.ours.push(shape(event)));
    ours.onFailure((event) => shapes.ours.push(shape(event)));
    their.onSuccess((event) => shapes.theirs.push(shape(event)));
    their.onFailure((event) => shapes.theirs.push(shape(event as FailureEvent)));
    const outcomes = [
      () => 'good',
      () => {
        throw new RangeError('too far');
      },
      () => {
        throw new TypeError('a bug');
      },
      () => 'bad',
    ];
    for (const outcome of outcomes) {
      for (const one of [ours, their]) await one.execute(outcome).catch(() => {});
    }
    expect(shapes.ours).toHaveLength(4);
    expect(shapes.ours).toEqual(shapes.theirs);
  });

  it('end with dispose(), as theirs do', async () => {
    const guard = fallback('answer', { handle: anyError });
    const heard: string[] = [];
    const subscription: { dispose(): void } = guard.onSuccess(() => heard.push('ours'));
    const other = theirs.wrap(guard).onFailure(() => heard.push('failure'));
    await guard.execute(() => 1);
    await guard.execute(down);
    subscription.dispose();
    other.dispose();
    await guard.execute(() => 1);
    await guard.execute(down);
    expect(heard).toEqual(['ours', 'failure']);
  });
});
