import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  deadline,
  fallback,
  keyed,
  policy,
  Policy,
  retry,
  timeout,
  type Breaker,
  type Keyed,
  type KeyedOptions,
} from '../src/index.ts';
import { deferred, hangs, outcomeOf, thrownBy } from './helpers/functions.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';

const boom = new Error('boom');
const fails = (): Promise<never> => Promise.reject(boom);

/** One circuit a key, on a clock in the test's hand. */
function circuits(options: KeyedOptions = {}): { clock: VirtualClock; by: Keyed<[key: string], string, Breaker<'sync'>>; made: string[] } {
  const clock = new VirtualClock();
  const made: string[] = [];
  const by = keyed(
    (key: string) => key,
    (key) => {
      made.push(key);
      return breaker({ failureThreshold: 1, recoveryTimeout: 60_000, clock });
    },
    { clock, ...options },
  );
  return { clock, by, made };
}

/** Uses keys one after another, each with a call that answers. */
async function use(by: Keyed<[key: string], string, Breaker<'sync'>>, ...keys: string[]): Promise<void> {
  const call = by.wrap(async (key: string) => key);
  for (const key of keys) await call(key);
}

describe('keyed', () => {
  it('runs each call under the policy of its key, which is made at its first call', async () => {
    const { by, made } = circuits();
    const load = by.wrap(async (tenant: string, id: number) => `${id} of ${tenant}`);
    expect([made, by.size]).toEqual([[], 0]);
    expect(await load('a', 1)).toBe('1 of a');
    expect(await load('a', 2)).toBe('2 of a');
    expect(await load('b', 3)).toBe('3 of b');
    expect([made, by.size, [...by.keys()]]).toEqual([['a', 'b'], 2, ['a', 'b']]);
    expect([by.for('a').stats().admitted, by.for('b').stats().admitted]).toEqual([2, 1]);
  });

  it('S16 rejects nobody else when one tenant fails a thousand times', async () => {
    const { by } = circuits();
    let calls = 0;
    const load = by.wrap(async (tenant: string) => {
      calls += 1;
      if (tenant === 'broken') throw boom;
      return tenant;
    });
    const others = Array.from({ length: 100 }, (_, i) => `tenant ${i}`);
    for (let i = 0; i < 1_000; i += 1) {
      const [kind, error] = await outcomeOf(load('broken'));
      expect([kind, i === 0 ? error === boom : error instanceof CircuitOpenError]).toEqual(['error', true]);
      const other = others[i % 100]!;
      expect(await load(other)).toBe(other);
    }
    expect(calls).toBe(1 + 1_000);
    expect(by.for('broken').stats()).toMatchObject({ failed: 1, rejected: 999 });
    expect(others.every((tenant) => by.for(tenant).state === 'closed' && by.for(tenant).stats().rejected === 0)).toBe(true);
  });

  it('S16 D10 stays at 1,000 under 10,000 keys, and drops none that is open while one is closed and idle', async () => {
    const { by, made } = circuits();
    const call = by.wrap(async (key: string) => {
      if (Number(key) % 50 === 7) throw boom;
      return key;
    });
    for (let i = 0; i < 10_000; i += 1) {
      await call(String(i)).catch(() => {});
      expect(by.size).toBeLessThanOrEqual(1_000);
    }
    expect([by.size, made.length]).toEqual([1_000, 10_000]);
    const open = Array.from({ length: 10_000 }, (_, i) => String(i)).filter((key) => Number(key) % 50 === 7);
    expect(open.length).toBe(200);
    expect(open.every((key) => by.peek(key)?.state === 'open')).toBe(true);
    // Of the others, the last ones that came.
    const closed = [...by.keys()].filter((key) => by.peek(key)?.state === 'closed').map(Number);
    expect([closed.length, Math.min(...closed)]).toEqual([800, 9_184]);
  });

  it('lets an outer fallback of its own policies answer, and widens nothing where there is none', async () => {
    const by = keyed((key: string) => key, () => policy(breaker(), fallback('plan B')));
    expect(await by.wrap(async (_key: string): Promise<number> => { throw boom; })('a')).toBe('plan B');
  });

  it('R24 always answers with a promise, and never throws synchronously', async () => {
    const { by } = circuits();
    const sync = by.wrap((key: string) => {
      if (key === 'bad') throw boom;
      return key.length;
    });
    expect(sync('abc')).toBeInstanceOf(Promise);
    expect(await sync('abc')).toBe(3);
    expect(await outcomeOf(sync('bad'))).toEqual(['error', boom]);
    expect((await outcomeOf(sync('bad')))[1]).toBeInstanceOf(CircuitOpenError);
  });

  it('keeps `this`, which the key function sees as well, and the name and length of the function', async () => {
    class Client {
      readonly host: string;
      constructor(host: string) {
        this.host = host;
      }
    }
    const by = keyed(
      function (this: Client) {
        return this.host;
      },
      () => breaker(),
    );
    const get = by.wrap(function get(this: Client, path: string, _more?: string) {
      return `${this.host}${path}`;
    });
    expect(await get.call(new Client('a.example'), '/x')).toBe('a.example/x');
    expect([get.name, get.length, [...by.keys()]]).toEqual(['get', 2, ['a.example']]);
    const withContext = by.wrapWithContext(function load(this: Client, { attempt }, path: string) {
      return `${this.host}${path} ${attempt}`;
    });
    expect(await withContext.call(new Client('b.example'), '/y')).toBe('b.example/y 1');
    expect([withContext.name, withContext.length]).toEqual(['load', 1]);
    expect(by.wrapWithContext(() => 1).length).toBe(0);
  });

  it('finds the signal of a call among its arguments, or takes one for all', async () => {
    const clock = new VirtualClock();
    const by = keyed((key: string) => key, () => timeout({ after: 50, clock }));
    const own = new AbortController();
    const found = by.wrapWithContext((_ctx, _key: string, _signal: AbortSignal) => hangs(), { signal: (_key, signal) => signal });
    const call = outcomeOf(found('a', own.signal));
    own.abort('left');
    expect(await call).toEqual(['error', 'left']);
    const aborted = AbortSignal.abort('gone');
    expect(await outcomeOf(by.wrap((key: string) => key, { signal: aborted })('b'))).toEqual(['error', 'gone']);
    expect([getEventListeners(own.signal, 'abort').length, clock.armed]).toEqual([0, 0]);
    const junk = by.wrap((key: string) => key, { signal: (() => 'none') as never });
    expect(String((await outcomeOf(junk('c')))[1])).toContain('wrap: what signal(...) finds');
  });

  it.each([
    ['NaN', Number.NaN],
    ['undefined', undefined],
    ['an object', { host: 'a' }],
    ['a symbol', Symbol('a')],
  ])('takes any value for a key, compared as in a Map: %s', async (_, key) => {
    let made = 0;
    const by = keyed((one: unknown) => one, () => (made++, breaker()));
    await by.wrap(async (_one: unknown) => 1)(key);
    await by.wrap(async (_one: unknown) => 1)(key);
    expect([made, by.has(key), [...by.keys()]]).toEqual([1, true, [key]]);
  });

  it('C1 B7 D8 leaves no timer, no listener and no call behind', async () => {
    const clock = new VirtualClock();
    const by = keyed((key: number) => key, () => policy(breaker({ clock }), retry({ attempts: 2, delay: 5 }), timeout(20)), {
      max: 3,
      clock,
    });
    const shared = new AbortController();
    const call = by.wrapWithContext(
      ({ signal }, key: number) =>
        key % 3 === 0 ? hangs() : key % 3 === 1 ? fails() : new Promise((_, reject) => signal.addEventListener('abort', () => reject(boom))),
      { signal: shared.signal },
    );
    const calls = Array.from({ length: 30 }, (_, i) => outcomeOf(call(i)));
    expect(by.size).toBe(3);
    await clock.drain();
    expect((await Promise.all(calls)).every(([kind]) => kind === 'error')).toBe(true);
    await flush();
    expect([clock.armed, getEventListeners(shared.signal, 'abort').length]).toEqual([0, 0]);
  });

  it('D7 reports a rejection that nobody handles once, as any promise does', async () => {
    const { by } = circuits();
    const call = by.wrap(fails);
    // The guard of the tests hears what is unhandled: this one is handled, and its first promise must not be left alone.
    await expect(call('a')).rejects.toBe(boom);
    await flush();
    expect(by.for('a').failures).toBe(1);
  });
});

