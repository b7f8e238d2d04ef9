/** Shared runs with the parts inside that hold something, or make attempts of their own. */
import { describe, expect, it } from 'vitest';
import { breaker, bulkhead, cache, coalesce, hedge, policy, rateLimit, retry, slidingWindow, type AnyPolicy } from '../../src/index.ts';
import { fateOf, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

/** Calls of a function of a number, with signals of their own, under coalesce and more. */
function set(...inside: readonly AnyPolicy[]) {
  const clock = new VirtualClock();
  const stage = new Stage(clock);
  const guard = policy(...([coalesce(), ...inside] as unknown as []), { clock }) as unknown as AnyPolicy;
  let signal: AbortSignal | undefined;
  const wrapped = guard.wrapWithContext((ctx, _id: number) => stage.fn(ctx), { signal: () => signal });
  const call = (id: number, own?: AbortSignal): ReturnType<typeof fateOf> => {
    signal = own;
    return fateOf(wrapped(id), clock);
  };
  return { clock, stage, call };
}

describe('coalesce', () => {
  it('R23 C9 takes one permit of a bulkhead for all, held until the work has really settled, also where all have left', async () => {
    const { call, stage } = set(bulkhead({ limit: 1, queue: 10 }));
    const callers = [new AbortController(), new AbortController()];
    callers.forEach(({ signal }) => call(1, signal));
    const [second, third] = [call(2), call(2)];
    await flush();
    expect(stage.attempts).toHaveLength(1);
    callers.forEach((caller) => caller.abort('gone'));
    await flush();
    expect(stage.attempts).toHaveLength(1);
    stage.at(0).resolve('late');
    await flush();
    expect(stage.attempts).toHaveLength(2);
    stage.at(1).resolve('an answer');
    await flush();
    expect([second.value, third.value]).toEqual(['an answer', 'an answer']);
    const last = call(1);
    await flush();
    stage.at(2).resolve('free');
    await flush();
    expect(last.value).toBe('free');
  });

  it('A16 leaves the line of a bulkhead when all have left it', async () => {
    const { call, stage, clock } = set(bulkhead({ limit: 1, queue: 1 }));
    const first = call(1);
    const caller = new AbortController();
    const second = call(2, caller.signal);
    await flush();
    caller.abort('gone');
    const third = call(3);
    await flush();
    expect([second.error, third.state]).toEqual(['gone', 'pending']);
    stage.at(0).resolve('one');
    await flush();
    stage.at(1).resolve('three');
    await flush();
    expect([first.value, third.value, clock.armed]).toEqual(['one', 'three', 0]);
  });

  it('takes one permit of a rate limit for all', async () => {
    const { call, stage } = set(rateLimit({ limit: slidingWindow({ limit: 1, per: 60_000 }) }));
    const fates = [call(1), call(1), call(1)];
    await flush();
    stage.at(0).resolve('one');
    await flush();
    expect(fates.map(({ value }) => value as unknown)).toEqual(['one', 'one', 'one']);
  });

  it('has a slow run hedged once for all; what is aborted is every attempt of it, once all have left', async () => {
    const { call, stage, clock } = set(breaker(), retry({ attempts: 2, delay: 0 }), hedge({ after: 100 }));
    const fates = [call(1), call(1)];
    await clock.advance(100);
    expect(stage.attempts).toHaveLength(2);
    stage.at(1).resolve('the quick one');
    await flush();
    expect(fates.map(({ value }) => value as unknown)).toEqual(['the quick one', 'the quick one']);
    expect(stage.at(0).ctx.signal.aborted).toBe(true);
    const callers = [new AbortController(), new AbortController()];
    callers.forEach(({ signal }) => call(1, signal));
    await clock.advance(100);
    expect(stage.attempts).toHaveLength(4);
    callers.forEach((caller) => caller.abort('gone'));
    expect([2, 3].map((i) => stage.at(i).ctx.signal.aborted)).toEqual([true, true]);
    await clock.drain();
    expect(clock.armed).toBe(0);
  });

  it('D7 is still for a hundred callers of one key on one signal, before a cold cache', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const guard = policy(cache({ ttl: 1_000 }), coalesce(), { clock });
    let calls = 0;
    const load = guard.wrap(async (_id: number) => (calls += 1), { signal: controller.signal });
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => load(1))))).toEqual(new Set([1]));
    expect(calls).toBe(1);
  });
});
