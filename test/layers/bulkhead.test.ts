/** The bulkhead: who may run, who waits, who is turned away, and when a permit goes on. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  bulkhead,
  BulkheadRejectedError,
  CircuitOpenError,
  deadline,
  DeadlineExceededError,
  fallback,
  policy,
  Policy,
  retry,
  timeout,
  TimeoutError,
  type AnyPolicy,
} from '../../src/index.ts';
import type { Refusal } from '../../src/core/call.ts';
import { BulkheadStage } from '../../src/layers/bulkhead/stage.ts';
import type { PolicyObject } from '../../src/policy.ts';
import { callOf, envOf } from '../helpers/calls.ts';
import { thrownBy } from '../helpers/functions.ts';
import { listenersOn } from '../helpers/listeners.ts';
import { fateOf, rig, Stage, type Fate } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

/** Some calls of a policy, begun one after another. */
function calls(count: number, call: () => Fate): Fate[] {
  return Array.from({ length: count }, call);
}

const states = (fates: readonly Fate[]): string => fates.map(({ state }) => state).join(' ');

describe('bulkhead', () => {
  it('lets as many attempts run as its limit says, and as many wait as its queue says; one more is turned away at once', async () => {
    const { stage, guard, call, lines, clock } = rig((clock) => bulkhead({ limit: 2, queue: 1, clock }));
    const fates = calls(4, call);
    await flush();
    expect([guard.running, guard.waiting, guard.limit, guard.queue]).toEqual([2, 1, 2, 1]);
    expect(states(fates)).toBe('pending pending pending error');
    expect(fates[3]!.error).toBeInstanceOf(BulkheadRejectedError);
    expect(fates[3]!.error).toMatchObject({ limit: 2, queue: 1, reason: 'full', waitedMs: 0 });
    expect('cause' in fates[3]!.error).toBe(false);
    expect(lines).toEqual(['attempt 1 waits for bulkhead', 'rejected by bulkhead: BulkheadRejectedError']);
    stage.at(1).resolve('second');
    await flush();
    expect([fates[1]!.value, stage.attempts.length, guard.running, guard.waiting]).toEqual(['second', 3, 2, 0]);
    stage.at(0).reject(down);
    stage.at(2).resolve('third');
    await flush();
    expect([fates[0]!.error, fates[2]!.value, guard.running, clock.armed]).toEqual([down, 'third', 0, 0]);
  });

  it('lets nobody wait unless it is told to', async () => {
    const { guard, call } = rig(() => bulkhead({ limit: 1 }));
    const fates = calls(2, call);
    await flush();
    expect([states(fates), guard.queue, guard.waiting]).toEqual(['pending error', 0, 0]);
    expect(fates[1]!.error.message).toBe('The bulkhead is full: 1 under way, none may wait. No call is made.');
  });

  it('R13 a rejection is no failure, is not retried, and is answered by the fallback', async () => {
    for (const answers of [false, true]) {
      const circuit = breaker({ failureThreshold: 1, counts: 'attempts' });
      const slots = bulkhead({ limit: 1 });
      const { call, lines, stage } = rig((clock) =>
        policy(circuit, retry({ attempts: 3, delay: 10 }), slots, ...(answers ? [fallback('answer')] : []), { clock }),
      );
      const fates = calls(2, call);
      await flush();
      expect(fates[1]).toMatchObject(answers ? { state: 'value', value: 'answer' } : { state: 'error' });
      expect([circuit.state, circuit.failures, circuit.stats().ignored, stage.attempts.length]).toEqual(['closed', 0, 1, 1]);
      expect(lines).toEqual(['rejected by bulkhead: BulkheadRejectedError', ...(answers ? ['fell back'] : [])]);
    }
  });

  it('R13 makes an error when somebody looks at it, and at once where somebody listens', async () => {
    const guard = policy(bulkhead({ limit: 1 }), fallback('answer'));
    void guard.execute(() => new Promise(() => {}));
    expect(await guard.execute(() => 'not called')).toBe('answer');

    const made = (observed: boolean): boolean => {
      const stage = new BulkheadStage({ limit: 1, queue: 0, maxWait: undefined, priority: undefined, clock: undefined, onListenerError: undefined });
      const env = envOf();
      if (observed) env.events.subscribe(() => {});
      void stage.admit(callOf(undefined, { env }));
      const call = callOf(undefined, { env });
      const refusal = stage.admit(call) as Refusal;
      return refusal(call) === refusal(call);
    };
    expect([made(false), made(true)]).toEqual([false, true]);
  });

  it('R13 a probe that is turned away gives its slot back', async () => {
    const slots = bulkhead({ limit: 1 });
    const { clock, call, guard } = rig((clock) => policy(breaker({ failureThreshold: 1, recoveryTimeout: 10, clock }), slots));
    const elsewhere = new Stage(clock);
    void slots.execute(elsewhere.fn);
    guard.circuit.open();
    await clock.to(10);
    const turnedAway = call();
    await flush();
    expect([turnedAway.error instanceof BulkheadRejectedError, guard.circuit.state, guard.circuit.isOpen()]).toEqual([true, 'half-open', false]);
    elsewhere.at(0).resolve(1);
    await flush();
    call();
    expect([guard.circuit.isOpen(), slots.running]).toEqual([true, 1]);
  });

  it('R27 is shared by the policies that it is part of', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const slots = bulkhead({ limit: 1, queue: 5 });
    const guards: AnyPolicy[] = [policy(slots, timeout(100), { clock }), Policy.with(slots, policy({ clock })).retry(), slots];
    const fates = guards.map((guard) => fateOf(guard.execute(stage.fn), clock));
    expect([stage.attempts.length, slots.running, slots.waiting]).toEqual([1, 1, 2]);
    for (const [i] of guards.entries()) {
      stage.at(i).resolve(i);
      await flush();
    }
    expect(fates.map(({ value }) => value)).toEqual([0, 1, 2]);
    expect([slots.running, slots.waiting, clock.armed]).toEqual([0, 0, 0]);
  });

  it('says what it is', () => {
    const modes = [0, 1].map((queue) => (bulkhead({ limit: 5, queue }) as unknown as PolicyObject)['~layers'][0]?.mode);
    expect(modes).toEqual(['sync', 'async']);
    expect(String(bulkhead({ limit: 5 }))).toBe('bulkhead 5 ▸ fn');
    expect(String(bulkhead({ limit: 5, queue: 100 }))).toBe('bulkhead 5, queue 100 ▸ fn');
    expect(String(bulkhead({ limit: Infinity, queue: Infinity }))).toBe('bulkhead ∞, queue ∞ ▸ fn');
    expect(bulkhead({ limit: 5 }).describe()).toEqual([
      { kind: 'bulkhead', role: 'guard', label: 'bulkhead 5', options: { limit: 5, queue: 0, maxWait: 'default', priority: 'none' } },
    ]);
    const [told] = bulkhead({ limit: 5, queue: 7, maxWait: 9, priority: () => 1 }).describe();
    expect(told?.options).toEqual({ limit: 5, queue: 7, maxWait: 9, priority: 'custom' });
  });

  it('F2 is a step of the chain', () => {
    const chain = Policy.breaker().retry().bulkhead({ limit: 5, queue: 9 }).timeout(1_000);
    expect(String(chain)).toBe('breaker(5 in a row, 60 s) ▸ retry ×3 ▸ bulkhead 5, queue 9 ▸ timeout 1 s ▸ fn');
  });

  it('C3 refuses options that make no sense, and says which', () => {
    for (const [options, message] of [
      [undefined, 'bulkhead: limit must be a whole number of at least 1, got undefined'],
      [{}, 'bulkhead: limit must be a whole number of at least 1, got undefined'],
      [{ limit: 0 }, 'bulkhead: limit must be a whole number of at least 1, got 0'],
      [{ limit: 1.5 }, 'bulkhead: limit must be a whole number of at least 1, got 1.5'],
      [{ limit: NaN }, 'bulkhead: limit must be a whole number of at least 1, got NaN'],
      [{ limit: 1, queue: -1 }, 'bulkhead: queue must be a whole number of at least 0, got -1'],
      [{ limit: 1, maxWait: 0 }, 'bulkhead: maxWait must be a duration in milliseconds above 0, got 0'],
      [{ limit: 1, priority: 3 }, "bulkhead: priority must be a function of the call's arguments, got 3"],
      [{ limit: 1, size: 3 }, 'bulkhead has no option "size"; it has limit, queue, maxWait, priority, clock, onListenerError'],
      [5, 'bulkhead expects an object of options (limit, queue, maxWait, priority, clock, onListenerError), got 5: write { limit: 5 }'],
    ]) {
      expect((thrownBy(() => bulkhead(options as never)) as Error).message).toBe(message);
    }
  });
});