describe('keyed under another policy', () => {
  it('R26 takes over the signal of the attempt', async () => {
    const clock = new VirtualClock();
    const seen: AbortSignal[] = [];
    const by = keyed((key: string) => key, () => breaker({ clock }));
    const inner = by.wrapWithContext(({ signal }, _key: string) => (seen.push(signal), hangs()));
    const call = outcomeOf(timeout({ after: 50, clock }).wrap(inner)('a'));
    await clock.to(50);
    const [, error] = await call;
    expect(error).toMatchObject({ name: 'TimeoutError', after: 50 });
    expect(seen.map(({ aborted, reason }) => [aborted, reason === error])).toEqual([[true, true]]);
    expect(clock.armed).toBe(0);
  });

  it('R26 takes over the deadline: a wait that cannot fit is refused', async () => {
    const clock = new VirtualClock();
    const by = keyed((key: string) => key, () => retry({ delay: 200, clock }));
    const call = outcomeOf(deadline(100, { clock }).wrap(by.wrap(fails))('a'));
    expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError', cause: boom });
    expect(clock.time).toBe(0);
  });

  it('R26 wraps what another policy wrapped, and passes the same breaker inside unguarded', async () => {
    const { by } = circuits();
    const inner = by.wrap(by.wrap(async (key: string) => key));
    expect(await inner('a')).toBe('a');
    expect(by.for('a').stats()).toMatchObject({ admitted: 1, succeeded: 1 });
  });
});

