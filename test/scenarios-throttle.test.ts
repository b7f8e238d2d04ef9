/** Scenarios of a server that limits its callers: it asks for pauses, and counts. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  deadline,
  keyed,
  policy,
  rateLimit,
  RateLimitedError,
  retry,
  slidingWindow,
  tokenBucket,
  type AnyPolicy,
  type RateLimitOptions,
} from '../src/index.ts';
import { fateOf, linesOf, Stage } from './helpers/stage.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';
import { s, World } from './helpers/world.ts';

/** What a server answers that has had enough. */
class TooMany extends Error {
  readonly status = 429;
  readonly headers: Record<string, string>;

  constructor(headers: Record<string, string>) {
    super('too many requests');
    this.headers = headers;
  }
}

/** A limit that is never reached by itself. */
const wide = tokenBucket({ limit: 1_000_000, per: 1_000 });

/** So many tasks, one after another, of which the one at `at` is told to come back later. */
async function throttled(at: number, retryAfter: number, options: Partial<RateLimitOptions<'wait'>> = {}, every = s(1)) {
  const world = new World();
  const { clock } = world;
  let draw = 1;
  clock.draw = () => (draw = (draw * 16_807) % 2_147_483_647) / 2_147_483_647;
  const circuit = breaker({ clock, failureThreshold: 5, counts: 'attempts' });
  const quota = rateLimit({ clock, limit: wide, ...options });
  const guard = policy(circuit, quota, retry({ attempts: 3, delay: 10 }));
  const calls: { readonly task: number; readonly at: number; readonly attempt: number }[] = [];
  world.start(
    40,
    (task) =>
      guard.execute(async ({ attempt }) => {
        calls.push({ task, at: clock.time, attempt });
        if (task === at && attempt === 1) throw new TooMany({ 'retry-after': String(retryAfter) });
      }),
    every,
  );
  await clock.drain();
  return { calls, quota, circuit, world, clock };
}

