import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { breaker, deadline, fallback, policy, retry, timeout } from '../../src/index.ts';
import type { Context } from '../../src/index.ts';
import type { Attempt } from '../../src/core/attempt.ts';
import { forkOf, takeOver } from '../../src/core/fork.ts';
import { whenSettled } from '../../src/core/round.ts';
import { invoke } from '../../src/core/race.ts';
import { callOf, envOf } from '../helpers/calls.ts';
import { deferred, failsTimes, outcomeOf, type Deferred } from '../helpers/functions.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

describe('Call', () => {
  it('knows the signals that the caller can abort it with, and which of them is aborted', () => {
    const [own, outer] = [new AbortController(), new AbortController()];
    const nested = callOf(() => {}, { signal: own.signal, outer: callOf(() => {}, { signal: outer.signal }) });
    const [plain, signalled] = [callOf(), callOf(() => {}, { signal: own.signal })];
    expect([plain, signalled, nested].map(({ signals }) => signals.length)).toEqual([0, 1, 2]);
    expect(nested.aborted).toBeUndefined();
    nested.under?.cut('from outside');
    expect(nested.aborted?.reason).toBe('from outside');
    own.abort('mine');
    expect(nested.aborted?.reason).toBe('mine');
  });

  it('R20 knows what is left until the deadline, never less than nothing', async () => {
    const one = callOf();
    expect(one.remainingMs()).toBe(Infinity);
    one.deadlineAt = 50;
    const { clock } = one.env;
    await (clock as VirtualClock).to(20);
    expect(one.remainingMs()).toBe(30);
    await (clock as VirtualClock).to(70);
    expect(one.remainingMs()).toBe(0);
  });

  it('R26 begins with what is left to the attempt that it runs in, whatever the clocks show', async () => {
    const outer = callOf();
    outer.deadlineAt = 50;
    const inner = callOf(() => {}, { outer });
    expect(inner.remainingMs()).toBe(50);
  });

  it('reads no clock for an outer attempt without a deadline', () => {
    const env = envOf();
    env.clock.now = () => {
      throw new Error('nobody asked for the time');
    };
    const one = callOf(() => {}, { env, outer: callOf() });
    expect([one.deadlineAt, one.remainingMs()]).toEqual([Infinity, Infinity]);
  });

  it('makes an attempt when it is asked for, and another one when the next begins', () => {
    const one = callOf();
    expect(one.made).toBeUndefined();
    const { attempt } = one;
    expect([one.attempt, attempt.number, one.made]).toEqual([attempt, 1, attempt]);
    one.next();
    expect([one.number, one.made]).toEqual([2, undefined]);
    expect([one.attempt === attempt, one.attempt.number]).toEqual([false, 2]);
  });

  it('remembers nothing until there is something to remember', () => {
    const one = callOf();
    expect(one.past).toBeUndefined();
    const { history } = one;
    expect([one.past, one.history]).toEqual([history, history]);
  });

  it('forks: a fork has the door, the deadline and the arguments of the call, and attempts, signals and a memory of its own', () => {
    const own = new AbortController();
    const one = callOf(() => {}, { outer: callOf() });
    one.deadlineAt = 50;
    one.door = {} as never;
    one.number = 3;
    const { attempt } = one;
    const fork = forkOf(one, [...one.signals, own.signal], 4);
    expect([fork.door === one.door, fork.deadlineAt, fork.args === one.args, fork.outer === one.outer]).toEqual([true, 50, true, true]);
    expect([fork.number, fork.attempt.number, fork.attempt === attempt, fork.past]).toEqual([4, 4, false, undefined]);
    own.abort('not you');
    expect([fork.aborted?.reason, one.aborted]).toEqual(['not you', undefined]);
  });

  it('counts the attempts of its forks as its own, also those of their forks', () => {
    const one = callOf();
    one.count();
    const [fork, other] = [forkOf(one, [], 2), forkOf(one, [], 3)];
    expect(fork.started).toBe(1);
    fork.count();
    forkOf(fork, [], 4).count();
    other.count();
    expect([one.started, fork.started, other.started]).toEqual([4, 3, 2]);
  });

  it('takes over what came of a fork', () => {
    const one = callOf();
    Object.assign(one.history, { last: { error: 1 }, announced: 1, overdue: true });
    const fork = forkOf(one, [], 2);
    takeOver(one, fork);
    expect([one.number, one.history.announced, one.history.last]).toEqual([2, 1, { error: 1 }]);
    const { attempt } = fork;
    Object.assign(fork.history, { last: { error: 2 }, announced: 2, startedAt: 7, took: 3, judged: { outcome: { error: 2 }, verdict: true } });
    takeOver(one, fork);
    expect(one.made).toBe(attempt);
    expect(one.history).toMatchObject({ last: { error: 2 }, announced: 2, startedAt: 7, took: 3, overdue: true, judged: { verdict: true } });
  });

  it('knows nothing of how long an attempt took when another one begins', () => {
    const [one, plain] = [callOf(), callOf()];
    one.history.took = 5;
    one.next();
    plain.next();
    expect([one.history.took, plain.past]).toEqual([undefined, undefined]);
  });

  it('runs what is to happen around its function', () => {
    const env = envOf({ inside: (call, start) => [call, start()] });
    const one = callOf(() => 'value', { env });
    expect(one.start()).toEqual([one, 'value']);
  });

  it('takes one signal, given by its caller and by the attempt around it, as one', () => {
    const outer = callOf();
    expect(callOf(() => {}, { signal: outer.attempt.signal, outer }).signals).toEqual([outer.attempt.signal]);
  });
});