describe('the policies of keyed', () => {
  it('are looked at without being made or used', async () => {
    const { by, made } = circuits({ max: 2 });
    expect([by.peek('a'), by.has('a'), made]).toEqual([undefined, false, []]);
    await use(by, 'a', 'b');
    expect([by.peek('a')?.state, by.has('a')]).toEqual(['closed', true]);
    await use(by, 'c');
    expect([...by.keys()]).toEqual(['b', 'c']);
  });

  it('are made when they are asked for, and that is a use', async () => {
    const { by, made } = circuits({ max: 2 });
    const a = by.for('a');
    await use(by, 'b');
    expect(by.for('a')).toBe(a);
    await use(by, 'c');
    expect([made, [...by.keys()]]).toEqual([['a', 'b', 'c'], ['a', 'c']]);
  });

  it('are dropped by hand, and made anew', async () => {
    const { by } = circuits();
    await outcomeOf(by.wrap(fails)('a'));
    expect(by.for('a').state).toBe('open');
    expect([by.delete('a'), by.delete('a'), by.delete('never'), by.size]).toEqual([true, false, false, 0]);
    expect(by.for('a').state).toBe('closed');
  });

  it('that are dropped by hand end their calls, and come not back', async () => {
    const { by } = circuits();
    const open = deferred<string>();
    const old = by.for('a');
    const call = by.wrap(() => open.promise)('a');
    by.delete('a');
    const again = by.for('a');
    expect(again).not.toBe(old);
    open.resolve('late');
    expect(await call).toBe('late');
    expect([old.stats().succeeded, again.stats().succeeded, by.peek('a') === again]).toEqual([1, 0, true]);
    await old.execute(() => 1);
    expect(by.peek('a')).toBe(again);
  });
});