describe('when a response asks for a pause', () => {
  for (const [at, retryAfter] of [[10, 20], [3, 15]] as const) {
    it(`S9 no call starts from second ${at} on for ${retryAfter} s, nor all of them at once after that`, async () => {
      const { calls, world, clock, circuit } = await throttled(at, retryAfter);
      const end = s(at + retryAfter);
      expect(calls.filter((call) => s(at) < call.at && call.at <= end)).toEqual([]);
      // Those who came during the pause, the one that was told to wait, and the one that came when it was over.
      const held = calls.filter((call) => end < call.at && call.at < end + s(1));
      expect(held).toHaveLength(retryAfter + 1);
      expect(new Set(held.map((call) => call.at)).size).toBe(held.length);
      expect(Math.max(...held.map((call) => call.at)) - end).toBeGreaterThan(500);
      // First come, first served: the task that was told to wait comes back last, behind those who waited.
      const firsts = calls.filter(({ attempt }) => attempt === 1).map(({ task }) => task);
      expect(firsts).toEqual(Array.from({ length: 40 }, (_, task) => task));
      // Nobody has lost an attempt.
      expect(calls.filter(({ attempt }) => attempt > 1).map(({ task, attempt }) => [task, attempt])).toEqual([[at, 2]]);
      expect([world.done, calls.length, circuit.state, clock.armed]).toEqual([40, 41, 'closed', 0]);
    });
  }

  it('S9 another limiter is unaffected', async () => {
    const clock = new VirtualClock();
    const [one, other] = [rateLimit({ clock, limit: wide }), rateLimit({ clock, limit: wide })];
    await one.execute(() => Promise.reject(new TooMany({ 'retry-after': '20' }))).catch(() => {});
    expect([one.pausedMs, other.pausedMs]).toEqual([20_000, 0]);
    expect(await other.execute(() => 'at once')).toBe('at once');
    expect([one.retryAfterMs, other.retryAfterMs, clock.armed]).toEqual([20_000, 0, 0]);
  });

  it('S9 another key is unaffected, and the paused limiter is not given up for it', async () => {
    const clock = new VirtualClock();
    const models = keyed((model: string) => model, () => rateLimit({ clock, limit: wide }), { max: 1, clock });
    const ask = models.wrap(async (model: string) => {
      if (model === 'small') throw new TooMany({ 'retry-after': '20' });
      return clock.time;
    });
    await ask('small').catch(() => {});
    expect(await ask('large')).toBe(0);
    const fate = fateOf(ask('small'), clock);
    await clock.to(s(20));
    expect([fate.state, await ask('large')]).toEqual(['pending', s(20)]);
    await clock.drain();
    expect(fate.error).toBeInstanceOf(TooMany);
  });

  it('S9 asks in a value, too', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: wide });
    await quota.execute(() => new Response('', { status: 429, headers: { 'Retry-After': '7' } }));
    expect(quota.pausedMs).toBe(7_000);
  });

  it('is not heard where the limit is told not to', async () => {
    const { calls } = await throttled(10, 20, { honourRetryAfter: false });
    expect(calls.filter(({ at }) => s(10) < at && at < s(30))).toHaveLength(19);
  });

  it('is only ever lengthened', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const quota = rateLimit({ clock, limit: wide });
    for (let n = 0; n < 3; n += 1) void quota.execute(stage.fn).catch(() => {});
    stage.at(0).reject(new TooMany({ 'retry-after': '20' }));
    await clock.to(s(5));
    stage.at(1).reject(new TooMany({ 'retry-after': '3' }));
    await flush();
    expect(quota.pausedMs).toBe(15_000);
    stage.at(2).reject(new TooMany({ 'retry-after': '16' }));
    await flush();
    expect(quota.pausedMs).toBe(16_000);
  });

  it('that is over keeps nobody, and no timer', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: wide });
    await quota.execute(() => Promise.reject(new TooMany({ 'retry-after': '2' }))).catch(() => {});
    expect(clock.armed).toBe(0);
    clock.time = s(3);
    expect([quota.retryAfterMs, await quota.execute(() => clock.time)]).toEqual([0, s(3)]);
  });

  it('spreads those who come while others are still spread, too, and says so', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: wide, spread: 400 });
    await quota.execute(() => Promise.reject(new TooMany({ 'retry-after': '2' }))).catch(() => {});
    clock.time = s(2);
    expect([quota.pausedMs, quota.retryAfterMs]).toEqual([0, 1]);
    const starts = [1, 2, 3].map(() => quota.execute(() => clock.time));
    expect(quota.waiting).toBe(3);
    await clock.drain();
    const times = await Promise.all(starts);
    expect(times.every((time, i) => time > (times[i - 1] ?? s(2)) && time < s(2.4))).toBe(true);
  });

  it('may be followed by all at once', async () => {
    const { calls } = await throttled(10, 20, { spread: 0 });
    expect(calls.filter(({ at }) => at === s(30))).toHaveLength(21);
  });

  it('ends a wait at once that cannot end in time any more', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const quota = rateLimit({ clock, limit: slidingWindow({ limit: 2, per: s(5) }), maxWait: s(15) });
    const [patient, hurried] = [quota, policy(quota, deadline(s(8)))] as AnyPolicy[];
    const lines = linesOf(patient!);
    void patient!.execute(stage.fn).catch(() => {});
    void patient!.execute(stage.fn).catch(() => {});
    const fates = [hurried!, patient!, patient!].map((guard) => fateOf(guard.execute(stage.fn), clock));
    await clock.to(s(1));
    stage.at(0).reject(new TooMany({ 'retry-after': '10' }));
    await flush();
    expect(fates.map(({ error, at }) => [error?.name, at])).toEqual([['DeadlineExceededError', 1_000], [undefined, undefined], [undefined, undefined]]);
    stage.at(1).reject(new TooMany({ 'retry-after': '14.5' }));
    await flush();
    expect(fates.slice(1).map(({ error, at }) => [error?.name, at])).toEqual([['RateLimitedError', 1_000], ['RateLimitedError', 1_000]]);
    expect(fates[1]!.error.message).toBe('The wait for the rate limit is longer than it may be (15000 ms). It may be tried again in 14500 ms.');
    expect(lines.filter((line) => line.startsWith('rejected'))).toHaveLength(2);
    expect([quota.waiting, clock.armed]).toEqual([0, 0]);
  });

  it('R2 wakes those who wait when the circuit opens', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ clock, failureThreshold: 1 });
    const quota = rateLimit({ limit: wide });
    const guard = policy(circuit, quota);
    await quota.execute(() => Promise.reject(new TooMany({ 'retry-after': '20' }))).catch(() => {});
    const fate = fateOf(guard.execute(() => 'never'), clock);
    await clock.to(s(5));
    circuit.open();
    await flush();
    expect([fate.error.name, fate.at, quota.waiting, clock.armed]).toEqual(['CircuitOpenError', s(5), 0, 0]);
  });
});