describe('a call that waits for a permit', () => {
  it('R23 waits for the attempt timeout at most, else 30 s, or for as long as it is told', async () => {
    for (const [parts, maxWait, ms] of [
      [[], undefined, 30_000],
      [[timeout(700)], undefined, 700],
      [[timeout({ after: 700, mode: 'cooperative' })], undefined, 700],
      [[timeout(Infinity)], undefined, 30_000],
      [[deadline(90_000)], undefined, 30_000],
      [[timeout(700)], 900, 900],
      [[], 900, 900],
    ] as const) {
      const slots = bulkhead({ limit: 1, queue: 5, maxWait });
      const { clock, call, lines } = rig((clock) => policy(slots, ...(parts as readonly AnyPolicy[]), { clock }));
      void slots.execute(() => new Promise(() => {}));
      const fate = call();
      await clock.to(ms - 1);
      expect(fate.state).toBe('pending');
      await clock.to(ms);
      expect([fate.error instanceof BulkheadRejectedError, fate.at]).toEqual([true, ms]);
      expect(fate.error).toMatchObject({ reason: 'waited', waitedMs: ms, limit: 1, queue: 5, isLocalRejection: true });
      expect([slots.waiting, clock.armed]).toEqual([0, 0]);
      expect(lines).toEqual(['attempt 1 waits for bulkhead', 'rejected by bulkhead: BulkheadRejectedError']);
    }
  });

  it('R23 waits without an end only where it is told to', async () => {
    const { clock, call } = rig((clock) => bulkhead({ limit: 1, queue: 1, maxWait: Infinity, clock }));
    const fates = calls(2, call);
    expect(clock.armed).toBe(0);
    await clock.to(1e9);
    expect(states(fates)).toBe('pending pending');
  });

  it('R23 is turned away with its own last error, where an attempt of it had failed', async () => {
    for (const [maxWait, reason] of [[50, 'waited'], [undefined, 'full']] as const) {
      const slots = bulkhead({ limit: 1, queue: maxWait === undefined ? 0 : 1, maxWait });
      const { clock, call, stage } = rig((clock) => policy(retry({ attempts: 5, delay: 10 }), slots, { clock }));
      const fate = call();
      stage.at(0).reject(down);
      await flush();
      void slots.execute(() => new Promise(() => {}));
      await clock.drain();
      expect(fate.error).toBeInstanceOf(BulkheadRejectedError);
      expect([fate.error.cause, fate.error.reason, fate.at, stage.attempts.length]).toEqual([down, reason, maxWait === undefined ? 10 : 60, 1]);
    }
  });

  it('does not use up the time of its attempt', async () => {
    const { clock, stage, call } = rig((clock) => policy(bulkhead({ limit: 1, queue: 1 }), timeout(100), { clock }));
    const [, second] = calls(2, call);
    await clock.to(90);
    stage.at(0).resolve(1);
    await clock.to(189);
    expect([stage.starts, second!.state]).toEqual([[0, 90], 'pending']);
    await clock.to(190);
    expect(second!.error).toBeInstanceOf(TimeoutError);
  });

  it('R20 waits until its deadline at most; where both are over at once, the error says deadline', async () => {
    for (const maxWait of [101, 100, Infinity]) {
      const slots = bulkhead({ limit: 1, queue: 1, maxWait });
      const { clock, call, lines } = rig((clock) => policy(slots, deadline(100, { clock })));
      void slots.execute(() => new Promise(() => {}));
      const fate = call();
      expect(clock.armed).toBe(1);
      await clock.to(100);
      expect([fate.error instanceof DeadlineExceededError, fate.error.attempts, fate.at]).toEqual([true, 0, 100]);
      expect(lines).toEqual(['attempt 1 waits for bulkhead', 'rejected by deadline: DeadlineExceededError']);
      expect([slots.waiting, clock.armed]).toEqual([0, 0]);
    }
  });

  it('A16 S14 ends at once when its caller aborts, with that reason, and leaves nothing behind', async () => {
    const { clock, call, guard } = rig((clock) => policy(breaker(), bulkhead({ limit: 1, queue: 3 }), { clock }));
    call();
    for (const reason of [new Error('left'), 'left', null]) {
      const controller = new AbortController();
      const left = listenersOn(controller.signal);
      const fate = call(controller.signal);
      expect(left()).toBe(1);
      controller.abort(reason);
      await flush();
      expect([fate.state, fate.error]).toEqual(['error', reason]);
      expect([left(), clock.armed]).toEqual([0, 0]);
    }
    expect(guard.circuit.stats()).toMatchObject({ failed: 0, ignored: 3 });
  });

  it('S14 does not begin to wait under a signal that has aborted', async () => {
    const controller = new AbortController();
    const { call, guard, stage } = rig((clock) => bulkhead({ limit: 1, queue: 1, priority: () => (controller.abort('left'), 0), clock }));
    const fates = [call(), call(controller.signal)];
    await flush();
    expect([states(fates), fates[1]!.error, guard.waiting, stage.attempts.length]).toEqual(['pending error', 'left', 0, 1]);
  });

  it('R2 is released by the opening circuit, with its own last error as the cause; attempts under way go on', async () => {
    const { clock, stage, call, guard, lines } = rig((clock) =>
      policy(breaker({ failureThreshold: 2, counts: 'attempts' }), retry({ attempts: 2, delay: 0 }), bulkhead({ limit: 2, queue: 9 }), { clock }),
    );
    const fates = calls(5, call);
    stage.at(0).reject(down);
    await flush();
    // The first call waits again, behind those who came before it; the third runs.
    expect([stage.attempts.length, lines.filter((line) => line === 'attempt 2 waits for bulkhead').length]).toEqual([3, 1]);
    stage.at(1).reject(new Error('down, too'));
    await flush();
    expect(guard.circuit.state).toBe('open');
    expect(states(fates)).toBe('error error pending error error');
    for (const fate of [0, 1, 3, 4].map((i) => fates[i]!)) expect(fate.error).toBeInstanceOf(CircuitOpenError);
    expect([fates[0]!.error.cause, fates[3]!.error.cause]).toEqual([down, undefined]);
    expect(clock.armed).toBe(0);
    stage.at(2).resolve('late');
    await flush();
    expect([fates[2]!.value, stage.attempts.length]).toEqual(['late', 3]);
  });

  it('is in line before a listener hears that it waits', async () => {
    const slots = bulkhead({ limit: 1, queue: 1 });
    const stage = new Stage(new VirtualClock());
    const said: unknown[] = [];
    slots.onEvent(({ type }) => {
      said.push(type, slots.waiting);
      if (type === 'waiting') void slots.execute(stage.fn).catch(({ reason }: BulkheadRejectedError) => said.push(reason));
    });
    void slots.execute(stage.fn);
    void slots.execute(stage.fn).catch(() => {});
    await flush();
    expect(said).toEqual(['waiting', 1, 'rejected', 1, 'full']);
  });

  it('takes a clock that calls back at once', async () => {
    const clock = new VirtualClock();
    clock.setTimer = (callback) => (callback(), 0);
    const slots = bulkhead({ limit: 1, queue: 1, clock });
    void slots.execute(() => new Promise(() => {}));
    const fate = fateOf(slots.execute(() => 1));
    await flush();
    expect([fate.error instanceof BulkheadRejectedError, slots.waiting]).toEqual([true, 0]);
  });
});

