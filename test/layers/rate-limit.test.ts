/** The rate limit: who goes when, who waits, who is turned away, and what is settled afterwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  deadline,
  DeadlineExceededError,
  fallback,
  policy,
  Policy,
  rateLimit,
  RateLimitedError,
  results,
  retry,
  slidingWindow,
  timeout,
  tokenBucket,
  type RateLimitOptions,
} from '../../src/index.ts';
import { hangs, thrownBy } from '../helpers/functions.ts';
import { fateOf, linesOf, rig, rigWithCircuit, Stage, type Fate } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');
const perSecond = tokenBucket({ limit: 10, per: 1_000, burst: 1 });

/** Calls that note when they start. */
function starts(options: Omit<RateLimitOptions, 'clock'>) {
  const clock = new VirtualClock();
  const quota = rateLimit({ clock, ...options } as RateLimitOptions<'wait'>);
  const times: [name: unknown, at: number][] = [];
  const call = quota.wrap(async (name: unknown) => {
    times.push([name, clock.time]);
    return name;
  });
  return { clock, quota, times, call };
}

describe('rateLimit', () => {
  it('lets calls go at once while there is something to take, and the others one after another', async () => {
    const { clock, quota, times, call } = starts({ limit: tokenBucket({ limit: 10, per: 1_000, burst: 2 }) });
    const calls = [1, 2, 3, 4].map(call);
    expect([quota.waiting, clock.armed]).toEqual([2, 1]);
    await clock.drain();
    expect(times).toEqual([[1, 0], [2, 0], [3, 100], [4, 200]]);
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4]);
    expect([quota.waiting, clock.armed]).toEqual([0, 0]);
  });

  it('lets no call past those who wait, however little it costs', async () => {
    const limit = tokenBucket({ limit: 10, per: 1_000, cost: (cost: number) => cost });
    const { clock, times, call } = starts({ limit });
    for (const cost of [8, 9, 1, 0]) void call(cost);
    await clock.drain();
    expect(times).toEqual([[8, 0], [9, 700], [1, 800], [0, 800]]);
  });

  it('is in one line, whatever is described of it', () => {
    const limit = [slidingWindow({ limit: 500, per: 60_000 }), tokenBucket({ limit: 90_000, per: 60_000, burst: 500 })];
    expect(String(rateLimit({ limit }))).toBe('rateLimit(500 in any 60 s and 90000 per 60 s, burst 500) ▸ fn');
    expect(rateLimit({ limit }).describe()).toEqual([
      {
        kind: 'rateLimit',
        role: 'guard',
        label: 'rateLimit(500 in any 60 s and 90000 per 60 s, burst 500)',
        options: {
          limit: limit.map(({ options }) => options),
          whenLimited: 'wait',
          maxWaiting: 1_000,
          maxWait: Infinity,
          honourRetryAfter: true,
          maxRetryAfterMs: 60_000,
          spread: 1_000,
        },
      },
    ]);
  });

  it.each<[unknown, string]>([
    [undefined, 'rateLimit: limit must be a limit made by tokenBucket({ limit, per }) or slidingWindow({ limit, per })'],
    [
      { limit: 10, per: 1_000 },
      'rateLimit has no option "per"; it has limit, whenLimited, maxWaiting, maxWait, honourRetryAfter, maxRetryAfterMs, spread, ' +
        'clock, onListenerError: limits are made by tokenBucket({ limit, per }) or slidingWindow({ limit, per })',
    ],
    [perSecond, 'rateLimit takes options, got the limit 10 per 1 s, burst 1: write { limit: … }'],
    [{ limit: perSecond, whenLimited: 'queue' }, 'rateLimit: whenLimited must be "wait" or "reject", got "queue"'],
    [{ limit: perSecond, maxWaiting: 1.5 }, 'rateLimit: maxWaiting must be a whole number of at least 0, got 1.5'],
    [{ limit: perSecond, maxWait: -1 }, 'rateLimit: maxWait must be a duration in milliseconds, 0 or more, got -1'],
    [{ limit: perSecond, honourRetryAfter: 1 }, 'rateLimit: honourRetryAfter must be true or false, got 1'],
    [{ limit: perSecond, maxRetryAfterMs: NaN }, 'rateLimit: maxRetryAfterMs must be a duration in milliseconds, 0 or more, got NaN'],
    [{ limit: perSecond, spread: '1 s' }, 'rateLimit: spread must be a duration in milliseconds, 0 or more, got "1 s"'],
  ])('C3 refuses %o with an error that names the option', (options, message) => {
    expect(() => rateLimit(options as RateLimitOptions<'wait'>)).toThrow(message);
  });

  it('is the same as a step of a chain', async () => {
    const clock = new VirtualClock();
    const guard = Policy.rateLimit({ limit: perSecond, clock }).retry({ attempts: 2, delay: 0 });
    expect(String(guard)).toBe('retry ×2 ▸ rateLimit(10 per 1 s, burst 1) ▸ fn');
    const fate = fateOf(guard.execute(({ attempt }) => (attempt === 1 ? Promise.reject(down) : attempt)), clock);
    await clock.drain();
    expect([fate.value, fate.at]).toEqual([2, 100]);
  });

  it('R27 is one limit for all policies that it is part of', async () => {
    const { clock, quota, times, call } = starts({ limit: perSecond });
    const guard = policy(retry(), quota);
    void call('by itself');
    void guard.execute(() => times.push(['under a retry', clock.time]));
    expect(quota.waiting).toBe(1);
    await clock.drain();
    expect(times).toEqual([['by itself', 0], ['under a retry', 100]]);
  });

  it('takes a permit for each attempt, and none while its call backs off', async () => {
    const { clock, stage, call } = rig((clock) => policy(rateLimit({ limit: perSecond, clock }), retry({ attempts: 2, delay: 250 })));
    const [first, second] = [call(), call()];
    stage.at(0).reject(down);
    await clock.to(100);
    expect(stage.starts).toEqual([0, 100]);
    stage.at(1).resolve('second');
    await clock.to(250);
    stage.at(2).resolve('first');
    await flush();
    expect([first.value, second.value, stage.starts]).toEqual(['first', 'second', [0, 100, 250]]);
  });

  it('does not let the wait eat the time of the attempt', async () => {
    const { clock, stage, call } = rig((clock) => policy(timeout(50), rateLimit({ limit: perSecond, clock })));
    call();
    const second = call();
    await clock.to(140);
    expect([stage.starts, second.state]).toEqual([[0, 100], 'pending']);
    await clock.to(150);
    expect(second.state).toBe('error');
  });

  it('tells that a call waits, and for which attempt', async () => {
    const { clock, stage, call, lines } = rig((clock) => policy(rateLimit({ limit: perSecond, clock }), retry({ delay: 10 })));
    call();
    stage.at(0).reject(down);
    await clock.to(100);
    expect(lines).toEqual(['attempt 1 failed', 'retry after 1 in 10', 'attempt 2 waits for rateLimit']);
  });
});

