import { describe, expect, it } from 'vitest';
import {
  anyError,
  breaker,
  cache,
  CircuitOpenError,
  coalesce,
  deadline,
  DeadlineExceededError,
  errors,
  fallback,
  policy,
  results,
  retry,
  type AnyPolicy,
  type CacheOptions,
} from '../../src/index.ts';
import { deferred, outcomeOf } from '../helpers/functions.ts';
import { linesOf } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

/** A cache on a clock in hand around a function whose answers are told one by one: an error is thrown. */
function set(options: Partial<CacheOptions> = {}, ...inside: readonly AnyPolicy[]) {
  const clock = new VirtualClock();
  const guard = policy(...([cache({ ttl: 1_000, ...options }), ...inside] as unknown as []), { clock }) as unknown as AnyPolicy;
  const answers: unknown[] = [];
  let calls = 0;
  const fn = (..._args: readonly unknown[]): unknown => {
    const answer = answers[Math.min(calls, answers.length - 1)];
    calls += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const load = guard.wrap(fn);
  return { clock, guard, answers, load, lines: linesOf(guard), calls: () => calls };
}

describe('cache', () => {
  it('says in a few words, and as data, what it does', () => {
    expect(String(cache({ ttl: 60_000 }))).toBe('cache 60 s ▸ fn');
    expect(String(cache({ ttl: 0, staleIfError: 600_000 }))).toBe('cache 0 ms, stale 10 min ▸ fn');
    expect(String(policy(fallback(null), retry(), breaker(), coalesce(), cache({ ttl: 1_000 })))).toBe(
      'cache 1 s ▸ coalesce ▸ breaker(5 in a row, 60 s) ▸ retry ×3 ▸ fn, else fallback',
    );
    const [layer] = cache({ ttl: 1_000 }).describe();
    expect(layer).toEqual({
      kind: 'cache',
      role: 'front',
      label: 'cache 1 s',
      options: { ttl: 1_000, staleIfError: 0, key: 'default', store: { max: 1_000 }, handle: 'default' },
    });
    const own = cache({ ttl: 1, staleIfError: 2, key: () => 'x', store: new Map() as never, handle: anyError }).describe()[0];
    expect(own?.options).toEqual({ ttl: 1, staleIfError: 2, key: 'custom', store: 'custom', handle: 'custom' });
  });

  it('answers with what was answered before, for as long as it is fresh', async () => {
    const { answers, load, clock, calls, lines } = set();
    const value = {};
    answers.push(value, 'newer');
    expect(await load(7)).toBe(value);
    await clock.advance(999);
    expect(await load(7)).toBe(value);
    expect([calls(), lines]).toEqual([1, ['served by the cache']]);
    await clock.advance(1);
    expect(await load(7)).toBe('newer');
    expect(await load(7)).toBe('newer');
    expect(calls()).toBe(2);
  });

  it.each([[undefined], [null], [false], [0], ['']])('keeps %s like any other answer', async (value) => {
    const { answers, load, calls } = set();
    answers.push(value);
    expect([await load(), await load(), calls()]).toEqual([value, value, 1]);
  });

  it('never keeps an error', async () => {
    const { answers, load, calls } = set();
    answers.push(down, down, 'up');
    await expect(load()).rejects.toBe(down);
    await expect(load()).rejects.toBe(down);
    expect([await load(), await load(), calls()]).toEqual(['up', 'up', 3]);
  });

  it('is in front of the guards: what it answers is no call of the circuit, nor a success of the guarded call', async () => {
    const circuit = breaker({ failureThreshold: 1, clock: undefined });
    const { answers, load, guard } = set({}, circuit);
    const told: string[] = [];
    guard.onSuccess(() => told.push('success'));
    guard.onFailure(() => told.push('failure'));
    answers.push('fresh');
    await load(7);
    circuit.open();
    expect(await load(7)).toBe('fresh');
    await expect(load(8)).rejects.toBeInstanceOf(CircuitOpenError);
    expect(circuit.stats()).toMatchObject({ admitted: 1, rejected: 1 });
    expect(told).toEqual(['success', 'failure']);
  });

  it('keeps at most max entries, those that were read last', async () => {
    const { answers, load, calls } = set({ max: 2 });
    answers.push('x');
    for (const id of [1, 2, 1, 3]) await load(id);
    expect(calls()).toBe(3);
    await load(1);
    expect(calls()).toBe(3);
    await load(2);
    expect(calls()).toBe(4);
  });

  describe('keys', () => {
    it('tells two functions apart, and two objects with one method', async () => {
      const guard = cache({ ttl: 1_000 });
      const user = guard.wrap(async (id: number) => `user ${id}`);
      const order = guard.wrap(async (id: number) => `order ${id}`);
      expect([await user(7), await order(7), await user(7)]).toEqual(['user 7', 'order 7', 'user 7']);
      const read = guard.wrap(async function (this: { name: string }, id: number) {
        return `${this.name} ${id}`;
      });
      expect([await read.call({ name: 'a' }, 1), await read.call({ name: 'b' }, 1)]).toEqual(['a 1', 'b 1']);
    });

    it('knows a function that is executed by the function: one that was made for the call is found by no other', async () => {
      const guard = cache({ ttl: 1_000 });
      let calls = 0;
      const fn = (): number => (calls += 1);
      expect([await guard.execute(fn), await guard.execute(fn)]).toEqual([1, 1]);
      expect([await guard.execute(() => 'user 7'), await guard.execute(() => 'user 8')]).toEqual(['user 7', 'user 8']);
    });

    it('are made of the arguments by key, which may pass a call by', async () => {
      const { answers, load, calls } = set({ key: ({ id }: { id?: string }) => id });
      answers.push('x');
      for (const id of ['a', 'a', undefined, undefined, 'b']) await load(id === undefined ? {} : { id });
      expect(calls()).toBe(4);
    });

    it('must be given where they are not plain: the call rejects, and says so', async () => {
      const { load, calls } = set();
      await expect(load(1, 2)).rejects.toThrow('cache: key must be given where a call has more than one primitive argument, got a call with 2 arguments');
      const { load: other } = set({ key: (() => null) as never });
      await expect(other(1)).rejects.toThrow('cache: what key(...) answers must be a string, a number, or undefined');
      const { load: third } = set({ key: () => { throw down; } });
      await expect(third(1)).rejects.toBe(down);
      expect(calls()).toBe(0);
    });
  });

  describe('with staleIfError', () => {
    it('answers with the entry that it had where the call fails, until that is too old, too', async () => {
      const { answers, load, clock, calls, lines } = set({ staleIfError: 5_000 });
      answers.push('good', down);
      await load();
      await clock.advance(5_999);
      expect(await load()).toBe('good');
      expect(await load()).toBe('good');
      expect([calls(), lines]).toEqual([3, Array(2).fill(['attempt 1 failed', 'served by the cache, stale']).flat()]);
      await clock.advance(1);
      await expect(load()).rejects.toBe(down);
    });

    it('looks at the age when the call has failed, not when it began', async () => {
      const { clock, guard } = set({ staleIfError: 5_000 });
      const late = deferred();
      let calls = 0;
      const load = guard.wrap(() => ((calls += 1) === 1 ? 'good' : late.promise));
      await load();
      await clock.advance(5_990);
      const answer = outcomeOf(load());
      await clock.advance(10);
      late.reject(down);
      expect(await answer).toEqual(['error', down]);
    });

    it('answers where the circuit is open, the attempts are used up, or the time is over', async () => {
      for (const [inside, fails] of [
        [breaker({ failureThreshold: 1 }), (circuit: AnyPolicy) => (circuit as ReturnType<typeof breaker>).open()],
        [retry({ attempts: 2, delay: 0 }), () => {}],
      ] as const) {
        const { answers, load, clock } = set({ staleIfError: 5_000 }, inside);
        answers.push('good', down);
        await load();
        await clock.advance(2_000);
        fails(inside);
        expect(await load()).toBe('good');
      }
      const { guard, clock } = set({ staleIfError: 5_000 }, deadline(100));
      let calls = 0;
      const load = guard.wrap(() => ((calls += 1) === 1 ? 'good' : new Promise(() => {})));
      await load();
      await clock.advance(2_000);
      const answer = load();
      await clock.advance(100);
      expect(await answer).toBe('good');
    });

    it('has a good answer kept for the next time: ttl 0 makes every call', async () => {
      const { answers, load, clock, calls } = set({ ttl: 0, staleIfError: 5_000 });
      answers.push('one', 'two', down);
      expect([await load(), await load(), await load(), calls()]).toEqual(['one', 'two', 'two', 3]);
      await clock.advance(5_000);
      await expect(load()).rejects.toBe(down);
    });

    it('R12 does not answer a caller who aborted', async () => {
      const { guard, clock } = set({ staleIfError: 5_000 }, fallback('no'));
      const caller = new AbortController();
      let calls = 0;
      const load = guard.wrap(() => ((calls += 1) === 1 ? 'good' : new Promise(() => {})), { signal: () => (calls === 0 ? undefined : caller.signal) });
      await load();
      await clock.advance(2_000);
      const answer = outcomeOf(load());
      await flush();
      caller.abort('gone');
      expect(await answer).toEqual(['error', 'gone']);
    });

    it('goes before the fallback, and does not tell that it fell back', async () => {
      const { answers, load, clock, lines } = set({ staleIfError: 5_000 }, fallback('plan B'));
      answers.push('good', down);
      expect(await load(1)).toBe('good');
      expect(await load(2)).toBe('plan B');
      await clock.advance(2_000);
      expect(await load(1)).toBe('good');
      expect(lines).toEqual(['attempt 1 failed', 'fell back', 'attempt 1 failed', 'served by the cache, stale']);
    });

    it('R14 passes an error on that does not count: the other end has answered', async () => {
      class NotFound extends Error {}
      const gone = new NotFound();
      const { answers, load, clock } = set({ staleIfError: 5_000, handle: (error) => !(error instanceof NotFound) });
      answers.push('good', gone, down);
      await load();
      await clock.advance(2_000);
      await expect(load()).rejects.toBe(gone);
      expect(await load()).toBe('good');
    });

    it('R14 shows a local rejection to a handle that names it, and lets it through otherwise', async () => {
      for (const [handle, kind] of [
        [errors(CircuitOpenError), 'value'],
        [errors(RangeError), 'error'],
      ] as const) {
        const circuit = breaker({ failureThreshold: 1 });
        const { answers, load, clock } = set({ staleIfError: 5_000, handle }, circuit);
        answers.push('good');
        await load();
        await clock.advance(2_000);
        circuit.open();
        expect((await outcomeOf(load()))[0]).toBe(kind);
      }
    });
  });

  describe('a bad value', () => {
    const bad = results((value) => value === 'bad');

    it('R15 is not kept, where the layers inside say so', async () => {
      const { answers, load, calls } = set({}, retry({ attempts: 1, handle: bad }));
      answers.push('bad', 'bad', 'good');
      expect([await load(), await load(), await load(), await load(), calls()]).toEqual(['bad', 'bad', 'good', 'good', 3]);
    });

    it('R15 has a stale entry answered in its stead, which the fallback takes for good', async () => {
      const { answers, load, clock, lines } = set({ staleIfError: 5_000, handle: bad }, fallback('plan B'));
      answers.push('good', 'bad');
      await load();
      await clock.advance(2_000);
      expect(await load()).toBe('good');
      expect(lines).toEqual(['attempt 1 failed', 'served by the cache, stale']);
      await clock.advance(5_000);
      expect(await load()).toBe('plan B');
    });

    it("R15 is told to the fallback in the cache's own words", async () => {
      const { answers, load } = set({ handle: bad }, fallback('plan B'));
      answers.push('bad');
      expect(await load()).toBe('plan B');
    });

    it('R14 that counts for nothing is neither kept nor replaced', async () => {
      const { answers, load, clock, calls } = set({ staleIfError: 5_000, handle: results((value) => (value === 'odd' ? 'ignore' : false)) });
      answers.push('good', 'odd');
      await load();
      await clock.advance(2_000);
      expect([await load(), await load(), calls()]).toEqual(['odd', 'odd', 3]);
    });
  });

  describe('time', () => {
    it('A11 does not keep an entry for ever when the wall clock is set back', async () => {
      const { answers, load, clock, calls } = set();
      answers.push('old', 'new');
      await load();
      clock.wallStart -= 3_600_000;
      expect([await load(), calls()]).toEqual(['new', 2]);
      const small = set();
      small.answers.push('old', 'new');
      await small.load();
      small.clock.wallStart -= 500;
      await small.clock.advance(999);
      expect([await small.load(), small.calls()]).toEqual(['old', 1]);
      await small.clock.advance(1);
      expect([await small.load(), small.calls()]).toEqual(['new', 2]);
      expect(clock.armed).toBe(0);
    });

    it('R29 is that of the policy: another clock is refused while there are entries', async () => {
      const one = cache({ ttl: 1_000 });
      policy(one, { clock: new VirtualClock() });
      expect(() => policy(one, { clock: new VirtualClock() })).toThrow('a policy has one clock');
      const used = cache({ ttl: 1_000 });
      await used.execute(() => 1);
      expect(() => policy(used, { clock: new VirtualClock() })).toThrow('a cache has one clock, got a policy with another one: give it to the cache, too');
      const clock = new VirtualClock();
      expect(() => policy(cache({ ttl: 1_000, clock }), { clock })).not.toThrow();
    });
  });

  it('R27 shares its entries with every policy that it is in', async () => {
    const shared = cache({ ttl: 1_000 });
    let calls = 0;
    const fn = async (): Promise<number> => (calls += 1);
    expect(await policy(shared, retry()).wrap(fn)()).toBe(1);
    expect(await policy(shared, breaker()).wrap(fn)()).toBe(1);
  });

  it('is idle while its own memory is empty', async () => {
    const idle = (one: AnyPolicy): boolean => (one as unknown as { '~idle': boolean })['~idle'];
    const { guard, load, answers, clock } = set();
    answers.push('x');
    expect(idle(guard)).toBe(true);
    await load();
    expect(idle(guard)).toBe(false);
    await clock.advance(1_000);
    expect(idle(guard)).toBe(true);
    const elsewhere = cache({ ttl: 1_000, store: new Map() as never, key: () => 'x' });
    await elsewhere.execute(() => 1);
    expect(idle(elsewhere)).toBe(true);
  });

  describe('with coalesce', () => {
    it('makes one run of a stampede on a cold key, and stores once', async () => {
      const store = new Map<string, never>();
      let sets = 0;
      const counted = { get: (key: string) => store.get(key), set: (key: string, entry: never) => (sets++, store.set(key, entry)) };
      const guard = policy(cache({ ttl: 1_000, store: counted as never, key: (id: number) => id }), coalesce());
      let calls = 0;
      const load = guard.wrap(async (id: number) => ((calls += 1), { id }));
      const all = await Promise.all(Array.from({ length: 1_000 }, () => load(7)));
      expect([new Set(all).size, calls, sets]).toEqual([1, 1, 1]);
      expect([await load(7), calls]).toEqual([all[0], 1]);
    });

    it('R15 keeps no bad value of a shared run, for none of those who shared it', async () => {
      const bad = results((value) => value === 'bad');
      const { answers, load, calls } = set({}, coalesce(), retry({ attempts: 1, handle: bad }), fallback('plan B'));
      answers.push(Promise.resolve('bad'), Promise.resolve('good'));
      expect(await Promise.all([load(7), load(7)])).toEqual(['plan B', 'plan B']);
      expect([calls(), await load(7), calls()]).toEqual([1, 'good', 2]);
    });

    it('stores once more where calls of other keys shared the run', async () => {
      const guard = policy(cache({ ttl: 1_000 }), coalesce({ key: () => 'all' }));
      let calls = 0;
      const load = guard.wrap(async (_id: number) => (calls += 1));
      expect(await Promise.all([load(1), load(2)])).toEqual([1, 1]);
      expect([await load(1), await load(2)]).toEqual([1, 1]);
    });
  });

  it('ends in the time that the caller has, also where it only waits for the store', async () => {
    const clock = new VirtualClock();
    const store = { get: () => new Promise<never>(() => {}), set: () => {} };
    const guard = policy(cache({ ttl: 1, store, key: () => 'x' }), deadline(100), { clock });
    const answer = outcomeOf(guard.execute(() => 'x'));
    await clock.advance(100);
    expect((await answer)[1]).toBeInstanceOf(DeadlineExceededError);
    expect(clock.armed).toBe(0);
    const caller = new AbortController();
    const other = outcomeOf(guard.execute(() => 'x', caller.signal));
    caller.abort('gone');
    expect(await other).toEqual(['error', 'gone']);
    expect(clock.armed).toBe(0);
  });
});
