/** `whenOpen: 'wait'`: the line in front of a circuit, who is in it, who is let in, and what ends a hold. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { breaker, bulkhead, CircuitOpenError, deadline, DeadlineExceededError, fallback, policy, results, retry, timeout } from '../../src/index.ts';
import { rigWithCircuit } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const boom = new Error('boom');

/** A breaker that holds, alone or around something, opened by one failure for a second. */
const holding = (options: Parameters<typeof breaker<'wait'>>[0] = {}, around: Parameters<typeof rigWithCircuit>[1] = (circuit) => circuit) =>
  rigWithCircuit({ whenOpen: 'wait', failureThreshold: 1, recoveryTimeout: 1_000, ...options }, around);

describe('an open circuit that holds calls', () => {
  it('A15 lets them in first in first out when it closes, newcomers behind them', async () => {
    const { clock, stage, circuit, call, lines } = holding();
    circuit.open();
    const fates = [call(), call(), call()];
    await flush();
    expect([circuit.waiting, circuit.isOpen(), stage.attempts.length]).toEqual([3, true, 0]);
    await clock.to(1_000);
    expect([circuit.waiting, circuit.state, stage.starts]).toEqual([2, 'half-open', [1_000]]);
    fates.push(call());
    stage.at(0).resolve('back');
    await flush();
    expect([circuit.waiting, circuit.state, stage.starts]).toEqual([0, 'closed', [1_000, 1_000, 1_000, 1_000]]);
    for (const [i, one] of stage.attempts.entries()) one.resolve(i);
    await flush();
    expect(fates.map(({ value }) => value)).toEqual(['back', 1, 2, 3]);
    expect([clock.armed, circuit.stats()]).toEqual([0, expect.objectContaining({ admitted: 4, rejected: 0 })]);
    expect(lines.filter((line) => line.includes('waits'))).toEqual(Array(4).fill('attempt 1 waits for breaker'));
  });

  it('D10 is not idle as long as it holds somebody, also closed', async () => {
    const { clock, stage, circuit, call } = holding({ ramp: { every: 100 } });
    const idle = (): boolean => (circuit as unknown as { readonly '~idle': boolean })['~idle'];
    expect(idle()).toBe(true);
    circuit.open();
    for (let i = 0; i < 4; i += 1) call();
    await clock.to(1_000);
    stage.at(0).resolve('back');
    await flush();
    expect([circuit.state, circuit.waiting, idle()]).toEqual(['closed', 2, false]);
    await clock.to(1_100);
    for (const one of stage.attempts) one.resolve('done');
    await flush();
    expect([circuit.waiting, idle(), clock.armed]).toEqual([0, true, 0]);
  });

  it('A1 lets as many probe as there are slots, and the next where one says nothing', async () => {
    const controller = new AbortController();
    const { clock, stage, circuit, call } = holding({ probes: 2 });
    circuit.open();
    const first = call(controller.signal);
    for (let i = 0; i < 4; i += 1) call();
    await clock.to(1_000);
    expect([stage.attempts.length, circuit.waiting]).toEqual([2, 3]);
    controller.abort(boom);
    await flush();
    expect([first.error, stage.attempts.length, circuit.waiting]).toEqual([boom, 3, 2]);
  });

  it('A4 R3 gives the slot of a probe that hangs to the next in line when its lease ends', async () => {
    const { clock, stage, circuit, call } = holding({ probeLease: 5_000 });
    circuit.open();
    call();
    call();
    await clock.to(5_999);
    expect(stage.starts).toEqual([1_000]);
    await clock.to(6_000);
    expect([stage.starts, circuit.waiting]).toEqual([[1_000, 6_000], 0]);
  });

  it('gives a failed probe its own error where nothing would have repeated it; the next in line is the next probe', async () => {
    const { clock, stage, circuit, call } = holding();
    circuit.open();
    const [first, second] = [call(), call()];
    await clock.to(1_000);
    stage.at(0).reject(boom);
    await flush();
    expect([first.error, second.state, circuit.state]).toEqual([boom, 'pending', 'open']);
    await clock.to(2_000);
    expect(stage.starts).toEqual([1_000, 2_000]);
  });

  it('F7 lets nobody past who waits, also at the very moment of recovery', async () => {
    const { clock, stage, circuit, call } = holding();
    circuit.open();
    const first = call();
    // The time is over, but no timer has rung yet.
    clock.time = 1_000;
    const second = call();
    await flush();
    stage.at(0).resolve(1);
    await flush();
    expect([first.value, second.state, stage.attempts.length]).toEqual([1, 'pending', 2]);
  });

  it('R7 releases them when it is reset, holds them while it is isolated, and begins the time anew when it is opened again', async () => {
    const { clock, stage, circuit, call } = holding();
    circuit.open();
    call();
    await clock.to(600);
    circuit.open();
    await clock.to(1_599);
    expect(stage.starts).toEqual([]);
    circuit.reset();
    await flush();
    expect(stage.starts).toEqual([1_599]);
    const isolation = circuit.isolate();
    const held = call();
    await clock.to(100_000);
    expect([held.state, circuit.waiting, clock.armed]).toEqual(['pending', 1, 1]);
    isolation.dispose();
    await flush();
    expect([stage.starts, circuit.waiting]).toEqual([[1_599, 100_000], 0]);
  });

  it('R1 holds a call again whose permit ended before it got to go', async () => {
    const { clock, stage, circuit, call } = holding();
    circuit.open();
    const fates = [call(), call(), call()];
    await clock.to(1_000);
    // All are let go at once when it closes; who hears of that opens it again before they could start.
    const subscription = circuit.onStateChange(() => (subscription.dispose(), circuit.open()));
    stage.at(0).resolve('well');
    await flush();
    expect([stage.attempts.length, circuit.state, circuit.waiting]).toEqual([1, 'open', 2]);
    await clock.to(2_000);
    for (const next of [1, 2]) {
      stage.at(next).resolve(next);
      await flush();
    }
    expect([fates.map(({ value }) => value), circuit.state, clock.armed]).toEqual([['well', 1, 2], 'closed', 0]);
  });

  it('is one line for all the policies that it is part of, and for the quick way', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ whenOpen: 'wait', recoveryTimeout: 1_000, clock });
    const order: string[] = [];
    const run = (name: string): (() => Promise<void>) => async () => void order.push(name);
    const [one, other] = [policy(circuit), policy(circuit, fallback('never'))];
    circuit.open();
    const all = [one.execute(run('a')), other.execute(run('b')), circuit.execute(run('c')), one.execute(run('d'))];
    await clock.drain();
    await Promise.all(all);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a hold', () => {
  it('A16 S14 ends by the caller’s signal, with its reason, and leaves nothing', async () => {
    const controller = new AbortController();
    const { clock, circuit, call } = holding();
    circuit.open();
    const fates = [call(controller.signal), call()];
    controller.abort('gone');
    await flush();
    expect([fates[0]!.error, fates[1]!.state, circuit.waiting]).toEqual(['gone', 'pending', 1]);
    expect([getEventListeners(controller.signal, 'abort').length, circuit.stats()]).toEqual([0, expect.objectContaining({ ignored: 0, failed: 0 })]);
    await clock.to(1_000);
    expect(circuit.waiting).toBe(0);
  });

  it('A16 is not begun by a call whose signal has aborted', async () => {
    const { circuit, call } = holding();
    circuit.open();
    const fate = call(AbortSignal.abort(boom));
    await flush();
    expect([fate.error, circuit.waiting]).toEqual([boom, 0]);
  });

  it('is turned away where maxWaiting are held, with an error that says so', async () => {
    const { circuit, call, lines } = holding({ maxWaiting: 2 });
    circuit.open();
    const fates = [call(), call(), call()];
    await flush();
    expect(fates.map(({ state }) => state)).toEqual(['pending', 'pending', 'error']);
    const { error } = fates[2]!;
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect([error.message, error.retryAfterMs]).toEqual(['The circuit is open, and 2 calls are held already (maxWaiting).', 1_000]);
    expect([circuit.stats().rejected, lines.at(-1)]).toEqual([1, 'rejected by breaker: CircuitOpenError']);
  });

  it('R20 ends at the deadline while half-open, and at once where a reopening ends too late for it', async () => {
    const late = holding({ probeLease: 100_000 }, (circuit) => policy(circuit, deadline(5_000)));
    late.circuit.open();
    void late.circuit.execute(late.stage.fn);
    await late.clock.to(10);
    const held = late.call();
    await late.clock.to(5_009);
    expect([held.state, late.circuit.state]).toEqual(['pending', 'half-open']);
    await late.clock.to(5_010);
    expect([held.error.constructor, held.error.cause.constructor]).toEqual([DeadlineExceededError, CircuitOpenError]);
    expect(late.lines.at(-1)).toBe('rejected by deadline: DeadlineExceededError');

    const early = holding({ recoveryTimeout: 3_000 }, (circuit) => policy(circuit, deadline(5_000)));
    early.circuit.open();
    const [probe, waits] = [early.call(), early.call()];
    await early.clock.to(3_500);
    early.stage.at(0).reject(boom);
    await flush();
    // It would end at 6,500.
    expect([probe.error, waits.error.constructor, waits.at, early.clock.armed]).toEqual([boom, DeadlineExceededError, 3_500, 0]);
  });

  it('R13 is answered by a fallback where it ended without an attempt', async () => {
    const { circuit, call } = holding({}, (circuit) => policy(circuit, deadline(500), fallback('from memory')) as never);
    circuit.open();
    const fate = call();
    await flush();
    expect(fate.value).toBe('from memory');
  });
});