describe('several limits', () => {
  const requests = slidingWindow({ limit: 2, per: 1_000 });
  const tokens = tokenBucket({ limit: 100, per: 1_000, cost: (cost: number) => cost });

  it('let a call go when all of them admit it, and take of all of them or of none', async () => {
    const { clock, times, call } = starts({ limit: [requests, tokens] });
    for (const cost of [60, 60, 10, 90]) void call(cost);
    await clock.drain();
    // 60 at 0; 20 tokens short until 200; the third of two requests at 1000; 90 tokens of 100 − 10 at 1200.
    expect(times).toEqual([[60, 0], [60, 200], [10, 1_000], [90, 1_200]]);
  });

  it('take nothing where they reject', () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: [requests, tokens], whenLimited: 'reject' });
    const call = quota.wrapSync((cost: number) => cost);
    expect(call(60)).toBe(60);
    for (let n = 0; n < 5; n += 1) expect(() => call(60)).toThrow(RateLimitedError);
    expect(call(40)).toBe(40);
    expect(thrownBy(() => call(0))).toMatchObject({ retryAfterMs: 1_000 });
  });
});

describe('a cost', () => {
  it.each<[string, () => unknown]>([
    ['throws', () => { throw down; }],
    ['answers junk', () => 'much'],
  ])('that %s rejects the call with a TypeError, takes nothing, and says nothing to the breaker', async (_, cost) => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1 });
    let calls = 0;
    const good = rateLimit({ clock, limit: tokenBucket({ limit: 1, per: 1_000, cost: () => (calls === 0 ? 1 : (cost() as number)) }) });
    const guard = policy(circuit, retry({ attempts: 3, delay: 0 }), good);
    const run = (): Promise<unknown> => guard.execute(() => (calls += 1)).catch((error: unknown) => error);
    calls = 1;
    const error = (await run()) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('rateLimit: cost must answer with a number, 0 or more');
    expect([calls, circuit.failures, circuit.stats().ignored, good.waiting]).toEqual([1, 0, 1, 0]);
    calls = 0;
    expect(await run()).toBe(1);
  });

  it('that is larger than what the limit can hold does not block for ever', async () => {
    for (const limit of [
      tokenBucket({ limit: 10, per: 1_000, cost: (cost: number) => cost }),
      slidingWindow({ limit: 10, per: 1_000, cost: (cost: number) => cost }),
    ]) {
      const { clock, times, call } = starts({ limit });
      for (const cost of [10, 25, 1]) void call(cost);
      await clock.drain();
      const debt = limit.label === '10 per 1 s' ? 1_000 + 1_600 : 1_000 + 2_500;
      expect(times).toEqual([[10, 0], [25, 1_000], [1, debt]]);
    }
  });
});