describe('a pause of any length', () => {
  const wall = new VirtualClock().wallStart;
  const date = (ms: number): string => new Date(wall + ms).toUTCString();
  const rows: { readonly header: Record<string, string>; readonly pause: number }[] = [
    { header: { 'Retry-After': '1' }, pause: 1_000 },
    { header: { 'Retry-After': '0.3' }, pause: 300 },
    { header: { 'Retry-After': '0' }, pause: 0 },
    { header: { 'Retry-After': '-1' }, pause: 0 },
    { header: { 'Retry-After': 'soon' }, pause: 0 },
    { header: { 'Retry-After': date(-60_000) }, pause: 0 },
    { header: { 'Retry-After': date(5_000) }, pause: 5_000 },
    { header: { 'Retry-After': '3600' }, pause: 3_600_000 },
    { header: { 'Retry-After': '9999999' }, pause: 2 ** 31 - 1 },
    { header: { 'retry-after-ms': '300' }, pause: 300 },
  ];

  it.each(rows.map((row) => ({ ...row, text: JSON.stringify(row.header) })))('S10 B11 $text is waited for, or refused', async ({ header, pause }) => {
    for (const headers of [header, new Headers(header)]) {
      const clock = new VirtualClock();
      const quota = rateLimit({ clock, limit: wide });
      await quota.execute(() => Promise.reject(Object.assign(new Error('429'), { headers }))).catch(() => {});
      expect(quota.pausedMs).toBe(pause);
      const fate = fateOf(quota.execute(() => clock.time), clock);
      await flush();
      if (pause === 0) expect(fate.value).toBe(0);
      else if (pause <= 60_000) {
        expect(fate.state).toBe('pending');
        await clock.drain();
        expect(fate.value).toBe(pause + Math.min(pause, 1_000) / 2);
      } else {
        expect(fate.error).toBeInstanceOf(RateLimitedError);
        expect(fate.error).toMatchObject({ retryAfterMs: pause, retryAfter: Math.ceil(pause / 1_000) });
      }
      expect(clock.armed).toBe(0);
    }
  });

  it('B11 that is too long turns away those who wait already, and everybody until it is over', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const quota = rateLimit({ clock, limit: slidingWindow({ limit: 1, per: s(100) }), maxRetryAfterMs: s(30) });
    void quota.execute(stage.fn).catch(() => {});
    const [waiting, other] = [fateOf(quota.execute(stage.fn), clock), fateOf(quota.execute(stage.fn), clock)];
    await clock.to(s(1));
    stage.at(0).reject(new TooMany({ 'retry-after': '31' }));
    await flush();
    expect([waiting.at, other.at, quota.waiting, clock.armed]).toEqual([s(1), s(1), 0, 0]);
    expect(waiting.error).toMatchObject({
      retryAfterMs: 31_000,
      message: 'The other end has asked for a pause that is longer than is waited for. It may be tried again in 31000 ms.',
    });
    await clock.to(s(31.9));
    await expect(quota.execute(stage.fn)).rejects.toMatchObject({ name: 'RateLimitedError', retryAfterMs: 100 });
    await clock.to(s(32));
    void quota.execute(stage.fn);
    expect(quota.waiting).toBe(1);
    await clock.to(s(100));
    expect(stage.starts).toEqual([0, s(100)]);
  });

  it('rejects with what is left of it where calls do not wait, and is not spread', async () => {
    const clock = new VirtualClock();
    const quota = rateLimit({ clock, limit: wide, whenLimited: 'reject' });
    quota.executeSync(() => ({ headers: { 'retry-after': '2' } }));
    clock.time = 500.5;
    expect(() => quota.executeSync(() => 1)).toThrow('It may be tried again in 1500 ms.');
    expect([quota.retryAfterMs, quota.pausedMs]).toEqual([1_500, 1_500]);
    clock.time = 2_000;
    expect([quota.retryAfterMs, quota.executeSync(() => 1)]).toEqual([0, 1]);
  });

  it('is asked by nobody whose caller has left', async () => {
    const clock = new VirtualClock();
    const leaving = new AbortController();
    const quota = rateLimit({ clock, limit: wide });
    const work = (): Promise<never> => {
      leaving.abort(new TooMany({ 'retry-after': '20' }));
      return Promise.reject(leaving.signal.reason);
    };
    await quota.execute(work, leaving.signal).catch(() => {});
    expect(quota.pausedMs).toBe(0);
  });
});