describe('with a retry inside', () => {
  const retrying = (attempts: number, options: Parameters<typeof holding>[0] = {}) =>
    holding({ counts: 'attempts', ...options }, (circuit) => policy(circuit, retry({ attempts, delay: 100 })));

  it('R1 a failed probe spends no attempt: its call is held again at the end of the line', async () => {
    const { clock, stage, circuit, call } = retrying(2);
    circuit.open();
    const [first, second] = [call(), call()];
    for (const [i, at] of [1_000, 2_000, 3_000, 4_000].entries()) {
      await clock.to(at);
      expect([stage.starts.at(-1), stage.attempts.length, circuit.waiting]).toEqual([at, i + 1, 1]);
      stage.at(i).reject(boom);
      await flush();
      expect([circuit.state, circuit.waiting]).toEqual(['open', 2]);
    }
    // They took turns, and each go has a number of its own.
    expect(stage.attempts.map(({ ctx }) => ctx.attempt)).toEqual([1, 1, 2, 2]);
    await clock.to(5_000);
    stage.at(4).resolve('well');
    await flush();
    expect([first.value, circuit.state]).toEqual(['well', 'closed']);
    // The other one has its two attempts still.
    stage.at(5).reject(boom);
    await flush();
    expect([second.state, circuit.state]).toEqual(['pending', 'open']);
    await clock.to(6_000);
    stage.at(6).resolve('at last');
    await flush();
    expect([second.value, clock.armed]).toEqual(['at last', 0]);
  });

  it('R1 under counts: calls, too; a bad value as an error', async () => {
    const { clock, stage, circuit, call } = holding({ counts: 'calls' }, (inner) =>
      policy(inner, retry({ attempts: 2, delay: 100, handle: results((value) => value === 'bad') })),
    );
    circuit.open();
    const fate = call();
    await clock.to(1_000);
    stage.at(0).resolve('bad');
    await flush();
    expect([fate.state, circuit.state, circuit.waiting]).toEqual(['pending', 'open', 1]);
    await clock.to(2_000);
    stage.at(1).resolve('good');
    await flush();
    expect([fate.value, circuit.state, circuit.failures]).toEqual(['good', 'closed', 0]);
  });

  it.each([
    ['it is not repeated', (circuit: Parameters<Parameters<typeof rigWithCircuit>[1]>[0]) => policy(circuit, retry({ attempts: 1 }))],
    ['its handle does not repeat it', (circuit: Parameters<Parameters<typeof rigWithCircuit>[1]>[0]) => policy(circuit, retry({ handle: () => false }), timeout(50))],
  ])('a failed probe has its own error where %s', async (_, around) => {
    const { clock, stage, circuit, call } = holding({ counts: 'attempts', handle: () => true }, around);
    circuit.open();
    const fate = call();
    await clock.to(1_000);
    stage.at(0).reject(boom);
    await flush();
    expect([fate.error, circuit.state, circuit.waiting]).toEqual([boom, 'open', 0]);
  });

  it('R1 ends with a probe that only the breaker calls failed, also after one that was to be repeated', async () => {
    const { clock, stage, circuit, call } = holding({ handle: () => true }, (inner) =>
      policy(inner, retry({ attempts: 3, delay: 100, handle: (error) => error === boom })),
    );
    circuit.open();
    const fate = call();
    await clock.to(1_000);
    stage.at(0).reject(boom);
    await clock.to(2_000);
    const other = new Error('no reason to repeat');
    stage.at(1).reject(other);
    await flush();
    expect([fate.error, circuit.state, circuit.waiting]).toEqual([other, 'open', 0]);
  });

  it('R1 counts the attempt of a call that was sent back from a line inside, once it is made', async () => {
    const { clock, stage, circuit, call } = holding({ counts: 'attempts' }, (inner) =>
      policy(inner, retry({ attempts: 2, delay: 100 }), bulkhead({ limit: 1, queue: 1 })),
    );
    const [first, second] = [call(), call()];
    await flush();
    stage.at(0).reject(boom);
    await flush();
    // The one that ran waits for its second attempt, the one in the line for its first.
    expect([stage.attempts.length, circuit.state, circuit.waiting]).toEqual([1, 'open', 2]);
    for (const next of [1, 2]) {
      await clock.advance(1_000);
      stage.at(next).resolve(next);
      await flush();
    }
    expect(new Set([first.value, second.value])).toEqual(new Set([1, 2]));
    expect([stage.attempts.map(({ ctx }) => ctx.attempt).toSorted((a, b) => a - b), circuit.state, circuit.isOpen()]).toEqual([[1, 1, 2], 'closed', false]);
  });

  it('R1 R2 holds a sleeper that the opening wakes, and its delays begin anew', async () => {
    const { clock, stage, circuit, call, lines } = holding({ failureThreshold: 3, counts: 'attempts' }, (inner) =>
      policy(inner, retry({ attempts: 4, delay: [100, 7_000] })),
    );
    const fate = call();
    stage.at(0).reject(boom);
    await clock.to(100);
    stage.at(1).reject(boom);
    await clock.to(200);
    circuit.open();
    await flush();
    expect([circuit.waiting, clock.armed]).toEqual([1, 1]);
    await clock.to(1_200);
    expect(stage.starts).toEqual([0, 100, 1_200]);
    stage.at(2).resolve('well');
    await flush();
    expect([fate.value, circuit.state]).toEqual(['well', 'closed']);
    expect(lines.filter((line) => line.startsWith('rejected'))).toEqual([]);
  });

  it('R1 holds a straggler whose attempt fails under an open circuit', async () => {
    const { clock, stage, circuit, call } = retrying(3);
    const [straggler, other] = [call(), call()];
    stage.at(1).reject(boom);
    await clock.to(500);
    stage.at(0).reject(new Error('late'));
    await flush();
    expect([straggler.state, other.state, circuit.waiting]).toEqual(['pending', 'pending', 2]);
    await clock.to(1_000);
    stage.at(2).resolve('other');
    await flush();
    stage.at(3).resolve('straggler');
    await flush();
    expect([other.value, straggler.value]).toEqual(['other', 'straggler']);
  });

  it('R2 ends a hold with what its own last attempt came to as the cause', async () => {
    const { stage, call } = retrying(3, { maxWaiting: 1 });
    const fates = [call(), call(), call()];
    for (const [i, one] of stage.attempts.entries()) one.reject(new Error(`own ${i}`));
    await flush();
    const turnedAway = fates.filter(({ state }) => state === 'error');
    expect(turnedAway.map(({ error }) => error.cause.message)).toEqual(['own 1', 'own 2']);
  });
});