describe('what was really used', () => {
  const used = (value: { readonly used?: number }): number | undefined => value.used;
  const quota = (clock: VirtualClock, more: Partial<RateLimitOptions<'wait'>> = {}) =>
    rateLimit({ clock, limit: tokenBucket({ limit: 100, per: 1_000, cost: (cost: number) => cost, used }), ...more });

  it('gives back what was too much: who waits for it goes at once', async () => {
    const clock = new VirtualClock();
    const limiter = quota(clock);
    const stage = new Stage(clock);
    const call = limiter.wrapWithContext((ctx, _cost: number) => stage.fn(ctx));
    void call(100);
    void call(70);
    await clock.to(100);
    stage.at(0).resolve({ used: 30 });
    await flush();
    expect(stage.starts).toEqual([0, 100]);
    await clock.drain();
    expect(clock.armed).toBe(0);
  });

  it('takes on top what was too little: who comes later waits for it', async () => {
    const clock = new VirtualClock();
    const limiter = quota(clock);
    const call = limiter.wrap(async (_cost: number, value: { readonly used?: number }) => value);
    await call(10, { used: 250 });
    expect(limiter.retryAfterMs).toBe(1_510);
    await flush();
    expect(clock.armed).toBe(0);
  });

  it('stands at the cost where it is not known, or the attempt failed', async () => {
    const clock = new VirtualClock();
    const limiter = quota(clock);
    const call = limiter.wrap(async (cost: number) => (cost === 60 ? Promise.reject(down) : {}));
    await call(40);
    await call(60).catch(() => {});
    expect(limiter.retryAfterMs).toBe(10);
  });

  it('is reported where it makes no sense, and the call keeps its value', async () => {
    const clock = new VirtualClock();
    const reported: unknown[] = [];
    const limiter = quota(clock, { onListenerError: (error) => reported.push(error) });
    const call = limiter.wrap(async (_cost: number, value: object) => value);
    const value = { used: 'much' };
    expect(await call(100, value)).toBe(value);
    expect(limiter.retryAfterMs).toBe(10);
    expect(reported.map(String)).toEqual(['TypeError: rateLimit: used must answer with a number, 0 or more, got "much"']);
  });

  it('is reported where the policy says, too', async () => {
    const reported: unknown[] = [];
    const limit = tokenBucket({ limit: 1, per: 1_000, used: () => { throw down; } });
    await policy(rateLimit({ limit }), { onListenerError: (error) => reported.push(error) }).execute(() => 1);
    expect(reported).toEqual([down]);
  });

  it('is nothing where the function never ran', async () => {
    const clock = new VirtualClock();
    const leaving = new AbortController();
    const limiter = rateLimit({ clock, limit: slidingWindow({ limit: 2, per: 1_000, cost: (cost: number) => cost, used: () => 0 }) });
    const call = limiter.wrap(async (_cost: number) => clock.time, { signal: leaving.signal });
    const first = limiter.wrap((_cost: number) => new Promise((resolve) => clock.setTimer(() => resolve(leaving.abort('left')), 100)));
    void first(2);
    // What the first one gives back lets this one go, in the tick in which its caller leaves.
    const fate = fateOf(call(2), clock);
    await clock.to(99);
    expect([fate.state, limiter.waiting]).toEqual(['pending', 1]);
    await clock.to(100);
    expect([fate.error, limiter.waiting, limiter.retryAfterMs]).toEqual(['left', 0, 0]);
  });
});