describe('when there are as many as may be kept', () => {
  it('the least recently used one that is idle gives way', async () => {
    const { by } = circuits({ max: 3 });
    await use(by, 'a', 'b', 'c', 'b', 'a');
    await use(by, 'd');
    expect([...by.keys()].toSorted()).toEqual(['a', 'b', 'd']);
    await use(by, 'e');
    expect([...by.keys()].toSorted()).toEqual(['a', 'd', 'e']);
  });

  it('D10 one that is open, half-open or isolated does not, and may again when it is closed', async () => {
    const { by, clock } = circuits({ max: 4 });
    await use(by, 'isolated', 'half-open', 'open', 'closed');
    const isolation = by.for('isolated').isolate();
    by.for('half-open').open();
    await clock.advance(60_000);
    const probe = deferred();
    const call = outcomeOf(by.wrap(() => probe.promise)('half-open'));
    by.for('open').open();
    for (let i = 0; i < 20; i += 1) await use(by, `new ${i}`);
    expect([...by.keys()].toSorted()).toEqual(['half-open', 'isolated', 'new 19', 'open']);
    probe.resolve(1);
    await call;
    isolation.dispose();
    by.for('open').reset();
    for (let i = 20; i < 24; i += 1) await use(by, `new ${i}`);
    expect([...by.keys()]).toEqual(['new 20', 'new 21', 'new 22', 'new 23']);
  });

  it('D10 one that comes to rest by itself is found, although nobody used it', async () => {
    const { by } = circuits({ max: 2 });
    await use(by, 'a', 'b');
    const [a] = [by.for('a'), by.for('b').open()];
    a.open();
    await use(by, 'c');
    expect([...by.keys()]).toEqual(['a', 'b']);
    a.reset();
    await use(by, 'd');
    expect([...by.keys()]).toEqual(['b', 'd']);
  });

  it('D10 one with a call under way does not, whoever made the call', async () => {
    const { by } = circuits({ max: 2 });
    const [one, two] = [deferred<number>(), deferred<number>()];
    const first = by.wrap(() => one.promise)('a');
    const second = by.for('b').execute(() => two.promise);
    await use(by, 'c', 'd');
    expect([...by.keys()]).toEqual(['a', 'b']);
    one.resolve(1);
    expect(await first).toBe(1);
    await use(by, 'e');
    expect([...by.keys()]).toEqual(['b', 'e']);
    two.reject(boom);
    await outcomeOf(second);
    by.for('b').reset();
    await use(by, 'f', 'g');
    expect([...by.keys()]).toEqual(['f', 'g']);
  });

  it('D10 one with a synchronous call under way does not', () => {
    const { by } = circuits({ max: 1 });
    const seen: boolean[] = [];
    const sync = by.for('a').wrapSync((other: string) => {
      by.for(other);
      seen.push(by.has('a'));
      if (other === 'c') throw boom;
    });
    sync('b');
    expect(thrownBy(() => sync('c'))).toBe(boom);
    expect(seen).toEqual([true, true]);
    by.for('a').reset();
    by.for('d');
    expect([...by.keys()]).toEqual(['d']);
  });

  it('and none is idle, a call of a new key runs under a policy that is shared while calls are under way', async () => {
    const { by, made } = circuits({ max: 1 });
    by.for('open').open();
    const [one, two] = [deferred(), deferred()];
    const call = by.wrap((_key: string, until: Promise<unknown>) => until);
    const calls = [outcomeOf(call('x', one.promise)), outcomeOf(call('x', two.promise))];
    const during = by.for('x');
    expect([made, by.size, by.has('x'), by.peek('x')]).toEqual([['open', 'x'], 1, false, undefined]);
    expect(during.stats().admitted).toBe(2);
    one.reject(boom);
    await calls[0];
    expect((await outcomeOf(call('x', Promise.resolve())))[1]).toBeInstanceOf(CircuitOpenError);
    two.resolve(2);
    await Promise.all(calls);
    expect(await outcomeOf(call('x', Promise.resolve(3)))).toEqual(['value', 3]);
    expect([made, by.has('open')]).toEqual([['open', 'x', 'x'], true]);
    expect(by.for('x')).not.toBe(by.for('x'));
  });

  it('and one comes to rest meanwhile, that policy takes its place at the next call', async () => {
    const { by, made } = circuits({ max: 1 });
    by.for('open').open();
    const one = deferred();
    const first = outcomeOf(by.wrap(() => one.promise)('x'));
    by.for('open').reset();
    await use(by, 'x');
    expect([made, [...by.keys()]]).toEqual([['open', 'x'], ['x']]);
    one.resolve(1);
    await first;
    expect(by.for('x').stats().succeeded).toBe(2);
  });

  it('and none is idle, deleting such a policy, or registering it, is possible too', async () => {
    const { by } = circuits({ max: 1 });
    by.for('open').open();
    const one = deferred();
    const first = outcomeOf(by.wrap(() => one.promise)('x'));
    const there = by.for('x');
    expect(by.delete('x')).toBe(false);
    expect(by.for('x')).not.toBe(there);
    const second = outcomeOf(by.wrap(() => one.promise)('y'));
    const kept = by.register('y', breaker({ failureThreshold: 1 }));
    expect([kept.stats().admitted, by.peek('y') === kept, by.size]).toEqual([1, true, 2]);
    one.resolve(1);
    await Promise.all([first, second]);
    expect([kept.stats().succeeded, by.for('y') === kept]).toEqual([1, true]);
  });
});