describe('a nested call of the same breaker', () => {
  it('R26 passes unguarded; where the circuit opened around it, it is held, and goes on under the new permit', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ whenOpen: 'wait', failureThreshold: 1, counts: 'attempts', recoveryTimeout: 1_000, clock });
    const [outer, inner] = [policy(circuit), policy(circuit, retry({ attempts: 3, delay: 10 }))];
    const starts: number[] = [];
    const fn = outer.wrap(
      inner.wrap(async () => {
        starts.push(clock.time);
        if (starts.length < 3) throw boom;
        return 'well';
      }),
    );
    const answer = fn();
    await clock.drain();
    expect([await answer, starts, circuit.state, circuit.waiting]).toEqual(['well', [0, 1_000, 2_000], 'closed', 0]);
  });

  it('A5 R26 gives the slot of its probe back where the caller leaves, also as a second probe within one attempt', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ whenOpen: 'wait', failureThreshold: 1, counts: 'attempts', recoveryTimeout: 1_000, clock });
    const controller = new AbortController();
    let starts = 0;
    const inner = policy(circuit, retry({ attempts: 2, delay: 10 })).wrapWithContext(async ({ signal }) => {
      starts += 1;
      if (starts < 3) throw boom;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('heeded'))));
    });
    const ended = policy(circuit).wrap(inner, { signal: controller.signal })().catch((error: unknown) => error);
    await clock.to(2_000);
    expect([starts, circuit.state, circuit.isOpen()]).toEqual([3, 'half-open', true]);
    controller.abort('gone');
    expect(await ended).toBe('gone');
    await flush();
    expect([circuit.state, circuit.isOpen()]).toEqual(['half-open', false]);
  });

  it('R26 two of them that are held share one permit', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ whenOpen: 'wait', failureThreshold: 1, counts: 'attempts', recoveryTimeout: 1_000, clock });
    const inner = policy(circuit, retry({ attempts: 5, delay: 10 }));
    let calls = 0;
    const part = inner.wrap(async () => {
      calls += 1;
      if (clock.time < 1_000) throw boom;
      return calls;
    });
    const both = circuit.wrap(() => part() as unknown).call(undefined);
    await clock.drain();
    expect([await both, circuit.state, circuit.waiting, clock.armed]).toEqual([2, 'closed', 0, 0]);
  });
});