describe('whenLimited: reject', () => {
  it('R13 rejects with a local rejection that says when to come again, and is never retried or counted', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, clock });
    const quota = rateLimit({ limit: perSecond, whenLimited: 'reject' });
    const guard = policy(circuit, retry({ attempts: 3, delay: 0 }), quota);
    const lines = linesOf(guard);
    expect(await guard.execute(() => 'first')).toBe('first');
    clock.time = 30.5;
    const error = await guard.execute(() => 'second').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ retryAfterMs: 70, retryAfter: 1, isLocalRejection: true });
    expect([circuit.failures, circuit.stats().ignored]).toEqual([0, 1]);
    expect(lines).toEqual(['rejected by rateLimit: RateLimitedError']);
  });

  it('is answered by a fallback', () => {
    const guard = policy(rateLimit({ limit: perSecond, whenLimited: 'reject' }), fallback('later'));
    expect([guard.executeSync(() => 'now'), guard.executeSync(() => 'now')]).toEqual(['now', 'later']);
  });

  it('is synchronous, on the same limit', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ limit: perSecond, whenLimited: 'reject', clock });
    expect(quota.executeSync(() => 1)).toBe(1);
    await expect(quota.execute(() => 2)).rejects.toThrow(RateLimitedError);
    expect(thrownBy(() => quota.wrapSync(() => 3)())).toMatchObject({ message: 'The rate limit is reached: no call is made. It may be tried again in 100 ms.' });
    clock.time = 100;
    expect(quota.executeSync(() => 4)).toBe(4);
    expect(clock.armed).toBe(0);
  });

  it('cannot be synchronous where it waits', () => {
    // @ts-expect-error a limit that waits needs time
    expect(() => rateLimit({ limit: perSecond }).executeSync(() => 1)).toThrow(
      'executeSync: rateLimit(10 per 1 s, burst 1) needs time, so the policy cannot answer at once',
    );
  });

  it("carries the call's own last error, where there is one", async () => {
    const guard = policy(rateLimit({ limit: perSecond, whenLimited: 'reject' }), retry({ delay: 0 }));
    const error = await guard.execute(() => Promise.reject(down)).catch((caught: unknown) => caught);
    expect([error instanceof RateLimitedError, (error as Error).cause]).toEqual([true, down]);
  });
});

