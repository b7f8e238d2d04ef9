import { TaskCancelledError } from 'cockatiel';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  deadline,
  DeadlineExceededError,
  errors,
  fallback,
  ignoring,
  policy,
  results,
  retry,
  timeout,
} from '../../src/index.ts';
import type { AnyPolicy, PolicyEvent } from '../../src/index.ts';
import { deferred, hangs, outcomeOf } from '../helpers/functions.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const boom = new Error('boom');
const fails = (): Promise<never> => Promise.reject(boom);

/** The types of what a policy tells, in order. */
function heardOf(guard: AnyPolicy): string[] {
  const heard: string[] = [];
  guard.onEvent((event: PolicyEvent) => heard.push(event.type));
  return heard;
}

describe('a cancellation', () => {
  it.each([
    ['an error', (): Promise<unknown> => Promise.reject(boom)],
    ['a value', (): Promise<unknown> => Promise.resolve(1)],
  ])('R12 A6 is an outcome that arrives while the caller has aborted: %s counts as nothing', async (_, fn) => {
    const circuit = breaker({ failureThreshold: 1 });
    const controller = new AbortController();
    const guard = policy(circuit, retry({ delay: 1 }), fallback('plan B'));
    const heard = heardOf(guard);
    const call = outcomeOf(
      guard.execute(async () => {
        controller.abort('stop');
        return fn();
      }, controller.signal),
    );
    expect(await call).toEqual(['error', 'stop']);
    expect([circuit.state, circuit.failures, circuit.stats()]).toMatchObject([
      'closed',
      0,
      { ignored: 1, failed: 0, succeeded: 0 },
    ]);
    expect(heard).toEqual([]);
  });

  it('R12 A6 does not set back the count of failures either', async () => {
    const circuit = breaker({ failureThreshold: 3 });
    await outcomeOf(circuit.execute(fails));
    const aborted = new AbortController();
    const call = outcomeOf(circuit.execute(() => (aborted.abort(), 'a value'), aborted.signal));
    await call;
    expect(circuit.failures).toBe(1);
  });

  it('R12 A6 before the start: the function does not run', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    let calls = 0;
    const aborted = AbortSignal.abort('early');
    expect(await outcomeOf(circuit.execute(() => (calls += 1), aborted))).toEqual(['error', 'early']);
    expect([calls, circuit.stats().admitted]).toEqual([0, 0]);
  });

  it.each([
    ['an AbortError', new DOMException('aborted', 'AbortError')],
    ['a DOM TimeoutError', new DOMException('late', 'TimeoutError')],
    ["cockatiel's TaskCancelledError", new TaskCancelledError()],
  ])('R12 is nothing else: %s with an unaborted signal is an ordinary failure', async (_, error) => {
    const circuit = breaker({ failureThreshold: 2 });
    const { signal } = new AbortController();
    let calls = 0;
    const call = policy(circuit, retry({ attempts: 2, delay: 0 })).execute(
      () => ((calls += 1), Promise.reject(error)),
      signal,
    );
    expect(await outcomeOf(call)).toEqual(['error', error]);
    expect([calls, circuit.failures]).toEqual([2, 1]);
  });

  it('A6 a hundred users who abort open no circuit', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    const guard = policy(circuit, retry());
    for (let i = 0; i < 100; i++) {
      const controller = new AbortController();
      const call = outcomeOf(guard.execute(hangs, controller.signal));
      controller.abort(i);
      expect(await call).toEqual(['error', i]);
    }
    expect([circuit.state, circuit.failures, circuit.stats().ignored]).toEqual(['closed', 0, 100]);
  });
});

describe('a local rejection', () => {
  it('R13 of an open circuit is no failure of a policy around it, and is not retried', async () => {
    const inner = breaker();
    inner.open();
    const outer = breaker({ failureThreshold: 1 });
    const guard = policy(outer, retry({ attempts: 5, delay: 0 }));
    let calls = 0;
    const [, error] = await outcomeOf(guard.execute(() => ((calls += 1), inner.execute(() => 1))));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect([calls, outer.failures, outer.stats().ignored]).toEqual([1, 0, 1]);
  });

  it('R13 of a deadline that ran out before the first attempt is no failure', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    let calls = 0;
    const [, error] = await outcomeOf(
      policy(circuit, deadline({ remainingMs: 0 }), retry()).execute(() => (calls += 1)),
    );
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect([calls, circuit.failures, (error as DeadlineExceededError).attempts]).toEqual([0, 0, 0]);
  });

  it('R13 a deadline after an attempt started is one failure, and so is the attempt it cut', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 5 });
    const guard = policy(circuit, deadline(100), retry({ attempts: 3, delay: 10 }), { clock });
    const heard = heardOf(guard);
    const call = outcomeOf(guard.execute(hangs));
    await clock.to(100);
    expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError', attempts: 1 });
    expect(circuit.failures).toBe(1);
    expect(heard.filter((type) => type === 'attempt-failed')).toHaveLength(1);
  });

  it('R13 counts once under counts: "attempts", for the attempt that the deadline cut', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 5, counts: 'attempts' });
    const guard = policy(circuit, deadline(100), retry({ attempts: 3, delay: 10 }), { clock });
    const call = outcomeOf(guard.execute(hangs));
    await clock.to(100);
    await call;
    expect(circuit.failures).toBe(1);
  });

  it('R13 is answered by the fallback', async () => {
    const circuit = breaker();
    circuit.open();
    expect(await policy(circuit, fallback('plan B')).execute(() => 'plan A')).toBe('plan B');
    expect(await policy(deadline({ remainingMs: 0 }), fallback('plan B')).execute(() => 'plan A')).toBe('plan B');
  });
});