describe('those who wait', () => {
  it('go in the order in which they came', async () => {
    const { stage, guard } = rig((clock) => bulkhead({ limit: 1, queue: 9, clock }));
    const started: number[] = [];
    const ask = guard.wrapWithContext((ctx, id: number) => (started.push(id), stage.fn(ctx)));
    for (let id = 0; id < 6; id += 1) void ask(id);
    for (let id = 0; id < 6; id += 1) {
      stage.at(id).resolve(id);
      await flush();
    }
    expect(started).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('go by priority, and among equals in the order in which they came', async () => {
    const { stage, guard } = rig((clock) => bulkhead({ limit: 1, queue: 9, priority: (_, rank: number) => rank, clock }));
    const started: string[] = [];
    const ask = guard.wrapWithContext((ctx, id: string, _rank: number) => (started.push(id), stage.fn(ctx)));
    for (const [id, rank] of [['a', 0], ['b', 1], ['c', 2], ['d', 1], ['e', -1], ['f', Infinity], ['g', 2]] as const) void ask(id, rank);
    for (let i = 0; i < 7; i += 1) {
      stage.at(i).resolve(i);
      await flush();
    }
    expect(started.join('')).toBe('afcgbde');
  });

  it('are not overtaken by one who comes in the moment in which a permit is given back', async () => {
    const { stage, call, guard } = rig((clock) => policy(bulkhead({ limit: 1, queue: 1 }), { clock }));
    const [, waiting] = calls(2, call);
    let late: Fate | undefined;
    guard.onSuccess(() => (late ??= call()));
    stage.at(0).resolve('first');
    await flush();
    stage.at(1).resolve('second');
    await flush();
    expect(waiting!.value).toBe('second');
    expect(late!.error).toBeInstanceOf(BulkheadRejectedError);
  });

  it('a permit that somebody got in the tick in which he aborts goes to the next (cockatiel#114, failsafe#393)', async () => {
    const { stage, call, guard, clock } = rig((clock) => bulkhead({ limit: 1, queue: 9, clock }));
    const controllers = calls(3, () => fateOf(new Promise(() => {}))).map(() => new AbortController());
    call();
    const fates = controllers.map(({ signal }) => call(signal));
    const last = call();
    stage.at(0).resolve(1);
    // The first of them has the permit before its promise has come through; the second aborts while it waits.
    await Promise.resolve();
    for (const controller of controllers) controller.abort('left');
    await flush();
    expect(fates.map(({ error }) => error)).toEqual(['left', 'left', 'left']);
    expect([stage.attempts.length, guard.running, guard.waiting]).toEqual([2, 1, 0]);
    stage.at(1).resolve('last');
    await flush();
    expect([last.value, guard.running, clock.armed]).toEqual(['last', 0, 0]);
  });

  it('a permit that somebody got in the tick in which the circuit opens goes to a call of another circuit', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const slots = bulkhead({ limit: 1, queue: 9, clock });
    const circuits = [breaker(), breaker()] as const;
    const guards = circuits.map((circuit) => policy(circuit, slots));
    void slots.execute(stage.fn);
    const [first, second] = guards.map((guard) => fateOf(guard.execute(stage.fn)));
    stage.at(0).resolve(1);
    for (let i = 0; i < 20 && slots.waiting === 2; i += 1) await Promise.resolve();
    expect([slots.waiting, slots.running]).toEqual([1, 1]);
    circuits[0].open();
    await flush();
    expect([first!.error instanceof CircuitOpenError, stage.attempts.length, slots.running]).toEqual([true, 2, 1]);
    stage.at(1).resolve('second');
    await flush();
    expect([second!.value, slots.running]).toEqual(['second', 0]);
  });

  it('that gave up do not keep a permit: the next one gets it (failsafe#393)', async () => {
    const { stage, call, guard, clock } = rig((clock) => bulkhead({ limit: 1, queue: 9, maxWait: 100, clock }));
    const gaveUp = calls(4, call);
    await clock.to(100);
    expect(states(gaveUp)).toBe('pending error error error');
    stage.at(0).resolve(1);
    await flush();
    expect([guard.running, guard.waiting]).toEqual([0, 0]);
    const next = call();
    stage.at(1).resolve('next');
    await flush();
    expect(next.value).toBe('next');
  });
});

describe('a permit', () => {
  it('C9 is held until the function has really settled, long after its timeout', async () => {
    const { stage, call, guard, clock } = rig((clock) => policy(bulkhead({ limit: 1, queue: 1, maxWait: 10_000 }), timeout(100), { clock }));
    const [cut, waiting] = calls(2, call);
    await clock.to(100);
    expect([cut!.error instanceof TimeoutError, stage.attempts.length]).toEqual([true, 1]);
    await clock.to(5_000);
    expect([waiting!.state, stage.attempts.length]).toEqual(['pending', 1]);
    expect(guard.has('bulkhead')).toBe(true);
    stage.at(0).resolve('far too late');
    await flush();
    expect(stage.starts).toEqual([0, 5_000]);
    stage.at(1).resolve('in time');
    await flush();
    expect(waiting!.value).toBe('in time');
  });

  it('C9 is held, too, by an attempt that the caller or the deadline cut', async () => {
    const slots = bulkhead({ limit: 2 });
    const { stage, call, clock } = rig((clock) => policy(slots, deadline(100), { clock }));
    const controller = new AbortController();
    const fates = [call(controller.signal), call()];
    controller.abort('left');
    await clock.to(100);
    expect([fates[0]!.error, fates[1]!.error instanceof DeadlineExceededError, slots.running]).toEqual(['left', true, 2]);
    stage.at(0).reject(down);
    await flush();
    expect(slots.running).toBe(1);
    stage.at(1).resolve(1);
    await flush();
    expect(slots.running).toBe(0);
  });

  it('C9 of an attempt that runs on although it was cut is held beside that of the next attempt', async () => {
    const slots = bulkhead({ limit: 3 });
    const { stage, call, clock } = rig((clock) => policy(slots, retry({ attempts: 3, delay: 0 }), timeout(100), { clock }));
    const fate = call();
    await clock.to(200);
    expect([stage.attempts.length, slots.running]).toEqual([3, 3]);
    stage.at(1).resolve('late');
    stage.at(2).resolve('third');
    await flush();
    expect([fate.value, slots.running]).toEqual(['third', 1]);
    stage.at(0).resolve('very late');
    await flush();
    expect(slots.running).toBe(0);
  });

  it('is not held between two attempts', async () => {
    const slots = bulkhead({ limit: 1 });
    const { stage, call, clock } = rig((clock) => policy(slots, retry({ attempts: 2, delay: 50 }), { clock }));
    const fate = call();
    stage.at(0).reject(down);
    await flush();
    expect(slots.running).toBe(0);
    await clock.to(50);
    expect(slots.running).toBe(1);
    stage.at(1).resolve(1);
    await flush();
    expect([fate.value, slots.running]).toEqual([1, 0]);
  });

  it('is given back at once by an attempt whose function never started', async () => {
    const slots = bulkhead({ limit: 1, queue: 1 });
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const guard = policy(slots, deadline({ remainingMs: 0 }), { clock });
    const fate = fateOf(guard.execute(stage.fn));
    await flush();
    expect([fate.error instanceof DeadlineExceededError, fate.error.attempts, slots.running]).toEqual([true, 0, 0]);
  });

  it('is given back by a function that throws at once, and by one that answers at once', async () => {
    const slots = bulkhead({ limit: 1 });
    for (const guard of [slots, policy(slots, timeout(100))]) {
      await expect(guard.execute(() => { throw down; })).rejects.toBe(down);
      expect(await guard.execute(() => 1)).toBe(1);
      expect(slots.running).toBe(0);
    }
  });

  it.each(['calls', 'attempts'] as const)('R23 goes on only when the breaker has recorded the outcome: counts %s', async (counts) => {
    const { stage, call, guard, clock } = rig((clock) =>
      policy(breaker({ failureThreshold: 1, counts }), bulkhead({ limit: 1, queue: 9 }), { clock }),
    );
    const fates = calls(3, call);
    stage.at(0).reject(down);
    await flush();
    // Were it handed on before, one more call would be made.
    expect([stage.attempts.length, guard.circuit.state]).toEqual([1, 'open']);
    expect(fates.map(({ error }) => error.constructor)).toEqual([Error, CircuitOpenError, CircuitOpenError]);
    expect(clock.armed).toBe(0);
  });

  it('R23 R4 goes on to a call whose circuit has closed again meanwhile, and counts there', async () => {
    const slots = bulkhead({ limit: 1, queue: 9 });
    const { stage, call, guard } = rig((clock) => policy(breaker({ failureThreshold: 9 }), slots, { clock }));
    const fates = calls(2, call);
    guard.circuit.isolate().dispose();
    await flush();
    // The isolation has released the one that waited.
    expect([fates[1]!.error instanceof CircuitOpenError, slots.waiting]).toEqual([true, 0]);
    const next = call();
    stage.at(0).resolve(1);
    await flush();
    stage.at(1).reject(down);
    await flush();
    expect([next.error, guard.circuit.failures]).toEqual([down, 1]);
  });
});

describe('a nested call of the same bulkhead', () => {
  it('R26 is a part of the attempt around it: it takes no permit, and waits for none', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const slots = bulkhead({ limit: 1, queue: 9, clock });
    const inner = policy(slots, retry({ attempts: 2, delay: 0 }));
    const middle = policy(timeout(10_000));
    const fate = fateOf(policy(slots, timeout(50_000)).wrap(middle.wrap(inner.wrapWithContext(stage.fn)))());
    expect([stage.attempts.length, slots.running, slots.waiting]).toEqual([1, 1, 0]);
    const elsewhere = new Stage(clock);
    void slots.execute(elsewhere.fn);
    stage.at(0).reject(down);
    await flush();
    // Nor does it give one back: who waits goes on when the attempt around it is over.
    expect([stage.attempts.length, slots.running, slots.waiting, elsewhere.attempts.length]).toEqual([2, 1, 1, 0]);
    stage.at(1).resolve('deep');
    await flush();
    expect([fate.value, slots.running, elsewhere.attempts.length]).toEqual(['deep', 1, 1]);
    elsewhere.at(0).resolve(1);
    await flush();
    expect([slots.running, clock.armed]).toEqual([0, 0]);
  });

  it('R26 needs a permit of its own where the call around it has none', async () => {
    const stage = new Stage(new VirtualClock());
    const slots = bulkhead({ limit: 1, queue: 9 });
    const guard = retry().wrap(slots.wrapWithContext(stage.fn));
    void guard();
    void guard();
    expect([stage.attempts.length, slots.running, slots.waiting]).toEqual([1, 1, 1]);
  });

  it('of another bulkhead takes a permit of each', async () => {
    const stage = new Stage(new VirtualClock());
    const [outer, inner] = [bulkhead({ limit: 2 }), bulkhead({ limit: 2 })];
    void outer.wrap(inner.wrapWithContext(stage.fn))();
    expect([outer.running, inner.running]).toEqual([1, 1]);
  });
});