describe('a wait', () => {
  it('is for no more than maxWaiting calls: a further one is rejected, with the time that it would have waited', async () => {
    const { clock, quota, call } = starts({ limit: perSecond, maxWaiting: 2 });
    const lines = linesOf(quota);
    for (const n of [1, 2, 3]) void call(n);
    const fate = fateOf(call(4), clock);
    await flush();
    expect(fate.error).toMatchObject({
      name: 'RateLimitedError',
      retryAfterMs: 300,
      message: 'As many calls as may wait for the rate limit already (2). It may be tried again in 300 ms.',
    });
    expect(lines).toEqual([
      'attempt 1 waits for rateLimit', 'attempt 1 waits for rateLimit', 'rejected by rateLimit: RateLimitedError',
    ]);
    await clock.drain();
  });

  it('is rejected at once where it is known to be longer than maxWait', async () => {
    const { clock, quota, times, call } = starts({ limit: perSecond, maxWait: 250 });
    const fates = [0, 1, 2, 3].map((n) => fateOf(call(n), clock));
    await flush();
    expect([fates[3]!.at, quota.waiting]).toEqual([0, 2]);
    expect(fates[3]!.error).toMatchObject({
      retryAfterMs: 300,
      message: 'The wait for the rate limit is longer than it may be (250 ms). It may be tried again in 300 ms.',
    });
    await clock.drain();
    expect(times.map(([, at]) => at)).toEqual([0, 100, 200]);
  });

  it('is ended after maxWait where it has become longer', async () => {
    const limit = tokenBucket({ limit: 10, per: 1_000, burst: 1, used: (value: unknown) => (value === 0 ? 9 : 1) });
    const { clock, quota, times, call } = starts({ limit, maxWait: 250 });
    const lines = linesOf(quota);
    const fates = [0, 1, 2].map((n) => fateOf(call(n), clock));
    await clock.to(249);
    expect([quota.waiting, clock.armed]).toEqual([2, 1]);
    await clock.to(250);
    expect([times, quota.waiting, clock.armed]).toEqual([[[0, 0]], 0, 0]);
    expect(fates.map(({ at }) => at)).toEqual([0, 250, 250]);
    expect(fates[1]!.error).toMatchObject({ name: 'RateLimitedError', retryAfterMs: 650 });
    expect(lines.slice(2)).toEqual(['rejected by rateLimit: RateLimitedError', 'rejected by rateLimit: RateLimitedError']);
  });

  it('A16 S14 ends with the abort of its caller, and takes nothing', async () => {
    const { clock, stage, guard, call } = rig((clock) => rateLimit({ limit: perSecond, clock }));
    const [left, kept] = [new AbortController(), new AbortController()];
    call();
    const [second, third] = [call(left.signal), call(kept.signal)];
    await clock.to(50);
    left.abort('gone');
    await flush();
    expect([second.error, second.at, guard.waiting]).toEqual(['gone', 50, 1]);
    await clock.to(100);
    expect([stage.starts, third.state]).toEqual([[0, 100], 'pending']);
    expect(clock.armed).toBe(0);
  });

  it('lets the next one go that needs less, when the first one leaves', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const leaving = new AbortController();
    const quota = rateLimit({ clock, limit: tokenBucket({ limit: 10, per: 1_000, cost: (cost: number) => cost }) });
    const call = quota.wrapWithContext((ctx, _cost: number, _signal?: AbortSignal) => stage.fn(ctx), { signal: (_cost, signal) => signal });
    void call(6);
    const fate = fateOf(call(10, leaving.signal), clock);
    void call(4);
    await clock.to(10);
    expect(stage.starts).toEqual([0]);
    leaving.abort();
    await flush();
    expect([stage.starts, fate.state, clock.armed]).toEqual([[0, 10], 'error', 0]);
  });

  it('R20 does not begin where it cannot end before the deadline', async () => {
    const { clock, stage, guard, call, lines } = rig((clock) => policy(deadline(200), rateLimit({ limit: perSecond, clock })));
    const fates = [call(), call(), call()];
    await flush();
    expect(fates.map(({ at }) => at)).toEqual([undefined, undefined, 0]);
    expect(fates[2]!.error).toBeInstanceOf(DeadlineExceededError);
    expect(fates[2]!.error).toMatchObject({ attempts: 0, isLocalRejection: true });
    expect(lines).toEqual(['attempt 1 waits for rateLimit', 'rejected by deadline: DeadlineExceededError']);
    await clock.to(100);
    expect(stage.starts).toEqual([0, 100]);
    expect(guard.has('rateLimit')).toBe(true);
  });

  it('R20 ends at the deadline where it has become longer', async () => {
    const clock = new VirtualClock();
    const limit = tokenBucket({ limit: 10, per: 1_000, burst: 1, used: () => 9 });
    const quota = rateLimit({ limit, clock });
    const guard = policy(deadline(200), quota);
    void guard.execute(async () => 'first');
    const fate = fateOf(guard.execute(() => 'second'), clock);
    await clock.to(199);
    expect(fate.state).toBe('pending');
    await clock.to(200);
    expect([fate.error instanceof DeadlineExceededError, fate.at, quota.waiting, clock.armed]).toEqual([true, 200, 0, 0]);
  });

  it('R2 F5 ends when the circuit opens, and no attempt starts afterwards', async () => {
    const { clock, stage, circuit, call, lines } = rigWithCircuit({ failureThreshold: 2 }, (circuit) =>
      policy(circuit, rateLimit({ limit: tokenBucket({ limit: 20, per: 1_000, burst: 2 }) })),
    );
    const fates = [call(), call(), call(), call()];
    await clock.to(10);
    stage.at(0).reject(down);
    stage.at(1).reject(down);
    await flush();
    expect([circuit.state, fates.map(({ at }) => at), clock.armed]).toEqual(['open', [10, 10, 10, 10], 0]);
    expect(fates.map(({ error }) => error.name)).toEqual(['Error', 'Error', 'CircuitOpenError', 'CircuitOpenError']);
    await clock.drain();
    expect(stage.starts).toEqual([0, 0]);
    expect(lines.slice(2)).toEqual([
      'attempt 1 failed', 'attempt 1 failed', 'closed → open', 'rejected by breaker: CircuitOpenError', 'rejected by breaker: CircuitOpenError',
    ]);
  });

  it('R2 F5 gives back what one has taken that is let go in the tick in which the circuit opens', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const circuit = breaker({ clock, failureThreshold: 1, handle: results((value) => value === 'bad') });
    const quota = rateLimit({ limit: slidingWindow({ limit: 1, per: 1_000, used: () => 0 }) });
    const guard = policy(circuit, quota);
    void guard.execute(stage.fn);
    const fate = fateOf(guard.execute(stage.fn), clock);
    await clock.to(100);
    stage.at(0).resolve('bad');
    await flush();
    expect([fate.error.name, fate.at, circuit.state]).toEqual(['CircuitOpenError', 100, 'open']);
    expect([stage.starts, quota.retryAfterMs, clock.armed]).toEqual([[0], 0, 0]);
  });

  it('goes on without a clock that moves with its timers', async () => {
    const { clock, times, call } = starts({ limit: perSecond });
    const timers: (() => void)[] = [];
    clock.setTimer = (callback) => timers.push(callback);
    for (const n of [1, 2, 3]) void call(n);
    timers[0]!();
    await flush();
    timers[1]!();
    await flush();
    expect([times.map(([n]) => n), timers.length]).toEqual([[1, 2, 3], 2]);
  });

  it('waits out a fraction by which a timer was early', async () => {
    const { clock, times, call } = starts({ limit: perSecond });
    const { setTimer } = clock;
    clock.setTimer = (callback, ms) => setTimer.call(clock, callback, ms > 1 ? ms - 0.5 : ms);
    for (const n of [1, 2]) void call(n);
    await clock.drain();
    expect(times).toEqual([[1, 0], [2, 100]]);
  });

  it('is over at once where a clock calls back at once', async () => {
    const { clock, times, call } = starts({ limit: perSecond });
    clock.setTimer = (callback) => callback();
    await Promise.all([1, 2, 3].map(call));
    expect(times.map(([n]) => n)).toEqual([1, 2, 3]);
  });
});