describe('idleAfter', () => {
  it('drops what was not used for so long and is idle, when another key comes in', async () => {
    const { by, clock } = circuits({ idleAfter: 1_000 });
    await use(by, 'a', 'b');
    by.for('open').open();
    await clock.advance(500);
    await use(by, 'b');
    await clock.advance(500);
    expect([...by.keys()]).toEqual(['a', 'b', 'open']);
    await use(by, 'c');
    expect([...by.keys()]).toEqual(['b', 'open', 'c']);
    await clock.advance(1_000);
    await use(by, 'b');
    expect([...by.keys()]).toEqual(['b', 'open', 'c']);
    by.for('open').reset();
    await clock.advance(999);
    await use(by, 'd');
    expect([...by.keys()]).toEqual(['b', 'open', 'd']);
    await clock.advance(1);
    await use(by, 'e');
    expect([...by.keys()]).toEqual(['d', 'e']);
  });

  it('counts from the end of the last call, and looks again at what was busy', async () => {
    const { by, clock } = circuits({ idleAfter: 1_000 });
    const one = deferred();
    const call = outcomeOf(by.wrap(() => one.promise)('a'));
    by.for('b').open();
    await clock.advance(5_000);
    await use(by, 'c');
    one.resolve(1);
    await call;
    by.for('b').reset();
    await clock.advance(999);
    await use(by, 'd');
    expect([...by.keys()]).toEqual(['a', 'b', 'c', 'd']);
    await clock.advance(1);
    await use(by, 'e');
    expect([...by.keys()]).toEqual(['d', 'e']);
  });

  it('of Infinity drops nobody, and does not ask the clock', async () => {
    const { by, clock } = circuits({ idleAfter: Infinity, clock: Object.assign(new VirtualClock(), { now: () => { throw boom; } }) });
    await use(by, 'a');
    await clock.advance(1e9);
    await use(by, 'b');
    expect(by.size).toBe(2);
  });

  it('D8 needs no timer', async () => {
    const { by, clock } = circuits({ idleAfter: 1 });
    await use(by, 'a');
    expect(clock.armed).toBe(0);
  });
});

describe('register', () => {
  it('gives a key a policy of its own, which is kept until it is deleted and takes nobody’s room', async () => {
    const { by, made, clock } = circuits({ max: 1, idleAfter: 10 });
    const special = breaker({ failureThreshold: 9, clock });
    expect(by.register('a', special)).toBe(special);
    await clock.advance(50);
    await use(by, 'a', 'b', 'c');
    expect([by.for('a') === special, made, [...by.keys()], by.size]).toEqual([true, ['b', 'c'], ['a', 'c'], 2]);
    expect(special.stats().succeeded).toBe(1);
    expect([by.delete('a'), by.for('a') === special]).toEqual([true, false]);
  });

  it('answers the policy that is there, where the options are the same, and keeps it from then on', async () => {
    const { by, clock } = circuits({ max: 1 });
    const there = by.for('a');
    expect(by.register('a', breaker({ failureThreshold: 1, recoveryTimeout: 60_000, clock }))).toBe(there);
    await use(by, 'b', 'c');
    expect(by.for('a')).toBe(there);
    const again = breaker({ failureThreshold: 1 });
    expect(by.register('x', again)).toBe(again);
    expect(by.register('x', breaker({ failureThreshold: 1 }))).toBe(again);
  });

  it('S16 throws where a key is registered twice with different options, and shows both', () => {
    const by = keyed((key: string) => key, () => Policy.breaker().retry());
    by.register('a', Policy.breaker({ failureThreshold: 5 }).retry());
    const error = thrownBy(() => by.register('a', Policy.breaker({ failureThreshold: 7 }).retry()));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(
      'keyed.register: the key "a" has a policy with other options: breaker(5 in a row, 60 s) ▸ retry ×3 ▸ fn is there, ' +
        'got breaker(7 in a row, 60 s) ▸ retry ×3 ▸ fn (breaker: trip is "5 in a row", not "7 in a row")',
    );
    expect(String(by.for('a'))).toContain('5 in a row');
    // One that the factory made counts as well, and so does a difference that the line does not show.
    by.for('b');
    expect((thrownBy(() => by.register('b', Policy.breaker({ probes: 2 }).retry())) as Error).message).toMatch(/\(breaker: probes is 1, not 2\)$/);
  });

  it('refuses what is no policy', () => {
    const { by } = circuits();
    expect((thrownBy(() => by.register('a', breaker as never)) as Error).message).toBe(
      'keyed.register expects a policy for the key "a", got the function breaker',
    );
  });
});