describe('the async context', () => {
  it("R28 stays the caller's own, in every attempt, delay, handle and fallback, whoever wakes the call", async () => {
    const storage = new AsyncLocalStorage<string>();
    const clock = new VirtualClock();
    const seen: Record<string, Set<string | undefined>> = {};
    const see = (where: string): void => void (seen[where] ??= new Set()).add(storage.getStore());
    const circuit = breaker({ failureThreshold: 100, handle: () => (see('breaker handle'), true) });
    const guard = policy(
      circuit,
      deadline(10_000),
      retry({ attempts: 3, delay: () => (see('delay'), 10), handle: () => (see('retry handle'), true) }),
      timeout(1_000),
      fallback((_error, _ctx, name: string) => (see(`fallback ${name}`), name)),
      { clock },
    );
    const task = guard.wrapWithContext(async ({ attempt }: Context, name: string): Promise<string> => {
      see(`attempt ${attempt} ${name}`);
      await Promise.resolve();
      see(`attempt ${attempt} ${name}`);
      throw new Error(name);
    });
    const after = async (name: string): Promise<void> => {
      await task(name);
      see(`caller ${name}`);
    };
    const calls = ['a', 'b'].map((name) => storage.run(name, () => after(name)));
    await clock.to(5);
    await clock.drain();
    await Promise.all(calls);
    for (const name of ['a', 'b']) {
      for (const where of ['attempt 1', 'attempt 2', 'attempt 3', 'fallback', 'caller'])
        expect([...(seen[`${where} ${name}`] ?? [])]).toEqual([name]);
    }
    for (const where of ['delay', 'retry handle']) expect([...(seen[where] ?? [])]).toEqual(['a', 'b']);
  });

  it("R28 stays the caller's own for calls that the opening wakes", async () => {
    const storage = new AsyncLocalStorage<string>();
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1 });
    const guard = policy(
      circuit,
      retry({ delay: 1_000 }),
      fallback(() => storage.getStore()),
      { clock },
    );
    const calls = ['a', 'b'].map((name) => storage.run(name, () => guard.execute(failsTimes(9, name))));
    await clock.to(10);
    storage.run('the one who opens', () => circuit.open());
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
  });

  it("R28 stays the caller's own for calls that one shared abort ends", async () => {
    const storage = new AsyncLocalStorage<string>();
    const controller = new AbortController();
    const guard = policy(retry({ delay: 1_000 }));
    const ends = ['a', 'b'].map((name) =>
      storage.run(name, async () => {
        await outcomeOf(guard.execute(failsTimes(9, name), controller.signal));
        return storage.getStore();
      }),
    );
    storage.run('the one who aborts', () => controller.abort());
    expect(await Promise.all(ends)).toEqual(['a', 'b']);
  });
});

describe('whenSettled', () => {
  const limit = { ms: 10, repeated: false, expired: (attempt: Attempt) => attempt.cut(new Error('too late')) };

  it.each([
    ['answers', (work: Deferred<unknown>) => work.resolve(1)],
    ['fails', (work: Deferred<unknown>) => work.reject(new Error('late'))],
  ])('C9 calls back when the function really settles, long after its attempt was cut: it %s', async (_, settles) => {
    const clock = new VirtualClock();
    const work = deferred();
    const call = callOf(() => work.promise, { env: envOf({ clock, limit }) });
    const ended = outcomeOf(invoke(call) as Promise<unknown>);
    await clock.to(10);
    expect((await ended)[0]).toBe('error');
    let settled = 0;
    whenSettled(call, () => (settled += 1));
    await clock.to(1_000);
    expect(settled).toBe(0);
    settles(work);
    await flush();
    expect(settled).toBe(1);
  });

  it('calls everybody back who asked, in their order', async () => {
    const clock = new VirtualClock();
    const work = deferred();
    const call = callOf(() => work.promise, { env: envOf({ clock, limit }) });
    void outcomeOf(invoke(call) as Promise<unknown>);
    const said: string[] = [];
    for (const name of ['one', 'other', 'third']) whenSettled(call, () => said.push(name));
    await clock.to(10);
    expect(said).toEqual([]);
    work.resolve(1);
    await flush();
    expect(said).toEqual(['one', 'other', 'third']);
  });

  it('calls back at once where nothing is under way', async () => {
    const said: string[] = [];
    const [never, plain, limited, thrown] = [
      callOf(),
      callOf(async () => 1),
      callOf(async () => 1, { env: envOf({ limit }) }),
      callOf(() => { throw new Error('at once'); }, { env: envOf({ limit }) }),
    ];
    for (const [name, call] of Object.entries({ never, plain, limited, thrown })) {
      if (call !== never) await outcomeOf((async () => invoke(call))());
      whenSettled(call, () => said.push(name));
    }
    expect(said).toEqual(['never', 'plain', 'limited', 'thrown']);
  });
});
