import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { breaker, fallback, policy, retry, timeout } from '../../src/index.ts';
import { hostClock, MAX_TIMER } from '../../src/core/clock.ts';
import { laneFor, type Lane, type Seat } from '../../src/core/lane.ts';
import { deferred, hangs, outcomeOf } from '../helpers/functions.ts';
import { loadOn, type Host, type HostOptions } from '../helpers/host.ts';
import { run } from '../helpers/process.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';
import { onWay } from '../helpers/ways.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Something in a lane that writes down when its time is over. */
function seatOf(name: string, said: string[], host?: Host): Seat {
  const expire = (): void => void said.push(host === undefined ? name : `${name} at ${host.time}`);
  return { lane: undefined, due: 0, ahead: undefined, behind: undefined, expire };
}

/** The lanes of a host in the test's hand. */
async function lanesOn(options?: HostOptions): Promise<{ host: Host; lane: (ms: number) => Lane }> {
  const load = async () => ({ ...(await import('../../src/core/lane.ts')), ...(await import('../../src/core/clock.ts')) });
  const { host, loaded } = await loadOn(load, options);
  return { host, lane: (ms) => loaded.laneFor(loaded.hostClock, ms, true) as Lane };
}

/** Seats in a lane by their names, with what they say. */
async function seated(names: string, ms = 100): Promise<{ host: Host; lane: Lane; seats: Record<string, Seat>; said: string[] }> {
  const { host, lane } = await lanesOn();
  const said: string[] = [];
  const one = lane(ms);
  const seats = Object.fromEntries(names.split('').map((name) => [name, seatOf(name, said)]));
  for (const seat of Object.values(seats)) one.join(seat);
  return { host, lane: one, seats, said };
}

/** Whether there are lanes in a host that looks like this when the package is loaded. */
async function lanesIn(globals: Record<string, unknown>): Promise<boolean> {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  vi.resetModules();
  const { laneFor: loaded } = await import('../../src/core/lane.ts');
  const { hostClock: clock } = await import('../../src/core/clock.ts');
  vi.unstubAllGlobals();
  return loaded(clock, 1_000, true) !== undefined;
}

describe('laneFor', () => {
  it('R28 shares no timer where one may end with the request that set it, and where there is no Node', async () => {
    expect(await lanesIn({})).toBe(true);
    expect(await lanesIn({ navigator: { userAgent: 'Node.js/22' } })).toBe(true);
    expect(await lanesIn({ navigator: { userAgent: 'Cloudflare-Workers' } })).toBe(false);
    expect(await lanesIn({ navigator: undefined })).toBe(true);
    expect(await lanesIn({ process: undefined })).toBe(false);
    expect(await lanesIn({ process: {} })).toBe(false);
    expect(await lanesIn({ process: { versions: {} } })).toBe(false);
    expect(await lanesIn({ performance: undefined })).toBe(false);
  });

  it('gives those with the same limit the same lane, and others another', () => {
    const said: string[] = [];
    const [a, b] = [seatOf('a', said), seatOf('b', said)];
    const lane = laneFor(hostClock, 60_000, true);
    lane?.join(a);
    expect(laneFor(hostClock, 60_000, true)).toBe(lane);
    const other = laneFor(hostClock, 60_001, true);
    expect(other).not.toBe(lane);
    other?.join(b);
    expect([lane?.first, lane?.last, other?.first]).toEqual([a, a, b]);
    lane?.leave(a);
    other?.leave(b);
  });

  it('R28 gives none under a clock that is not the default one, nor above what a timer of the host takes', () => {
    expect(laneFor(new VirtualClock(), 1_000, true)).toBeUndefined();
    expect(laneFor({ ...hostClock }, 1_000, true)).toBeUndefined();
    expect(laneFor(hostClock, MAX_TIMER, true)).toBeDefined();
    for (const ms of [MAX_TIMER + 0.5, 2 ** 31, Infinity]) expect(laneFor(hostClock, ms, true)).toBeUndefined();
  });

  it('R28 gives none while the timers of the host are not those that it was loaded with', () => {
    expect(laneFor(hostClock, 1_000, true)).toBeDefined();
    vi.useFakeTimers();
    expect(laneFor(hostClock, 1_000, true)).toBeUndefined();
    vi.useRealTimers();
    expect(laneFor(hostClock, 1_000, true)).toBeDefined();
    vi.stubGlobal('setTimeout', () => 7);
    expect(laneFor(hostClock, 1_000, true)).toBeUndefined();
  });
});