describe('the limiter', () => {
  it('tells how long a call would wait that comes now', async () => {
    const { clock, quota, call } = starts({ limit: perSecond });
    expect([quota.retryAfterMs, quota.waiting, quota.pausedMs]).toEqual([0, 0, 0]);
    void call(1);
    expect(quota.retryAfterMs).toBe(100);
    void call(2);
    expect([quota.retryAfterMs, quota.waiting]).toEqual([200, 1]);
    await clock.to(0.5);
    expect(quota.retryAfterMs).toBe(200);
    await clock.to(100);
    expect([quota.retryAfterMs, quota.waiting]).toEqual([100, 0]);
    await clock.to(200);
    expect(quota.retryAfterMs).toBe(0);
  });

  it('R29 takes over the clock of a policy, and refuses a second one', async () => {
    const [clock, other] = [new VirtualClock(), new VirtualClock()];
    const quota = rateLimit({ limit: perSecond });
    const guard = policy(quota, retry({ clock }));
    void guard.execute(hangs);
    clock.time = 40;
    expect(quota.retryAfterMs).toBe(60);
    expect(() => policy(quota, retry({ clock: other }))).toThrow('a policy has one clock');
    const used = rateLimit({ limit: perSecond });
    await used.execute(() => 1);
    expect(() => policy(used, retry({ clock }))).toThrow(
      'a rate limit has one clock, got a policy with another one: give it to the rate limit, too',
    );
  });

  it('is idle when nothing would be lost if it was made anew', async () => {
    const { clock, quota, stage } = (() => {
      const clock = new VirtualClock();
      return { clock, quota: rateLimit({ clock, limit: perSecond }), stage: new Stage(clock) };
    })();
    const idle = (): boolean => (quota as unknown as { '~layers': { idle(): boolean }[] })['~layers'][0]!.idle();
    expect(idle()).toBe(true);
    void quota.execute(stage.fn);
    expect(idle()).toBe(false);
    await clock.to(100);
    expect(idle()).toBe(false);
    stage.at(0).resolve(1);
    await flush();
    expect(idle()).toBe(true);
    void quota.execute(stage.fn);
    void quota.execute(stage.fn);
    stage.at(1).resolve({ headers: { 'retry-after-ms': '500' } });
    await clock.to(101);
    expect(idle()).toBe(false);
    await clock.drain();
    stage.at(2).resolve(1);
    await clock.to(1_100);
    expect(idle()).toBe(true);
  });
});