describe('a handle', () => {
  it('R14 an error that a class list does not name counts as nothing for a breaker, and is passed on by a retry', async () => {
    const circuit = breaker({ failureThreshold: 1, handle: [RangeError, errors(SyntaxError)] });
    await outcomeOf(circuit.execute(fails));
    expect(circuit.stats()).toMatchObject({ ignored: 1, failed: 0, succeeded: 0 });
    let calls = 0;
    await outcomeOf(retry({ delay: 0, handle: RangeError }).execute(() => ((calls += 1), fails())));
    expect(calls).toBe(1);
  });

  it("R14 only a predicate's own false calls an error a success", async () => {
    const circuit = breaker({ failureThreshold: 2, handle: (error) => error !== boom });
    await outcomeOf(circuit.execute(() => Promise.reject(new Error('other'))));
    expect(circuit.failures).toBe(1);
    await outcomeOf(circuit.execute(fails));
    expect([circuit.failures, circuit.stats().succeeded]).toEqual([0, 1]);
  });

  it('R14 about values alone, or about what is ignored, keeps the default for other errors', async () => {
    for (const handle of [results(() => false), ignoring(TypeError)]) {
      const circuit = breaker({ failureThreshold: 5, handle });
      await outcomeOf(circuit.execute(fails));
      expect(circuit.stats()).toMatchObject({ failed: 1, ignored: 0 });
    }
  });

  it.each([[false], ['ignore']] as const)('R14 %s in a retry passes the error on untouched', async (verdict) => {
    let calls = 0;
    const call = retry({ delay: 0, handle: () => verdict }).execute(() => ((calls += 1), fails()));
    expect(await outcomeOf(call)).toEqual(['error', boom]);
    expect(calls).toBe(1);
  });

  it.each([[false], ['ignore']] as const)('R14 %s in a fallback passes the error on untouched', async (verdict) => {
    expect(await outcomeOf(fallback('plan B', { handle: () => verdict }).execute(fails))).toEqual(['error', boom]);
  });

  it.each([
    [
      'a breaker',
      (onListenerError: (error: unknown) => void, handle: () => never) =>
        breaker({ failureThreshold: 1, handle, onListenerError }),
    ],
    [
      'a retry',
      (onListenerError: (error: unknown) => void, handle: () => never) => retry({ delay: 0, handle, onListenerError }),
    ],
    [
      'a fallback',
      (onListenerError: (error: unknown) => void, handle: () => never) =>
        fallback('plan B', { handle, onListenerError }),
    ],
    [
      'a policy',
      (onListenerError: (error: unknown) => void, handle: () => never) =>
        policy(retry({ delay: 0, handle }), { onListenerError }),
    ],
  ])('R14 B15 that throws says nothing and is reported: of %s', async (_, make) => {
    const reported: unknown[] = [];
    const broken = new Error('broken handle');
    const guard = make(
      (error) => reported.push(error),
      () => {
        throw broken;
      },
    );
    expect(await outcomeOf(guard.execute(fails))).toEqual(['error', boom]);
    expect(reported).toEqual([broken]);
    expect(guard.circuit?.stats() ?? { ignored: 1 }).toMatchObject({ ignored: 1 });
  });

  it('R14 B15 that throws while it is shown a local rejection lets that through', async () => {
    const circuit = breaker();
    circuit.open();
    const reported: unknown[] = [];
    const broken = new Error('broken handle');
    const handle = errors(CircuitOpenError, () => {
      throw broken;
    });
    const guard = policy(circuit, fallback('plan B', { handle }), { onListenerError: (error) => reported.push(error) });
    expect((await outcomeOf(guard.execute(() => 1)))[1]).toBeInstanceOf(CircuitOpenError);
    expect(reported).toEqual([broken]);
  });

  it('D7 R14 that is async is reported, and its own rejection is taken', async () => {
    const reported: unknown[] = [];
    const handle = async (): Promise<never> => {
      throw new Error('late');
    };
    const guard = retry({ delay: 0, handle: handle as never, onListenerError: (error) => reported.push(error) });
    expect(await outcomeOf(guard.execute(fails))).toEqual(['error', boom]);
    await flush();
    expect(reported).toMatchObject([
      { name: 'TypeError', message: 'handle must answer at once with true, false or "ignore", got a promise' },
    ]);
  });
});