describe('a server that counts', () => {
  /** It lets `limit` requests in any window of `per` in, and asks the others to come back when there is room again. */
  function server(world: World, limit: number, per: number, takes: number) {
    const taken: number[] = [];
    let refused = 0;
    let calls = 0;
    const request = async (): Promise<void> => {
      calls += 1;
      const now = world.clock.time;
      const inside = taken.filter((at) => at > now - per);
      if (inside.length >= limit) {
        refused += 1;
        throw new TooMany({ 'retry-after': String(Math.ceil((inside[inside.length - limit]! + per - now) / 1_000)) });
      }
      taken.push(now);
      await new Promise<void>((resolve) => world.clock.setTimer(resolve, takes));
    };
    return {
      request,
      get calls() {
        return calls;
      },
      get refused() {
        return refused;
      },
    };
  }

  /** So many documents, worked off by so many workers. */
  async function batch(world: World, documents: number, workers: number, run: () => Promise<unknown>): Promise<void> {
    let left = documents;
    world.start(workers, async () => {
      while (left > 0) {
        left -= 1;
        await run();
      }
    });
    await world.clock.drain(100_000_000);
  }

  for (const [limit, per, documents, workers] of [[10, 20, 400, 40], [7, 60, 100, 25]] as const) {
    it(`S9 ${limit} per ${per} s: ${documents} documents of ${workers} workers need ${documents} calls, and none is refused`, async () => {
      for (const make of [slidingWindow, tokenBucket] as const) {
        const world = new World();
        // A bucket lets its burst go on top of its rate: here one at a time.
        const quota = rateLimit({ clock: world.clock, limit: make({ limit, per: s(per), ...(make === tokenBucket ? { burst: 1 } : {}) }) });
        const api = server(world, limit, s(per), s(5));
        const guard = policy(breaker({ counts: 'attempts' }), retry({ attempts: 3 }), quota);
        await batch(world, documents, workers, guard.wrap(api.request));
        expect([api.calls, api.refused, world.done, world.clock.armed]).toEqual([documents, 0, workers, 0]);
      }
    });
  }

  it('S9 that others use, too, is left in peace by the pause: fewer calls are refused, and none is given up', async () => {
    const refused: number[] = [];
    for (const honourRetryAfter of [true, false]) {
      const world = new World();
      const quota = rateLimit({ clock: world.clock, limit: slidingWindow({ limit: 10, per: s(20) }), honourRetryAfter });
      // Half of what it lets in is taken by somebody else.
      const api = server(world, 5, s(20), s(5));
      const guard = policy(retry({ attempts: Infinity, delay: 10 }), quota);
      await batch(world, 100, 40, guard.wrap(api.request));
      expect([world.done, world.errors]).toEqual([40, []]);
      expect(api.calls).toBe(100 + api.refused);
      refused.push(api.refused);
    }
    expect(refused[0]! * 3).toBeLessThan(refused[1]!);
  });
});