describe('any calls under a rate limit', () => {
  interface Planned {
    readonly at: number;
    readonly cost: number;
    readonly takes: number;
    readonly used: number | undefined;
    readonly leaves: number | undefined;
  }
  const plans: fc.Arbitrary<Planned[]> = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 400 }),
      cost: fc.integer({ min: 0, max: 6 }),
      takes: fc.integer({ min: 0, max: 60 }),
      used: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
      leaves: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined, freq: 3 }),
    }),
    { minLength: 1, maxLength: 25 },
  );

  it('A16 D7 never exceed it in any window, start in the order in which they came, and leave nothing behind', async () => {
    const seen = { waited: 0, left: 0, late: 0, freed: 0, full: 0 };
    await fc.assert(
      fc.asyncProperty(plans, fc.option(fc.integer({ min: 20, max: 400 }), { nil: undefined, freq: 2 }), async (plan, within) => {
        const clock = new VirtualClock();
        const limit = slidingWindow({
          limit: 6,
          per: 50,
          cost: ({ cost }: Planned) => cost,
          // Only what is less: what is used on top is debt, which no window forbids.
          used: (_: unknown, { cost, used }: Planned) => (used === undefined ? undefined : Math.min(cost, used)),
        });
        const quota = rateLimit({ clock, limit });
        const guard = within === undefined ? quota : policy(quota, deadline(within));
        const log: { order: number; at: number; cost: number; settled: number }[] = [];
        const fates: Fate[] = [];
        let order = 0;
        const call = guard.wrap(
          (one: Planned, place: number, _signal: AbortSignal) => {
            const entry = { order: place, at: clock.time, cost: one.cost, settled: Infinity };
            log.push(entry);
            return new Promise<void>((resolve) => {
              clock.setTimer(() => {
                entry.settled = clock.time;
                resolve();
              }, one.takes);
            });
          },
          { signal: (_one, _place, signal) => signal },
        );
        for (const one of plan) {
          clock.setTimer(() => {
            const leaving = new AbortController();
            const before = quota.waiting;
            const fate = fateOf(call(one, order++, leaving.signal), clock);
            if (quota.waiting > before) seen.waited += 1;
            fates.push(fate);
            if (one.leaves !== undefined) {
              clock.setTimer(() => {
                if (fate.state === 'pending') seen.left += 1;
                leaving.abort('left');
              }, one.leaves);
            }
          }, one.at);
        }
        await clock.drain();
        expect(log.map((one) => one.order)).toEqual([...log].map((one) => one.order).sort((a, b) => a - b));
        for (const { at: from } of log) {
          const inside = log.filter(({ at }) => from <= at && at < from + 50);
          // What was given back by the time that the last of them started may have been taken again.
          const last = inside.at(-1)!;
          const sum = inside.reduce((total, { cost }) => total + cost, 0);
          const free = inside.some(({ settled }) => settled <= last.at);
          if (free) seen.freed += 1;
          else expect(sum).toBeLessThanOrEqual(6);
          if (sum === 6) seen.full += 1;
        }
        expect(fates.every(({ state }) => state !== 'pending')).toBe(true);
        seen.late += fates.filter(({ error }) => error instanceof DeadlineExceededError).length;
        expect([quota.waiting, clock.armed]).toEqual([0, 0]);
        // Whatever happened, nothing is lost: a while later all of it is there again.
        await clock.advance(10_000);
        expect(quota.retryAfterMs).toBe(0);
      }),
      { numRuns: 150 },
    );
    expect(Object.entries(seen).filter(([, times]) => times < 20)).toEqual([]);
  });
});