describe('Lane', () => {
  it('ends those whose time is over in the order in which they came, with one timer', async () => {
    const { host, lane } = await lanesOn();
    const said: string[] = [];
    const one = lane(100);
    for (const [name, at] of [['a', 0], ['b', 0], ['c', 40], ['d', 41]] as const) {
      await host.to(at);
      one.join(seatOf(name, said, host));
    }
    expect(host.made).toEqual([100]);
    await host.to(1_000);
    expect(said.map((line) => line[0])).toEqual(['a', 'b', 'c', 'd']);
    expect(host.armed).toBe(0);
    // One timer for each time at which somebody's time is over, and one where the host's fired a fraction before it.
    expect(host.made.length).toBeLessThanOrEqual(6);
  });

  it.each([
    ['the first', 'a', 'bcd'],
    ['the last', 'd', 'abc'],
    ['one in the middle', 'b', 'acd'],
    ['all but one', 'bda', 'c'],
  ])('lets %s leave', async (_, leaving, staying) => {
    const { host, lane, seats, said } = await seated('abcd');
    for (const name of leaving) {
      const seat = seats[name] as Seat;
      expect(seat.lane).toBe(lane);
      lane.leave(seat);
      expect([seat.lane, seat.ahead, seat.behind]).toEqual([undefined, undefined, undefined]);
    }
    const names = (from: Seat | undefined, next: 'ahead' | 'behind'): string => {
      const found: string[] = [];
      for (let seat = from; seat !== undefined; seat = seat[next]) found.push(Object.keys(seats).find((name) => seats[name] === seat) ?? '');
      return found.join('');
    };
    expect([names(lane.first, 'behind'), names(lane.last, 'ahead')]).toEqual([staying, staying.split('').toReversed().join('')]);
    await host.to(300);
    expect([said.join(''), host.armed]).toEqual([staying, 0]);
  });

  it('is set again for the first who is left, where the one whose timer it was has gone', async () => {
    const { host, lane } = await lanesOn();
    const said: string[] = [];
    const [a, b] = [seatOf('a', said, host), seatOf('b', said, host)];
    const one = lane(100);
    one.join(a);
    await host.to(60);
    one.join(b);
    one.leave(a);
    await host.to(159);
    expect([said, host.made[0], host.armed]).toEqual([[], 100, 1]);
    await host.to(162);
    expect([said.length, host.armed]).toEqual([1, 0]);
    expect(host.made.length).toBeLessThanOrEqual(3);
  });

  it('keeps no process alive once nobody is left in it, and does again when somebody comes', async () => {
    const { host, lane, seats, said } = await seated('ab');
    lane.leave(seats['a'] as Seat);
    expect(host.kept).toBe(1);
    lane.leave(seats['b'] as Seat);
    expect([host.armed, host.kept]).toEqual([1, 0]);
    await host.to(50);
    lane.join(seats['a'] as Seat);
    expect([host.armed, host.kept, host.made.length]).toEqual([1, 1, 1]);
    await host.to(120);
    expect([said, host.kept]).toEqual([[], 1]);
    await host.to(152);
    expect([said, host.armed]).toEqual([['a'], 0]);
  });

  it('gives its timer back to a host that cannot let it rest, and is gone with it', async () => {
    const { host, lane } = await lanesOn({ numbers: true });
    const said: string[] = [];
    const [a, b] = [seatOf('a', said), seatOf('b', said)];
    const one = lane(100);
    one.join(a);
    one.join(b);
    one.leave(a);
    expect(host.armed).toBe(1);
    one.leave(b);
    expect(host.armed).toBe(0);
    expect(lane(100)).not.toBe(one);
    const next = lane(100);
    next.join(a);
    await host.to(50);
    next.join(b);
    await host.to(300);
    expect([said, host.armed]).toEqual([['a', 'b'], 0]);
  });

  it('is gone when its timer finds nobody', async () => {
    const { host, lane, seats } = await seated('a');
    expect(lane.first).toBe(seats['a']);
    lane.leave(seats['a'] as Seat);
    await host.to(150);
    expect(host.armed).toBe(0);
    const said: string[] = [];
    lane.join(seatOf('late', said));
    expect(host.armed).toBe(1);
    await host.to(300);
    expect([said, host.armed]).toEqual([['late'], 0]);
  });

  it('takes those in who come while it ends others', async () => {
    const { host, lane, seats, said } = await seated('ab');
    const late = seatOf('late', said, host);
    const a = seats['a'] as Seat & { expire: () => void };
    a.expire = () => lane.join(late);
    await host.to(102);
    expect([said, host.armed]).toEqual([['b'], 1]);
    await host.to(300);
    expect(said).toHaveLength(2);
    expect(host.armed).toBe(0);
  });

  it('takes those in who come while it ends the last one, and leaves no timer of its own behind', async () => {
    for (const numbers of [true, false]) {
      const { host, lane } = await lanesOn({ numbers });
      const said: string[] = [];
      const late = seatOf('late', said, host);
      const only = seatOf('only', said) as Seat & { expire: () => void };
      only.expire = () => lane(100).join(late);
      lane(100).join(only);
      await host.to(102);
      expect(host.armed).toBe(1);
      await host.to(300);
      expect([said.length, host.armed]).toEqual([1, 0]);
    }
  });

  it('sets no second timer where the last one, ended, brings another in', async () => {
    const { host, lane, seats } = await seated('a');
    const said: string[] = [];
    const a = seats['a'] as Seat & { expire: () => void };
    a.expire = () => lane.join(seatOf('late', said));
    await host.to(102);
    expect([said, host.armed]).toEqual([[], 1]);
    await host.to(300);
    expect([said, host.armed]).toEqual([['late'], 0]);
  });

  it('ends the others also where one of them throws', async () => {
    const { host, lane, seats, said } = await seated('abc');
    const b = seats['b'] as Seat & { expire: () => void };
    b.expire = () => {
      throw new Error('boom');
    };
    await expect(host.to(110)).rejects.toThrow('boom');
    expect([said, host.armed]).toEqual([['a'], 1]);
    await host.to(120);
    expect([said, host.armed, lane.first]).toEqual([['a', 'c'], 0, undefined]);
  });

  it('C2 R28 ends nobody earlier than a timer of the host may, and nobody late, whoever comes and leaves and however exact the timers are', async () => {
    const guests = fc.array(
      fc.record({
        comes: fc.double({ min: 0, max: 200, noNaN: true }),
        stays: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: Infinity }),
        ms: fc.constantFrom(10, 10, 10.5, 50),
      }),
      { minLength: 1, maxLength: 20 },
    );
    let [ended, left] = [0, 0];
    await fc.assert(
      fc.asyncProperty(guests, fc.boolean(), fc.constantFrom(0, 0.4), async (all, numbers, early) => {
        const { host, lane } = await lanesOn({ numbers, early: () => early });
        const gone = new Map<Seat, number>();
        for (const { comes, stays, ms } of all) {
          const seat: Seat = {
            ...seatOf('', []),
            expire() {
              ended += 1;
              gone.set(seat, host.time);
              expect([host.time > comes + ms - 1, host.time <= comes + Math.min(stays, ms + 2)]).toEqual([true, true]);
            },
          };
          host.at(comes, () => lane(ms).join(seat));
          if (stays === Infinity) continue;
          host.at(comes + stays, () => {
            if (seat.lane === undefined) return;
            left += 1;
            gone.set(seat, host.time);
            seat.lane.leave(seat);
          });
        }
        await host.to(400);
        expect([gone.size, host.armed]).toEqual([all.length, 0]);
      }),
      { numRuns: 60 },
    );
    expect(Math.min(ended, left)).toBeGreaterThan(20);
  });
});