describe("breaker({ whenOpen: 'wait' })", () => {
  it('says so', () => {
    const guard = breaker({ whenOpen: 'wait', ramp: { every: 100 } });
    expect(String(guard)).toBe('breaker(5 in a row, 60 s, holds calls) ▸ fn');
    expect(guard.describe()[0]?.options).toMatchObject({ whenOpen: 'wait', maxWaiting: 1_000, ramp: { start: 1, every: 100, factor: 2 } });
    expect(breaker({ whenOpen: 'wait' }).describe()[0]?.options).toMatchObject({ ramp: 'none' });
    expect(breaker().describe()[0]?.options).toMatchObject({ whenOpen: 'reject' });
    expect(breaker().waiting).toBe(0);
  });

  it('needs time', () => {
    const guard = breaker({ whenOpen: 'wait' }) as unknown as { executeSync(fn: () => number): number };
    expect(() => guard.executeSync(() => 1)).toThrow('needs time, so the policy cannot answer at once');
  });

  it.each([
    [{ whenOpen: 'hold' }, "breaker: whenOpen must be \"reject\" or \"wait\", got \"hold\""],
    [{ whenOpen: 'wait', maxWaiting: 0 }, 'breaker: maxWaiting must be a whole number of at least 1, got 0'],
    [{ whenOpen: 'wait', ramp: {} }, 'breaker: ramp: every must be a duration in milliseconds above 0, got undefined'],
    [{ whenOpen: 'wait', ramp: { every: 5, factor: 0.5 } }, 'breaker: ramp: factor must be a number of at least 1, got 0.5'],
    [{ whenOpen: 'wait', ramp: { every: 5, start: 1.5 } }, 'breaker: ramp: start must be a whole number of at least 1, got 1.5'],
    [{ whenOpen: 'wait', ramp: { every: 5, by: 1 } }, 'breaker: ramp has no option "by"; it has start, every, factor'],
    [{ maxWaiting: 5 }, "breaker: maxWaiting and ramp are about calls that are held; give them with whenOpen: 'wait'"],
    [{ ramp: { every: 5 } }, "give them with whenOpen: 'wait'"],
  ])('refuses %j', (options, message) => {
    expect(() => breaker(options as never)).toThrow(message);
  });
});