describe('the priority of a call', () => {
  it.each([
    ['throws', () => { throw down; }, 'bulkhead: priority must answer with a number; it threw', down],
    ['answers with a word', () => 'high' as never, 'bulkhead: priority must answer with a number, got "high"', undefined],
    ['answers with NaN', () => NaN, 'bulkhead: priority must answer with a number, got NaN', undefined],
    ['answers with a promise', () => Promise.reject(down) as never, 'bulkhead: priority must answer with a number, got an object of Promise', undefined],
  ])('that cannot be told is a mistake which says nothing about the other end: it %s', async (_, priority, message, cause) => {
    const circuit = breaker({ failureThreshold: 1 });
    const slots = bulkhead({ limit: 1, queue: 9, priority });
    const guard = policy(circuit, retry({ delay: 0 }), slots, fallback('answer'));
    const error: unknown = await guard.execute(() => 'not called').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TypeError);
    const { name, message: told, cause: why } = error as Error;
    expect([name, told, why]).toEqual(['TypeError', message, cause]);
    expect([circuit.state, circuit.stats().ignored, slots.running, slots.waiting]).toEqual(['closed', 1, 0, 0]);
  });

  it("is told by the call's own arguments, for each attempt", async () => {
    const asked: unknown[][] = [];
    const slots = bulkhead({ limit: 1, priority: (...args: unknown[]) => (asked.push(args), 0) });
    const guard = policy(slots, retry({ attempts: 2, delay: 0 }));
    await guard.wrapWithContext((_ctx, _one: number, _other: string) => { throw down; })(1, 'a').catch(() => {});
    expect(asked).toEqual([[1, 'a'], [1, 'a']]);
  });
});