/** The package, loaded on a host in the test's hand. */
function packageOn(options?: HostOptions) {
  return loadOn(async () => ({ ...(await import('../../src/index.ts')), ...(await import('../../src/core/quick.ts')) }), options);
}

describe('timeout', () => {
  it.each([[false], [true]])('C1 takes one timer of the host for 1,000 calls, and leaves none: timers are numbers is %s', async (numbers) => {
    const { host, loaded } = await packageOn({ numbers });
    for (const on of [true, false]) {
      loaded.quickly.on = on;
      const guard = loaded.policy(loaded.breaker(), loaded.retry(), loaded.timeout(1_000));
      const { length } = host.made;
      const gate = deferred<number>();
      const calls = Array.from({ length: 1_000 }, () => guard.execute(() => gate.promise));
      expect([host.made.length - length, host.armed]).toEqual([1, 1]);
      gate.resolve(7);
      expect(new Set(await Promise.all(calls))).toEqual(new Set([7]));
      expect(host.kept).toBe(0);
      await host.to(host.time + 2_000);
      expect(host.armed).toBe(0);
    }
  });

  it('C1 takes none for calls that answer one after another, but the first two', async () => {
    const { host, loaded } = await packageOn();
    const task = loaded.timeout(1_000).wrap(async () => 7);
    for (let i = 0; i < 100; i++) {
      await task();
      host.time += 5;
    }
    expect([host.made, host.kept]).toEqual([[1_000, 1_000], 0]);
  });

  it('C1 keeps no lane for a policy that is made for one call', async () => {
    const { host, loaded } = await packageOn();
    for (let budget = 1_000; budget < 1_050; budget += 1) await loaded.timeout(budget).execute(async () => 7);
    expect([host.made.length, host.armed]).toEqual([50, 0]);
  });

  it('C10 R28 is over before a deadline that is longer by a moment, as with timers of their own', async () => {
    const { host, loaded } = await packageOn();
    const guard = loaded.policy(loaded.timeout(10), loaded.deadline(11));
    const names: unknown[] = [];
    for (const at of [0.1, 0.5, 3.3, 7.9, 8]) {
      host.at(at, () => void guard.execute(hangs).catch((error: unknown) => names.push((error as Error).name)));
    }
    await host.to(100);
    expect(names).toEqual(Array.from({ length: 5 }, () => 'TimeoutError'));
  });

  it('C2 is no earlier than a timer of the host may be, and ends each call for itself', async () => {
    const { host, loaded } = await packageOn({ early: () => 0.6 });
    const guard = loaded.timeout(20);
    const ends: number[] = [];
    for (const at of [0.25, 0.75, 5, 19.9, 20.5]) {
      host.at(at, () => void guard.execute(hangs).catch(() => ends.push(host.time - at)));
    }
    await host.to(200);
    expect(ends).toHaveLength(5);
    for (const ms of ends) expect([ms > 19, ms < 22]).toEqual([true, true]);
  });

  it('R28 has a timer of its own for each call under fake timers, and fires with them', async () => {
    vi.useFakeTimers();
    const guard = timeout(60_000);
    const calls = Array.from({ length: 10 }, () => outcomeOf(guard.execute(hangs)));
    expect(vi.getTimerCount()).toBe(10);
    vi.advanceTimersByTime(59_999);
    expect(vi.getTimerCount()).toBe(10);
    vi.advanceTimersByTime(1);
    for (const [kind, error] of await Promise.all(calls)) expect([kind, String(error)]).toEqual(['error', expect.stringContaining('TimeoutError')]);
  });

  it('R28 ends a call that began before there were fake timers', async () => {
    const early = outcomeOf(timeout(30).execute(hangs));
    vi.useFakeTimers();
    const late = outcomeOf(timeout(30).execute(hangs));
    expect(vi.getTimerCount()).toBe(1);
    expect((await early)[0]).toBe('error');
    vi.advanceTimersByTime(30);
    expect((await late)[0]).toBe('error');
  });

  it('R28 has one for each call where somebody listens, so that the listener hears of it in the context of the call', async () => {
    const { host, loaded } = await packageOn();
    const guard = loaded.timeout(1_000);
    guard.onEvent(() => {});
    const calls = [outcomeOf(guard.execute(hangs)), outcomeOf(guard.execute(hangs))];
    expect(host.made).toHaveLength(2);
    await host.to(1_100);
    await Promise.all(calls);
    expect(host.armed).toBe(0);
  });
});

