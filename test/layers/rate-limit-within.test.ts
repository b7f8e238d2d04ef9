/** A rate limit among the other layers: what each attempt takes, and what is given back. */
import { describe, expect, it } from 'vitest';
import { bulkhead, deadline, hedge, policy, rateLimit, retry, slidingWindow, timeout, tokenBucket } from '../../src/index.ts';
import { hangs } from '../helpers/functions.ts';
import { fateOf, rig, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

describe('a rate limit', () => {
  it('takes a permit for a hedge of its own, and gives none back of the loser, which has started', async () => {
    const { clock, stage, call, guard } = rig((clock) =>
      policy(hedge({ after: 50 }), rateLimit({ clock, limit: slidingWindow({ limit: 3, per: 1_000 }) })),
    );
    const fate = call();
    await clock.to(50);
    expect(stage.starts).toEqual([0, 50]);
    stage.at(1).resolve('second');
    await flush();
    expect(fate.value).toBe('second');
    call();
    const waiting = call();
    await clock.to(999);
    expect([stage.starts.slice(0, 3), waiting.state, guard.has('hedge')]).toEqual([[0, 50, 50], 'pending', true]);
  });

  it('keeps no hedge in its line whose call has been answered, and takes nothing for it', async () => {
    const quotas: { waiting: number; retryAfterMs: number }[] = [];
    const { clock, stage, call } = rig((clock) => {
      const quota = rateLimit({ clock, limit: slidingWindow({ limit: 1, per: 1_000 }) });
      quotas.push(quota);
      return policy(hedge({ after: 50 }), quota);
    });
    const fate = call();
    await clock.to(50);
    expect(quotas[0]!.waiting).toBe(1);
    stage.at(0).resolve('first');
    await flush();
    expect([fate.value, quotas[0]!.waiting, clock.armed, stage.starts]).toEqual(['first', 0, 0, [0]]);
    expect(quotas[0]!.retryAfterMs).toBe(950);
  });

  it('gives back what an attempt has taken that the bulkhead turned away', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: slidingWindow({ limit: 2, per: 1_000 }) });
    const guard = policy(quota, bulkhead({ limit: 1, queue: 0 }));
    const stage = new Stage(clock);
    void guard.execute(stage.fn);
    for (let n = 0; n < 3; n += 1) await expect(guard.execute(stage.fn)).rejects.toMatchObject({ isLocalRejection: true });
    stage.at(0).resolve('done');
    await flush();
    void guard.execute(stage.fn);
    expect([stage.starts, quota.retryAfterMs]).toEqual([[0, 0], 1_000]);
  });

  it('gives back what an attempt has taken that left while it waited for the bulkhead', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: slidingWindow({ limit: 2, per: 1_000 }) });
    const guard = policy(quota, bulkhead({ limit: 1, queue: 5 }));
    const leaving = new AbortController();
    void guard.execute(hangs);
    const fate = fateOf(guard.execute(hangs, leaving.signal), clock);
    const third = fateOf(guard.execute(hangs), clock);
    await clock.to(10);
    expect([quota.waiting, fate.state, third.state]).toEqual([1, 'pending', 'pending']);
    leaving.abort('left');
    await flush();
    // What it gave back lets the next one go, which waits for the bulkhead now.
    expect([quota.waiting, fate.error, third.state]).toEqual([0, 'left', 'pending']);
  });

  it('keeps what an attempt has taken that timed out', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: tokenBucket({ limit: 10, per: 1_000, cost: () => 5, used: () => 0 }) });
    const guard = policy(quota, timeout(20));
    const fate = fateOf(guard.execute(hangs), clock);
    await clock.to(20);
    expect([fate.error.name, quota.retryAfterMs]).toEqual(['TimeoutError', 0]);
    fateOf(guard.execute(hangs));
    await clock.to(40);
    // 10 taken, 0.4 refilled.
    expect(quota.retryAfterMs).toBe(60);
  });

  it('R26 charges a call twice that is nested in one of the same limit', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: slidingWindow({ limit: 4, per: 1_000 }), whenLimited: 'reject' });
    const inner = quota.wrap(async () => 'done');
    const outer = policy(quota, retry()).wrap(inner);
    expect([await outer(), await outer()]).toEqual(['done', 'done']);
    expect(quota.retryAfterMs).toBe(1_000);
  });

  it('R26 R20 waits no longer than the deadline of the call that it is nested in', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: slidingWindow({ limit: 1, per: 1_000 }) });
    await quota.execute(() => 1);
    const fate = fateOf(deadline(500, { clock }).wrap(quota.wrap(async () => 2))(), clock);
    await flush();
    expect([fate.error.name, fate.at, clock.armed]).toEqual(['DeadlineExceededError', 0, 0]);
  });

  it('R30 D6 has one timer, whatever a listener does that hears of a call whose wait was too long', async () => {
    const clock = new VirtualClock();
    const limit = slidingWindow({ limit: 3, per: 1_000, cost: (cost: number) => cost, used: () => 20 });
    const quota = rateLimit({ clock, limit, maxWait: 1_500 });
    const [leaving, stage] = [new AbortController(), new Stage(clock)];
    const call = quota.wrapWithContext((ctx, _cost: number, _signal?: AbortSignal) => stage.fn(ctx), { signal: (_cost, signal) => signal });
    // The second of those who wait leaves when it hears that the first was turned away.
    quota.onEvent(({ type }) => {
      if (type === 'rejected') leaving.abort('left');
    });
    void call(3);
    const first = fateOf(call(1), clock);
    await clock.to(600);
    const [second, third] = [fateOf(call(1, leaving.signal), clock), fateOf(call(1), clock)];
    stage.at(0).resolve('much');
    await clock.to(1_500);
    expect([first.at, second.error, third.state, quota.waiting, clock.armed]).toEqual([1_500, 'left', 'pending', 1, 1]);
    await clock.drain();
    expect([third.error.name, third.at, clock.armed]).toEqual(['RateLimitedError', 2_100, 0]);
  });

  it('R30 tells of those who are turned away when the fate of all of them is settled', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const quota = rateLimit({ clock, limit: slidingWindow({ limit: 1, per: 1_000 }), maxRetryAfterMs: 100 });
    const seen: unknown[] = [];
    quota.onEvent(({ type }) => {
      if (type === 'rejected') seen.push([quota.waiting, quota.pausedMs]);
    });
    void quota.execute(stage.fn).catch(() => {});
    const fates = [1, 2, 3].map(() => fateOf(quota.execute(stage.fn), clock));
    stage.at(0).reject(Object.assign(down, { headers: { 'retry-after': '5' } }));
    await flush();
    expect(seen).toEqual([[0, 5_000], [0, 5_000], [0, 5_000]]);
    expect(fates.map(({ state }) => state)).toEqual(['error', 'error', 'error']);
  });
});
