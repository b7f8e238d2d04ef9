import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { breaker, deadline, fallback, policy, retry, timeout } from '../../src/index.ts';
import type { Context } from '../../src/index.ts';
import { type Attempt, Call, contextOf, Scope, type Env } from '../../src/core/call.ts';
import { Emitter } from '../../src/core/events.ts';
import { failsTimes, outcomeOf } from '../helpers/functions.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

function call(signal?: AbortSignal, outer?: Attempt): Call {
  const env: Env = { clock: new VirtualClock(), report: () => {}, events: new Emitter(() => {}), bound: undefined };
  return new Call(env, () => {}, [], false, signal, outer);
}

describe('Call', () => {
  it('knows the signals that the caller can abort it with, and which of them is aborted', () => {
    const [own, outer] = [new AbortController(), new AbortController()];
    const nested = call(own.signal, call(outer.signal).attempt);
    expect([call().signals.length, call(own.signal).signals.length, nested.signals.length]).toEqual([0, 1, 2]);
    expect(nested.aborted).toBeUndefined();
    nested.outer?.cut('from outside');
    expect(nested.aborted?.reason).toBe('from outside');
    own.abort('mine');
    expect(nested.aborted?.reason).toBe('mine');
  });

  it('R20 knows what is left until the deadline, never less than nothing', async () => {
    const one = call();
    expect(one.remainingMs()).toBe(Infinity);
    one.deadlineAt = 50;
    const { clock } = one.env;
    await (clock as VirtualClock).to(20);
    expect(one.remainingMs()).toBe(30);
    await (clock as VirtualClock).to(70);
    expect(one.remainingMs()).toBe(0);
  });

  it('R26 begins with what is left to the attempt that it runs in, whatever the clocks show', async () => {
    const outer = call();
    outer.deadlineAt = 50;
    const inner = call(undefined, outer.attempt);
    expect(inner.remainingMs()).toBe(50);
  });

  it('reads no clock for an outer attempt without a deadline', () => {
    const env: Env = { clock: new VirtualClock(), report: () => {}, events: new Emitter(() => {}), bound: undefined };
    env.clock.now = () => {
      throw new Error('nobody asked for the time');
    };
    const one = new Call(env, () => {}, [], false, undefined, call().attempt);
    expect([one.deadlineAt, one.remainingMs()]).toEqual([Infinity, Infinity]);
  });

  it('counts its attempts', () => {
    const one = call();
    expect([one.attempt.number, one.attempt.next().number, one.attempt.number]).toEqual([1, 2, 2]);
  });
});

describe('Scope', () => {
  it('makes its signal when it is first read, as it should be by then', () => {
    const [early, late] = [new Scope(call()), new Scope(call())];
    const { signal } = early;
    early.stop('why');
    late.stop('why');
    for (const one of [signal, late.signal]) expect([one.aborted, one.reason]).toEqual([true, 'why']);
    expect(early.signal).toBe(signal);
  });

  it('keeps the first reason, also of undefined, and hears nothing once it is done', () => {
    const scope = new Scope(call());
    scope.stop('first');
    scope.stop('second');
    scope.cut('third');
    expect([scope.signal.reason, scope.stopped, scope.done]).toEqual(['first', { reason: 'first' }, true]);
    const over = new Scope(call());
    over.done = true;
    over.cut('late');
    over.stop('late');
    expect([over.signal.aborted, over.stopped]).toEqual([false, undefined]);
  });
});

describe('contextOf', () => {
  it('does not make a signal that nobody reads, and can be spread', () => {
    let reads = 0;
    class Watched extends Scope {
      override get signal(): AbortSignal {
        reads += 1;
        return super.signal;
      }
    }
    const context = contextOf(new Watched(call()), 3);
    const { attempt } = context;
    expect([attempt, reads]).toEqual([3, 0]);
    expect({ ...context }.signal).toBeInstanceOf(AbortSignal);
    expect(reads).toBe(1);
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