describe('a bulkhead without a queue', () => {
  it('D1 answers at once', () => {
    const slots = bulkhead({ limit: 1 });
    const circuit = breaker({ failureThreshold: 1 });
    const guard = policy(circuit, slots, retry({ attempts: 2, delay: 0 }));
    let calls = 0;
    const ask = guard.wrapSync((inside: boolean): unknown => {
      calls += 1;
      expect(slots.running).toBe(1);
      // By hand, not nested: that the call around it has the permit is not known.
      return inside ? thrownBy(() => ask(false)) : 'answer';
    });
    expect(ask(false)).toBe('answer');
    expect(ask(true)).toBeInstanceOf(BulkheadRejectedError);
    expect([calls, slots.running, circuit.state]).toEqual([2, 0, 'closed']);
    expect(thrownBy(() => guard.executeSync(() => { throw down; }))).toBe(down);
    expect([slots.running, circuit.state]).toEqual([0, 'open']);
  });

  it('R24 with one it cannot, and says so', () => {
    const slots = bulkhead({ limit: 1, queue: 1 });
    // @ts-expect-error -- needs time
    expect((thrownBy(() => slots.executeSync(() => 1)) as Error).message).toBe(
      'executeSync: bulkhead 1, queue 1 needs time, so the policy cannot answer at once; use wrap or execute',
    );
  });
});

describe('a bulkhead that is to be made anew', () => {
  it('would lose something from the first attempt on until all functions have settled', async () => {
    const slots = bulkhead({ limit: 1 });
    const idle = (): boolean => (slots as unknown as { readonly '~idle': boolean })['~idle'];
    const { stage, call, clock } = rig((clock) => policy(slots, timeout(10), { clock }));
    expect(idle()).toBe(true);
    const fate = call();
    expect(idle()).toBe(false);
    await clock.to(10);
    expect([fate.error instanceof TimeoutError, idle()]).toEqual([true, false]);
    stage.at(0).resolve(1);
    await flush();
    expect(idle()).toBe(true);
  });
});