describe('verdicts', () => {
  it('R15 a value that retry gave up on is a failure for breaker and fallback', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    const guard = policy(
      circuit,
      retry({ attempts: 2, delay: 0, handle: results((n) => n === 503) }),
      fallback('plan B'),
    );
    let calls = 0;
    expect(await guard.execute(() => ((calls += 1), 503))).toBe('plan B');
    expect([calls, circuit.failures]).toEqual([2, 1]);
    expect(await guard.execute(() => 200)).toBe(200);
    expect(circuit.failures).toBe(0);
  });

  it('R15 an error that retry ignored counts as nothing for the breaker, and the fallback does not answer it', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    const guard = policy(circuit, retry({ delay: 0, handle: ignoring(TypeError) }), fallback('plan B'));
    const bug = new TypeError('a bug');
    expect(await outcomeOf(guard.execute(() => Promise.reject(bug)))).toEqual(['error', bug]);
    expect(circuit.stats()).toMatchObject({ ignored: 1, failed: 0 });
  });

  it('R15 what a handle leaves to the default is what the layer inside said: results(…) has nothing to say of errors', async () => {
    const circuit = breaker({ failureThreshold: 1, handle: results((n) => n === 503) });
    const guard = policy(circuit, retry({ delay: 0, handle: ignoring(TypeError) }));
    const bug = new TypeError('a bug');
    expect(await outcomeOf(guard.execute(() => Promise.reject(bug)))).toEqual(['error', bug]);
    expect([circuit.state, circuit.stats().ignored]).toEqual(['closed', 1]);
    await outcomeOf(guard.execute(() => Promise.reject(new Error('down'))));
    expect(circuit.state).toBe('open');
  });

  it('R15 a layer with a handle of its own judges anew, and those around it take that over', async () => {
    const circuit = breaker({ failureThreshold: 1, handle: () => 'ignore' });
    const guard = policy(circuit, retry({ attempts: 1, delay: 0 }), fallback('plan B'));
    expect(await outcomeOf(guard.execute(fails))).toEqual(['error', boom]);
    expect(circuit.state).toBe('closed');
    expect(
      await policy(breaker({ handle: () => 'ignore' }), fallback('plan B', { handle: Error })).execute(fails),
    ).toBe('plan B');
  });

  it('R15 belong to their outcome: the error that replaces a judged value is judged by default', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1 });
    const answers = [503, 200];
    const guard = policy(circuit, deadline(50), retry({ delay: 100, handle: results((n) => n === 503) }), { clock });
    const [, error] = await outcomeOf(guard.execute(() => answers.shift()));
    expect(error).toMatchObject({ name: 'DeadlineExceededError', cause: 503, attempts: 1 });
    expect(circuit.state).toBe('open');
  });

  it('R15 also of NaN, which is not equal to itself', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    const guard = policy(circuit, retry({ attempts: 1, delay: 0, handle: results((n: number) => Number.isNaN(n)) }));
    expect(await guard.execute(() => NaN)).toBeNaN();
    expect(circuit.state).toBe('open');
  });

  it('F4 tell of a failed attempt once, whichever layers judge it', async () => {
    const guard = policy(
      breaker({ handle: Error }),
      retry({ attempts: 2, delay: 0, handle: Error }),
      fallback('plan B', { handle: Error }),
    );
    const heard = heardOf(guard);
    await guard.execute(fails);
    expect(heard).toEqual(['attempt-failed', 'retry-scheduled', 'attempt-failed', 'fell-back']);
  });
});

describe('errors that cannot be looked at', () => {
  const refuse = (): never => {
    throw new Error('looked at');
  };
  const traps = Object.fromEntries(
    [
      'get',
      'has',
      'getPrototypeOf',
      'ownKeys',
      'getOwnPropertyDescriptor',
      'set',
      'defineProperty',
      'isExtensible',
    ].map((trap) => [trap, refuse]),
  );
  const hostile: unknown = new Proxy(new Error('x'), traps);

  it('D4 pass through every layer by identity, retried and counted like others', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 2 });
    const guard = policy(circuit, deadline(10_000), retry({ attempts: 3, delay: 5 }), timeout(100), { clock });
    let calls = 0;
    const call = outcomeOf(guard.execute(() => ((calls += 1), Promise.reject(hostile))));
    await clock.drain();
    expect((await call)[1] === hostile).toBe(true);
    expect([calls, circuit.failures, clock.armed]).toEqual([3, 1, 0]);
  });

  it('D4 pass through a cooperative timeout that is over', async () => {
    const clock = new VirtualClock();
    const pending = deferred();
    const call = outcomeOf(timeout({ after: 10, mode: 'cooperative', clock }).execute(() => pending.promise));
    await clock.to(20);
    pending.reject(hostile);
    expect((await call)[1] === hostile).toBe(true);
  });

  it('D4 are answered by a fallback', async () => {
    expect(await fallback('plan B').execute(() => Promise.reject(hostile))).toBe('plan B');
  });
});
