import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  coalesce,
  deadline,
  DeadlineExceededError,
  fallback,
  policy,
  results,
  retry,
  timeout,
  TimeoutError,
  type AnyPolicy,
  type Context,
} from '../../src/index.ts';
import { deferred, outcomeOf } from '../helpers/functions.ts';
import { fateOf, linesOf, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');
const isIdle = (one: unknown): boolean => (one as { '~idle': boolean })['~idle'];

/** Coalesced calls on a stage: every run is in the test's hand. */
function set(...inside: readonly AnyPolicy[]) {
  const clock = new VirtualClock();
  const stage = new Stage(clock);
  const guard = policy(...([coalesce(), ...inside] as unknown as []), { clock }) as unknown as AnyPolicy;
  const wrapped = guard.wrapWithContext((ctx: Context, _id: number, _signal?: AbortSignal) => stage.fn(ctx), { signal: (_id, signal) => signal });
  return { clock, stage, guard, lines: linesOf(guard), wrapped };
}

/** The same where the signal is no argument, so that the key is the only one. */
function on(...inside: readonly AnyPolicy[]) {
  const rigged = set(...inside);
  let signal: AbortSignal | undefined;
  const wrapped = rigged.guard.wrapWithContext((ctx: Context, _id: number) => rigged.stage.fn(ctx), { signal: () => signal });
  const call = (id: number, own?: AbortSignal): ReturnType<typeof fateOf> => {
    signal = own;
    return fateOf(wrapped(id), rigged.clock);
  };
  return { ...rigged, call };
}

describe('coalesce', () => {
  it('says in a few words, and as data, what it does', () => {
    expect(String(coalesce())).toBe('coalesce ▸ fn');
    expect(coalesce().describe()).toEqual([{ kind: 'coalesce', role: 'front', label: 'coalesce', options: { key: 'default' } }]);
    expect(coalesce({ key: () => 'x' }).describe()[0]?.options).toEqual({ key: 'custom' });
    expect(String(policy(retry(), coalesce(), breaker()))).toBe('coalesce ▸ breaker(5 in a row, 60 s) ▸ retry ×3 ▸ fn');
  });

  it('makes one run for all calls of a key that come while it is under way, and another for other keys', async () => {
    const { call, stage, lines } = on();
    const fates = [call(1), call(1), call(2)];
    await flush();
    fates.push(call(1));
    expect(stage.attempts).toHaveLength(2);
    const value = {};
    stage.at(0).resolve(value);
    await flush();
    expect(fates.map(({ state }) => state)).toEqual(['value', 'value', 'pending', 'value']);
    expect([0, 1, 3].every((i) => fates[i]?.value === value)).toBe(true);
    expect(lines).toEqual([...Array(2).fill('attempt 1 waits for coalesce'), ...Array(2).fill('served by the coalesce')]);
    stage.at(1).resolve(2);
    await flush();
  });

  it('starts anew once it has settled: nothing is kept, of a value or of an error', async () => {
    const { call, stage } = on();
    const first = [call(1), call(1)];
    stage.at(0).reject(down);
    await flush();
    expect(first.map(({ error }) => error as unknown)).toEqual([down, down]);
    expect(first[0]?.error).toBe(first[1]?.error);
    const second = call(1);
    expect(stage.attempts).toHaveLength(2);
    stage.at(1).resolve('up');
    await flush();
    expect(second.value).toBe('up');
  });

  it('is one call to everything inside: one record, one set of attempts', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    const { call, stage, lines, guard, clock } = on(circuit, retry({ attempts: 2, delay: 10 }));
    const told: unknown[] = [];
    guard.onFailure(({ handled }) => told.push(handled));
    const fates = [call(1), call(1), call(1)];
    stage.at(0).reject(down);
    await clock.advance(10);
    stage.at(1).reject(down);
    await flush();
    expect(fates.every(({ error }) => error === down)).toBe(true);
    expect([circuit.failures, stage.attempts.length, told]).toEqual([1, 2, [true]]);
    expect(lines.filter((line) => line.includes('failed'))).toEqual(['attempt 1 failed', 'attempt 2 failed']);
  });

  it('D3 D4 gives to all whatever there is: undefined as a value, and as an error', async () => {
    const { call, stage } = on();
    const values = [call(1), call(1)];
    stage.at(0).resolve(undefined);
    const errors = [call(2), call(2)];
    stage.at(1).reject(undefined);
    await flush();
    expect(values.map(({ state, value }) => [state, value])).toEqual([['value', undefined], ['value', undefined]]);
    expect(errors.map(({ state, error }) => [state, error])).toEqual([['error', undefined], ['error', undefined]]);
  });

  it('D1 takes what is thrown, or answered, at once for a run that is over', async () => {
    const guard = coalesce();
    let calls = 0;
    const thrower = guard.wrap(() => {
      calls += 1;
      throw down;
    });
    expect(await outcomeOf(thrower())).toEqual(['error', down]);
    expect(await outcomeOf(guard.wrap(() => 'at once')())).toEqual(['value', 'at once']);
    expect([calls, isIdle(guard)]).toEqual([1, true]);
  });

  it('R25 D2 takes over a thenable once, for all', async () => {
    let reads = 0;
    const thenable = {
      get then() {
        reads += 1;
        return (resolve: (value: string) => void) => void Promise.resolve().then(() => resolve('value'));
      },
    };
    const load = coalesce().wrap(() => thenable as unknown as PromiseLike<string>);
    expect([await Promise.all([load(), load()]), reads]).toEqual([['value', 'value'], 1]);
  });

  describe('keys', () => {
    it('never joins the calls of two functions, or of one method of two objects', async () => {
      const guard = coalesce({ key: () => 'the same' });
      const user = guard.wrap(async (id: number) => `user ${id}`);
      const order = guard.wrap(async (id: number) => `order ${id}`);
      expect(await Promise.all([user(1), order(1), user(2)])).toEqual(['user 1', 'order 1', 'user 1']);
      const read = guard.wrap(async function (this: { name: string }) {
        return this.name;
      });
      expect(await Promise.all([read.call({ name: 'a' }), read.call({ name: 'b' })])).toEqual(['a', 'b']);
    });

    it('joins what is executed where it is the same function, and never two that were made for the call', async () => {
      const guard = coalesce();
      let calls = 0;
      const fn = async (): Promise<number> => (calls += 1);
      expect(await Promise.all([guard.execute(fn), guard.execute(fn)])).toEqual([1, 1]);
      expect(await Promise.all([guard.execute(async () => 7), guard.execute(async () => 8)])).toEqual([7, 8]);
    });

    it('let a call without one go by itself, with all that is told of it', async () => {
      let calls = 0;
      const guard = policy(coalesce({ key: () => undefined }), retry({ attempts: 1, handle: results((value) => value === 'bad') }), fallback('plan B'));
      const load = guard.wrap(async (answer: string) => {
        calls += 1;
        if (answer === 'down') throw down;
        return answer;
      });
      expect(await Promise.all([load('good'), load('good'), load('bad'), load('down')])).toEqual(['good', 'good', 'plan B', 'plan B']);
      expect(calls).toBe(4);
    });

    it('must be given where they are not plain: the call rejects, and says so', async () => {
      const { wrapped } = set();
      const { signal } = new AbortController();
      await expect(wrapped(1, signal)).rejects.toThrow(
        'coalesce: key must be given where a call has more than one primitive argument, got a call with 2 arguments: write coalesce({ key: (...args) => … })',
      );
      await expect(coalesce({ key: (() => ({})) as never }).wrap(() => 1)()).rejects.toThrow('coalesce: what key(...) answers must be a string');
      expect(() => coalesce({ key: 'id' as never })).toThrow('coalesce: key must be a function of the arguments that answers with a key, got "id"');
      expect(() => coalesce({ ttl: 5 } as never)).toThrow('coalesce has no option "ttl"; it has key, clock, onListenerError');
    });
  });

  describe('when a caller aborts', () => {
    it('C5 it leaves at once with its own reason, and the others stay: also where it started the run', async () => {
      const { call, stage } = on();
      const [first, second] = [new AbortController(), new AbortController()];
      const fates = [call(1, first.signal), call(1, second.signal), call(1)];
      const reason = { why: 'gone' };
      first.abort(reason);
      await flush();
      expect(fates.map(({ state }) => state)).toEqual(['error', 'pending', 'pending']);
      expect(fates[0]?.error).toBe(reason);
      expect(stage.at(0).ctx.signal.aborted).toBe(false);
      second.abort('me, too');
      await flush();
      expect([fates[1]?.error, stage.at(0).ctx.signal.aborted]).toEqual(['me, too', false]);
      stage.at(0).resolve('for the last one');
      await flush();
      expect(fates[2]?.value).toBe('for the last one');
      expect([first, second].map(({ signal }) => getEventListeners(signal, 'abort').length)).toEqual([0, 0]);
    });

    it('the run is aborted when all have left, with the reason of the last one', async () => {
      const { call, stage, guard } = on();
      const callers = [new AbortController(), new AbortController()];
      const fates = callers.map(({ signal }) => call(1, signal));
      callers[1]?.abort('first');
      expect(stage.at(0).ctx.signal.aborted).toBe(false);
      callers[0]?.abort('last');
      expect(stage.at(0).ctx.signal.reason).toBe('last');
      expect(isIdle(guard)).toBe(true);
      await flush();
      expect(fates.map(({ error }) => error as unknown)).toEqual(['last', 'first']);
    });

    it('who comes then gets a run of its own, which the one that was left does not disturb', async () => {
      const { call, stage, guard } = on();
      const caller = new AbortController();
      const left = call(1, caller.signal);
      caller.abort('gone');
      const next = call(1);
      expect(stage.attempts).toHaveLength(2);
      stage.at(0).reject(new Error('late'));
      await flush();
      const third = call(1);
      expect([stage.attempts.length, isIdle(guard)]).toEqual([2, false]);
      stage.at(1).resolve('new');
      await flush();
      expect([left.error, next.value, third.value]).toEqual(['gone', 'new', 'new']);
    });

    it('one signal of all callers ends all of them, and the run', async () => {
      const { call, stage } = on();
      const { signal, abort } = (() => {
        const controller = new AbortController();
        return { signal: controller.signal, abort: () => controller.abort('over') };
      })();
      const fates = [call(1, signal), call(1, signal), call(1, signal)];
      abort();
      await flush();
      expect(fates.map(({ error }) => error as unknown)).toEqual(['over', 'over', 'over']);
      expect(stage.at(0).ctx.signal.aborted).toBe(true);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    });

    it('R12 a run that all have left is neither success nor failure, and gives its slot back', async () => {
      const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 100 });
      const { call, clock } = on(circuit);
      circuit.open();
      await clock.advance(100);
      const caller = new AbortController();
      call(1, caller.signal);
      expect(circuit.isOpen()).toBe(true);
      caller.abort('gone');
      await flush();
      expect([circuit.state, circuit.isOpen()]).toEqual(['half-open', false]);
    });

    it('in a backoff of the run, no attempt follows once all have left, and no timer is left', async () => {
      const { call, stage, clock } = on(retry({ attempts: 3, delay: 100 }), timeout(1_000));
      const callers = [new AbortController(), new AbortController()];
      callers.forEach(({ signal }) => call(1, signal));
      stage.at(0).reject(down);
      await clock.advance(50);
      callers[0]?.abort();
      expect(clock.armed).toBe(1);
      callers[1]?.abort();
      await clock.drain();
      expect([stage.attempts.length, clock.armed, clock.time]).toEqual([1, 0, 50]);
    });

    it('before the call, or while the function starts, it is the end of that call alone', async () => {
      const { call, stage } = on();
      const fate = call(1, AbortSignal.abort('before'));
      await flush();
      expect([fate.error, stage.attempts.length]).toEqual(['before', 0]);
      const caller = new AbortController();
      const guard = coalesce();
      let seen: AbortSignal | undefined;
      const answer = guard.execute(({ signal }) => {
        seen = signal;
        caller.abort('meanwhile');
        return 'too late';
      }, caller.signal);
      expect(await outcomeOf(answer)).toEqual(['error', 'meanwhile']);
      expect([seen?.reason, isIdle(guard)]).toEqual(['meanwhile', true]);
    });

    it('C4 D7 what comes of a run that nobody waits for is dropped', async () => {
      const { call, stage } = on();
      const caller = new AbortController();
      call(1, caller.signal);
      caller.abort('gone');
      stage.at(0).reject(new Error('nobody hears of it'));
      await flush();
      expect(stage.attempts).toHaveLength(1);
    });
  });

  describe('time', () => {
    it('R20 the deadline is that of the call that started the run, and one failure', async () => {
      const circuit = breaker({ failureThreshold: 5 });
      const { call, clock, stage } = on(circuit, deadline(100));
      const first = call(1);
      await clock.advance(60);
      const second = call(1);
      await clock.advance(40);
      for (const fate of [first, second]) {
        expect([fate.error, fate.at]).toEqual([expect.any(DeadlineExceededError), 100]);
        expect(fate.error.attempts).toBe(1);
      }
      expect([circuit.failures, stage.at(0).ctx.signal.aborted, clock.armed]).toEqual([1, true, 0]);
    });

    it("R26 a caller's own deadline from outside ends its wait, and nobody else's", async () => {
      const { guard, clock, stage } = on();
      const inner = guard.wrapWithContext(stage.fn);
      const patient = fateOf(inner(), clock);
      const hasty = fateOf(policy(deadline(50), { clock }).wrap(inner)(), clock);
      await clock.advance(50);
      expect([hasty.error, hasty.at]).toEqual([expect.any(DeadlineExceededError), 50]);
      expect([patient.state, stage.at(0).ctx.signal.aborted]).toEqual(['pending', false]);
      stage.at(0).resolve('in time for one');
      await flush();
      expect([patient.value, clock.armed]).toEqual(['in time for one', 0]);
    });

    it('R26 the last to leave by its own deadline stops the run, and is told how far that had come', async () => {
      const { guard, clock, stage, lines } = on();
      const caller = new AbortController();
      const inner = guard.wrapWithContext(stage.fn);
      const first = fateOf(policy({ clock }).wrap(inner, { signal: caller.signal })(), clock);
      const second = fateOf(policy(deadline(50), { clock }).wrap(inner)(), clock);
      caller.abort('gone');
      await clock.advance(50);
      expect(first.error).toBe('gone');
      expect(second.error).toBeInstanceOf(DeadlineExceededError);
      expect(second.error.attempts).toBe(1);
      expect([stage.at(0).ctx.signal.aborted, clock.armed]).toEqual([true, 0]);
      expect(lines).toContain('attempt 1 waits for coalesce');
    });

    it('a timeout inside is one for all', async () => {
      const { call, clock } = on(timeout(30));
      const fates = [call(1), call(1)];
      await clock.advance(30);
      expect(fates.map(({ error }) => (error as Error).name)).toEqual(['TimeoutError', 'TimeoutError']);
      expect(fates[0]?.error).toBe(fates[1]?.error);
      expect(fates[0]?.error).toBeInstanceOf(TimeoutError);
    });
  });

  it('R15 the verdict goes to each: every caller has its own fallback', async () => {
    const answers = policy(
      coalesce(),
      retry({ attempts: 1, handle: results((value) => value === 'bad') }),
      fallback((error, { attempt, outcome }) => `for ${String(outcome.value ?? error)} after ${attempt}`),
    );
    const load = answers.wrap(async (value: string) => {
      if (value === 'down') throw down;
      return value;
    });
    expect(await Promise.all([load('bad'), load('bad'), load('down'), load('down')])).toEqual([
      ...Array(2).fill('for bad after 1'),
      ...Array(2).fill('for Error: down after 1'),
    ]);
  });

  it('R25 D7 a rejection that one caller takes and another does not is reported once, as of the promise of that one', async () => {
    const reported: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const hear = (reason: unknown, promise: unknown): void => void reported.push(reason, promise);
    process.on('unhandledRejection', hear);
    try {
      const late = deferred();
      const load = coalesce().wrap((_id: number) => late.promise);
      const [taken, forgotten] = [load(1), load(1)];
      taken.catch(() => {});
      late.reject(down);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(reported).toEqual([down, forgotten]);
    } finally {
      process.off('unhandledRejection', hear);
      for (const one of listeners) process.on('unhandledRejection', one);
    }
  });

  it("R28 each caller goes on in its own async context; the run has that of the call that started it", async () => {
    const store = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const guard = policy(coalesce(), fallback(() => void seen.push(['answers', store.getStore()])));
    guard.onEvent(({ type }) => seen.push([type, store.getStore()]));
    const load = guard.wrap(async (_id: number) => {
      seen.push(['runs', store.getStore()]);
      await Promise.resolve();
      throw down;
    });
    await Promise.all(['a', 'b'].map((name) => store.run(name, () => load(1))));
    expect(seen).toEqual([
      ['runs', 'a'],
      ['waiting', 'b'],
      ['attempt-failed', 'a'],
      ['served', 'b'],
      ['fell-back', 'a'],
      ['answers', 'a'],
      ['fell-back', 'b'],
      ['answers', 'b'],
    ]);
  });

  it('R27 shares runs among the policies that it is in', async () => {
    const shared = coalesce();
    const late = deferred<string>();
    let calls = 0;
    const fn = (_id: number): Promise<string> => ((calls += 1), late.promise);
    const one = policy(shared, retry()).wrap(fn)(1);
    const two = policy(shared, breaker()).wrap(fn)(1);
    late.resolve('for both');
    expect([await one, await two, calls]).toEqual(['for both', 'for both', 1]);
  });

  it('R26 is no circle where one object stands outside and inside', async () => {
    const shared = coalesce();
    const inner = shared.wrap(async (id: number) => `user ${id}`);
    const load = shared.wrap(inner);
    expect(await Promise.all([load(1), load(1)])).toEqual(['user 1', 'user 1']);
  });

  it('keeps nothing of a run when it is over, and of one that hangs only as long as somebody waits', async () => {
    const { call, stage, guard, clock } = on();
    const callers = Array.from({ length: 100 }, () => new AbortController());
    callers.forEach(({ signal }, i) => call(i, signal));
    expect(isIdle(guard)).toBe(false);
    callers.forEach((caller) => caller.abort());
    expect(isIdle(guard)).toBe(true);
    call(1);
    stage.at(100).resolve(1);
    await flush();
    expect([isIdle(guard), clock.armed]).toEqual([true, 0]);
  });
});