describe('what goes wrong in keyed', () => {
  const messageOf = async (call: Promise<unknown>): Promise<string> => String((await outcomeOf(call))[1]);

  it('is told of a key function that throws, or answers a promise', async () => {
    const thrower = keyed((_key: string): string => { throw boom; }, () => breaker());
    const [, error] = await outcomeOf(thrower.wrap(async (key: string) => key)('a'));
    expect(String(error)).toBe('Error: keyed: the key function threw Error: boom');
    expect((error as Error).cause).toBe(boom);
    const odd = keyed((_key: string): string => { throw 'odd'; }, () => breaker());
    expect(await messageOf(odd.wrap(async (key: string) => key)('a'))).toBe('Error: keyed: the key function threw "odd"');
    const slow = keyed(async (key: string) => key, () => breaker());
    expect(await messageOf(slow.wrap(async (key: string) => key)('a'))).toBe(
      'TypeError: keyed: the key function must answer the key at once, got a promise',
    );
    expect([thrower.size, slow.size]).toEqual([0, 0]);
  });

  it('is told of a factory that throws, and the key has another chance', async () => {
    let broken = true;
    const by = keyed((key: string) => key, () => {
      if (broken) throw boom;
      return breaker();
    });
    const call = by.wrap(async (key: string) => key);
    const [, error] = await outcomeOf(call('a'));
    expect(String(error)).toBe('Error: keyed: the factory threw for the key "a": Error: boom');
    expect((error as Error).cause).toBe(boom);
    expect(String(thrownBy(() => by.for('a')))).toBe(String(error));
    broken = false;
    expect(await call('a')).toBe('a');
  });

  it.each([
    ['nothing', undefined, 'undefined for the key "a"'],
    ['a factory, uncalled', breaker, 'the function breaker for the key "a": call it'],
    ['a promise', Promise.resolve(breaker()), 'an object of Promise for the key "a": it cannot wait'],
    ['options', { failureThreshold: 5 }, 'an object for the key "a"'],
  ])('is told of a factory that answers %s', async (_, answer, got) => {
    const by = keyed((key: string) => key, () => answer as never);
    expect(await messageOf(by.wrap(async (key: string) => key)('a'))).toBe(`TypeError: keyed: the factory must answer a policy, got ${got}`);
    expect(by.size).toBe(0);
  });

  it('is no factory that asks for its own key once more', async () => {
    let depth = 0;
    const by: Keyed<[key: string], string, Breaker<'sync'>> = keyed((key: string) => key, (key) => {
      depth += 1;
      if (depth === 1) by.for(key);
      return breaker();
    });
    expect(by.for('a')).toBe(by.for('a'));
    expect([depth, by.size]).toEqual([2, 1]);
  });

  it('is no policy that several keys share', async () => {
    const shared = breaker({ failureThreshold: 1 });
    const by = keyed((key: number) => key, () => shared, { max: 2 });
    const call = by.wrap(async (key: number) => key);
    for (let i = 0; i < 100; i += 1) await call(i);
    expect([by.size, shared.stats().succeeded]).toEqual([2, 100]);
    const one = deferred();
    const pending = outcomeOf(by.wrap(() => one.promise)(98));
    await call(200);
    expect([...by.keys()]).toEqual([98, 99]);
    one.resolve(1);
    await pending;
  });

  it.each([
    [() => keyed(undefined as never, () => breaker()), 'TypeError: keyed: the first argument must be a function that makes a key of the arguments, got undefined'],
    [() => keyed(() => 1, breaker() as never), 'TypeError: keyed: the second argument must be a function that makes the policy of a key, got an object of BreakerObject'],
    [() => keyed(() => 1, () => breaker(), { max: 0 }), 'RangeError: keyed: max must be a whole number of at least 1, got 0'],
    [() => keyed(() => 1, () => breaker(), { idleAfter: -1 }), 'RangeError: keyed: idleAfter must be a duration in milliseconds, 0 or more, got -1'],
    [() => keyed(() => 1, () => breaker(), { size: 1 } as never), 'TypeError: keyed has no option "size"; it has max, idleAfter, clock'],
    [() => keyed(() => 1, () => breaker()).wrap(1 as never), 'TypeError: wrap expects a function, got 1'],
  ])('is refused where it is made: %#', (make, message) => {
    expect(String(thrownBy(make))).toBe(message);
  });
});