describe('who hears of a timeout', () => {
  const trials = [
    ['of a shared timer', 'quick', undefined],
    ['of a shared timer, on the usual way', 'usual', undefined],
    ['of a timer of its own', 'quick', { ...hostClock }],
  ] as const;

  it.each(trials)('finds the signal aborted, with the reason: %s', async (_, way, clock) => {
    await onWay(way, async () => {
      const seen: unknown[] = [];
      const signals: AbortSignal[] = [];
      const hang = ({ signal }: { signal: AbortSignal }): Promise<never> => {
        seen.push(signals.map(({ aborted }) => aborted));
        signals.push(signal);
        signal.addEventListener('abort', () => seen.push('told'));
        return hangs();
      };
      const look = (error: unknown): string => (seen.push(signals.at(-1)?.reason === error), 'plan B');
      await timeout({ after: 5, clock }).execute(hang).catch(look);
      expect(seen.splice(0)).toEqual([[], 'told', true]);
      await policy(retry({ attempts: 2, delay: 0 }), timeout({ after: 5, clock }), fallback(look)).execute(hang);
      expect(seen).toEqual([[true], 'told', [true, true], 'told', true]);
    });
  });

  it.each(trials)("R28 runs in its caller's own async context: %s", async (_, way, clock) => {
    await onWay(way, async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: Record<string, string[]> = {};
      const see = (where: string, whose = storage.getStore()): void => void (seen[where] ??= []).push(`${whose}`);
      const handle = (where: string) => (error: unknown) => (see(where), error instanceof Error);
      const circuit = breaker({ failureThreshold: 100, handle: way === 'quick' ? undefined : handle('breaker') });
      const guard = policy(
        circuit,
        retry({ attempts: 2, delay: 0, handle: way === 'quick' ? undefined : handle('retry') }),
        timeout({ after: 10, clock }),
        fallback(() => (see('fallback'), storage.getStore())),
      );
      const call = (name: string): Promise<unknown> =>
        storage.run(name, async () => {
          const value = await guard.execute(({ signal, attempt }) => {
            see(`attempt ${attempt}`);
            signal.addEventListener('abort', () => see('abort'));
            return hangs();
          });
          see('caller');
          return value;
        });
      const names = Array.from({ length: 8 }, (__, i) => `call ${i}`);
      expect(await Promise.all(names.map(call))).toEqual(names);
      const once = ['attempt 1', 'attempt 2', 'fallback', 'caller', ...(way === 'quick' ? [] : ['breaker'])];
      for (const where of once) expect([where, [...(seen[where] ?? [])].sort()]).toEqual([where, names]);
      for (const where of ['abort', ...(way === 'quick' ? [] : ['retry'])]) {
        expect([where, [...(seen[where] ?? [])].sort()]).toEqual([where, names.flatMap((name) => [name, name])]);
      }
    });
  });

  it("R28 hears of failed attempts in the caller's own async context also where it began to listen while calls were under way", async () => {
    const storage = new AsyncLocalStorage<string>();
    const guard = policy(retry({ attempts: 1 }), timeout(15));
    const calls = ['a', 'b', 'c'].map((name) => storage.run(name, () => outcomeOf(guard.execute(hangs))));
    const heard: string[] = [];
    guard.onEvent(({ type }) => type === 'attempt-failed' && heard.push(`${storage.getStore()}`));
    await Promise.all(calls);
    expect(heard).toEqual(['a', 'b', 'c']);
  });

  it('is not told of an abort by a lane that it has left', async () => {
    const controller = new AbortController();
    const heard: unknown[] = [];
    const call = outcomeOf(
      timeout(10).execute(({ signal }) => {
        signal.addEventListener('abort', () => heard.push(signal.reason));
        return hangs();
      }, controller.signal),
    );
    controller.abort('stop');
    expect(heard).toEqual(['stop']);
    expect(await call).toEqual(['error', 'stop']);
    let kept: AbortSignal | undefined;
    await timeout(10).execute(async ({ signal }) => void (kept = signal));
    await new Promise((resolve) => setTimeout(resolve, 25));
    await flush();
    expect([heard, kept?.aborted]).toEqual([['stop'], false]);
  });
});

describe('a process', { timeout: 60_000 }, () => {
  it('D8 ends at once after calls under a long timeout, and is kept alive by one that is pending', async () => {
    const ended = await run(
      `
        import { timeout } from 'breakwater';
        const [long, short] = [timeout(600_000), timeout(150)];
        for (let i = 0; i < 3; i++) await long.execute(async () => i);
        await short.execute(async () => 1);
        const pending = short.execute(() => new Promise(() => {})).catch((error) => console.log(error.name));
        process.on('exit', () => console.log('exit'));
      `,
      [],
      30_000,
    );
    expect(ended).toEqual({ code: 0, stdout: 'TimeoutError\nexit\n', stderr: '' });
  });
});
