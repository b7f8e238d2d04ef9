/** The hedge: when a further attempt starts, who wins, and what becomes of the others. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  deadline,
  DeadlineExceededError,
  hedge,
  ignoring,
  policy,
  quantile,
  results,
  retry,
  timeout,
  TimeoutError,
  type HedgeOptions,
  type PolicyOf,
} from '../../src/index.ts';
import { listenersOn } from '../helpers/listeners.ts';
import { fateOf, linesOf, rig, Stage, type Rig } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

function rigged(options: Partial<HedgeOptions> = {}): Rig<PolicyOf<any, any, never>> {
  return rig((clock) => hedge({ after: 100, clock, ...options }));
}

describe('hedge', () => {
  it('starts another attempt when the first is slow, and takes the first answer', async () => {
    const { clock, stage, lines, call } = rigged();
    const fate = call();
    await clock.to(99);
    expect(stage.starts).toEqual([0]);
    await clock.to(100);
    expect([stage.starts, lines]).toEqual([[0, 100], ['attempt 2 hedges']]);
    stage.at(1).resolve('second');
    await flush();
    expect([fate.value, clock.armed]).toEqual(['second', 0]);
  });

  it('starts none where the first answers in time, and leaves no timer', async () => {
    const { clock, stage, lines, call } = rigged();
    const fate = call();
    await clock.to(99);
    stage.at(0).resolve('first');
    await flush();
    expect([fate.value, clock.armed]).toEqual(['first', 0]);
    await clock.to(1_000);
    expect([stage.starts, lines]).toEqual([[0], []]);
  });

  it('takes an answer that is there at once', async () => {
    const clock = new VirtualClock();
    expect(await hedge({ after: 100, clock }).execute(() => 'at once')).toBe('at once');
    expect(clock.armed).toBe(0);
  });

  it('aborts the signal of the loser alone, with an AbortError; that of the winner stays as it is', async () => {
    const { clock, stage, call } = rigged();
    call();
    await clock.to(100);
    const [first, second] = [stage.at(0).ctx.signal, stage.at(1).ctx.signal];
    stage.at(1).resolve('second');
    await flush();
    expect([first.aborted, first.reason.name, first.reason instanceof Error]).toEqual([true, 'AbortError', true]);
    // Who reads the body of an answer does so after it has won: failsafe-go#65, failsafe-go#123.
    expect(second.aborted).toBe(false);
    await clock.to(10_000);
    expect(second.aborted).toBe(false);
  });

  it.each(['resolve', 'reject'] as const)('C4 drops what a loser comes to later (%s) without a trace', async (settle) => {
    const { clock, stage, lines, call } = rigged();
    const fate = call();
    await clock.to(100);
    stage.at(0).resolve('first');
    await flush();
    stage.at(1)[settle](new Error('late'));
    await flush();
    expect([fate.value, lines]).toEqual(['first', ['attempt 2 hedges']]);
  });

  it('C10 has one winner where two answer in one tick: the first', async () => {
    const { clock, stage, call } = rigged();
    const fate = call();
    await clock.to(100);
    stage.at(1).resolve('second');
    stage.at(0).resolve('first');
    await flush();
    // The other one was over by itself: there was nothing to abort.
    expect([fate.value, stage.at(0).ctx.signal.aborted]).toEqual(['second', false]);
  });

  it('has at most `max` attempts, a further one each time the delay has passed again', async () => {
    const { clock, stage, lines, call } = rigged({ max: 4 });
    call();
    await clock.to(10_000);
    expect(stage.starts).toEqual([0, 100, 200, 300]);
    expect(lines).toEqual(['attempt 2 hedges', 'attempt 3 hedges', 'attempt 4 hedges']);
    expect(stage.attempts.map(({ ctx }) => ctx.attempt)).toEqual([1, 2, 3, 4]);
    expect(clock.armed).toBe(0);
    stage.at(2).resolve('third');
    await flush();
    expect(stage.attempts.map(({ ctx }) => ctx.signal.aborted)).toEqual([true, true, false, true]);
  });

  it('never hedges where the delay is Infinity', async () => {
    const { clock, stage, call } = rigged({ after: Infinity });
    call();
    await clock.to(1e9);
    expect([stage.starts, clock.armed]).toEqual([[0], 0]);
  });

  it('C2 does not hedge early where the delay is above 2³¹−1', async () => {
    const { clock, stage, call } = rigged({ after: 2 ** 31 });
    call();
    await clock.to(2 ** 31 - 1);
    expect(stage.starts).toEqual([0]);
    await clock.to(2 ** 31);
    expect(stage.starts).toEqual([0, 2 ** 31]);
  });

  it('R28 every attempt runs in the async context of its own call', async () => {
    const clock = new VirtualClock();
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const guard = hedge({ after: 5 });
    const fn = async (ctx: { readonly attempt: number; readonly signal: AbortSignal }): Promise<string> => {
      seen.push([context.getStore(), ctx.attempt]);
      ctx.signal.addEventListener('abort', () => seen.push([context.getStore(), 'aborted']));
      if (ctx.attempt === 1) await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
      return String(context.getStore());
    };
    const answers = await Promise.all(['a', 'b'].map((name) => context.run(name, () => guard.execute(fn))));
    expect([answers, clock.armed]).toEqual([['a', 'b'], 0]);
    expect(seen.filter((entry) => (entry as unknown[])[0] === undefined)).toEqual([]);
    expect(seen.filter((entry) => (entry as unknown[])[1] === 2)).toEqual([['a', 2], ['b', 2]]);
    expect(seen.filter((entry) => (entry as unknown[])[1] === 'aborted')).toEqual([['a', 'aborted'], ['b', 'aborted']]);
  });

  it('hands each attempt the arguments and `this` of the call', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const load = hedge({ after: 10, clock }).wrapWithContext(function (this: { name: string }, { attempt }, id: number): unknown {
      seen.push([this.name, id]);
      return attempt === 1 ? new Promise(() => {}) : id;
    });
    const answer = load.call({ name: 'me' }, 7);
    await clock.to(10);
    expect([await answer, seen]).toEqual([7, [['me', 7], ['me', 7]]]);
  });

  it('D1 D4 passes what is thrown, by identity, also what is no error', async () => {
    for (const thrown of [undefined, null, 0, 'text', Object.freeze(new Error('frozen'))]) {
      const { stage, call } = rigged();
      const [now, later] = [fateOf(rigged().guard.execute(() => { throw thrown; })), call()];
      stage.at(0).reject(thrown);
      await flush();
      expect([now.state, now.error === thrown, later.state, later.error === thrown]).toEqual(['error', true, 'error', true]);
    }
  });

  describe('when an attempt fails', () => {
    it('ends at once where no other is under way: that is for retry', async () => {
      const { clock, stage, lines, call } = rigged();
      const fate = call();
      const boom = new Error('boom');
      await clock.to(50);
      stage.at(0).reject(boom);
      await flush();
      expect([fate.error === boom, fate.at, clock.armed]).toEqual([true, 50, 0]);
      expect([stage.starts, lines]).toEqual([[0], ['attempt 1 failed']]);
    });

    it.each([0, 1])('waits for the other (number %i fails first)', async (index) => {
      const { clock, stage, lines, call } = rigged();
      const fate = call();
      await clock.to(100);
      stage.at(index).reject(new Error('boom'));
      await flush();
      expect([fate.state, stage.at(1 - index).ctx.signal.aborted]).toEqual(['pending', false]);
      stage.at(1 - index).resolve('good');
      await flush();
      expect([fate.value, lines]).toEqual(['good', ['attempt 2 hedges', `attempt ${index + 1} failed`]]);
    });

    it('rejects with the last failure where all fail, and tells of each once', async () => {
      const { clock, stage, lines, call } = rigged();
      const fate = call();
      await clock.to(100);
      stage.at(1).reject(new Error('of the second'));
      await flush();
      stage.at(0).reject(new Error('of the first'));
      await flush();
      expect(fate.error.message).toBe('of the first');
      expect(lines).toEqual(['attempt 2 hedges', 'attempt 2 failed', 'attempt 1 failed']);
    });

    it('goes on to hedge beside the other', async () => {
      const { clock, stage, call } = rigged({ max: 3 });
      call();
      await clock.to(150);
      stage.at(1).reject(new Error('boom'));
      await clock.to(200);
      expect(stage.starts).toEqual([0, 100, 200]);
    });

    it('R14 takes a bad value for no answer where handle says so; the last one is the answer where there is no other', async () => {
      const { clock, stage, lines, call } = rigged({ handle: results((value) => value === 'bad') });
      const [good, bad] = [call(), call()];
      await clock.to(100);
      stage.at(0).resolve('bad');
      stage.at(1).resolve('bad');
      await flush();
      expect([good.state, bad.state]).toEqual(['pending', 'pending']);
      stage.at(2).resolve('good');
      stage.at(3).resolve('bad');
      await flush();
      expect([good.value, bad.value]).toEqual(['good', 'bad']);
      expect(lines.filter((line) => line.includes('failed'))).toEqual(['attempt 1 failed', 'attempt 1 failed', 'attempt 2 failed']);
    });

    it('R14 takes what handle ignores, or calls no failure, for the answer: the other is aborted', async () => {
      for (const handle of [ignoring(RangeError), (error: unknown) => !(error instanceof RangeError)]) {
        const { clock, stage, call } = rigged({ handle });
        const fate = call();
        await clock.to(100);
        const error = new RangeError('no such document');
        stage.at(1).reject(error);
        await flush();
        expect([fate.error === error, stage.at(0).ctx.signal.aborted]).toEqual([true, true]);
      }
    });

    it('R14 takes an outcome of which handle throws for the answer, and reports it', async () => {
      const reported: unknown[] = [];
      const boom = new Error('of handle');
      const { clock, stage, call } = rigged({ handle: () => { throw boom; }, onListenerError: (error) => reported.push(error) });
      const fate = call();
      await clock.to(100);
      stage.at(0).reject('down');
      await flush();
      expect([fate.error, reported, stage.at(1).ctx.signal.aborted]).toEqual(['down', [boom], true]);
    });
  });

  describe('when the caller aborts', () => {
    it.each([
      ['while one is under way', 50, 1],
      ['while two are', 150, 2],
    ])('A6 C5 B6 %s, the call ends with the reason, and so does every attempt', async (_, at, attempts) => {
      const { clock, stage, lines, call } = rigged();
      const controller = new AbortController();
      const listeners = listenersOn(controller.signal);
      const fate = call(controller.signal);
      await clock.to(at);
      const reason = new Error('enough');
      controller.abort(reason);
      await flush();
      expect([fate.error === reason, fate.at, clock.armed, listeners()]).toEqual([true, at, 0, 0]);
      expect(stage.attempts.map(({ ctx }) => ctx.signal.reason === reason)).toEqual(Array.from({ length: attempts }, () => true));
      await clock.to(1_000);
      expect([stage.attempts.length, lines.filter((line) => line.includes('failed'))]).toEqual([attempts, []]);
    });

    it('starts none, also where the delay is over in the same tick', async () => {
      const { clock, stage, call } = rigged();
      const controller = new AbortController();
      clock.setTimer(() => controller.abort('enough'), 100);
      const fate = call(controller.signal);
      await clock.to(500);
      expect([fate.error, stage.starts]).toEqual(['enough', [0]]);
      const second = rigged();
      const late = new AbortController();
      const other = second.call(late.signal);
      second.clock.setTimer(() => late.abort('enough'), 100);
      await second.clock.to(500);
      expect([other.error, second.stage.starts]).toEqual(['enough', [0, 100]]);
    });

    it('D6 starts none where who hears of it aborts', async () => {
      const { clock, stage, guard, call } = rigged();
      const controller = new AbortController();
      guard.onEvent(({ type }) => type === 'hedged' && controller.abort('by a listener'));
      const fate = call(controller.signal);
      await clock.to(500);
      expect([fate.error, stage.starts, clock.armed]).toEqual(['by a listener', [0], 0]);
    });

    it('leaves no listener on a signal that lives long', async () => {
      const { clock, stage, call } = rigged();
      const controller = new AbortController();
      const listeners = listenersOn(controller.signal);
      call(controller.signal);
      await clock.to(100);
      stage.at(0).resolve('first');
      await flush();
      expect(listeners()).toBe(0);
    });
  });

  describe('with a timeout', () => {
    it('gives each attempt a time of its own', async () => {
      const { clock, stage, lines, call } = rig((clock) => policy(hedge({ after: 100, clock }), timeout(250)));
      const fate = call();
      await clock.to(300);
      expect([fate.state, stage.at(0).ctx.signal.reason instanceof TimeoutError]).toEqual(['pending', true]);
      await clock.to(350);
      expect([fate.error instanceof TimeoutError, fate.at, clock.armed]).toEqual([true, 350, 0]);
      expect(lines).toEqual([
        'attempt 2 hedges',
        'attempt 1 timed out after 250',
        'attempt 1 failed',
        'attempt 2 timed out after 250',
        'attempt 2 failed',
      ]);
      expect(stage.starts).toEqual([0, 100]);
    });

    it('hedges nothing where the timeout is the shorter', async () => {
      const { clock, stage, call } = rig((clock) => policy(hedge({ after: 100, clock }), timeout(50)));
      const fate = call();
      await clock.to(500);
      expect([fate.at, stage.starts]).toEqual([50, [0]]);
    });
  });

  describe('with a deadline', () => {
    it.each([
      [100, [0]],
      [101, [0, 100]],
    ])('R20 hedges only what starts before it (%i ms)', async (within, starts) => {
      const { clock, stage, call } = rig((clock) => policy(hedge({ after: 100, clock }), deadline(within)));
      const fate = call();
      // The deadline, and with it nothing else where nothing is to be hedged.
      expect(clock.armed).toBe(starts.length);
      await clock.to(500);
      expect([fate.error instanceof DeadlineExceededError, fate.at, stage.starts, clock.armed]).toEqual([true, within, starts, 0]);
      expect(fate.error.attempts).toBe(starts.length);
    });

    it('R20 cuts all attempts at it, and retry makes no further one', async () => {
      const { clock, stage, call } = rig((clock) => policy(retry({ attempts: 3, delay: 10 }), hedge({ after: 100, clock }), deadline(150)));
      const fate = call();
      await clock.to(500);
      expect([fate.error instanceof DeadlineExceededError, fate.at, stage.starts]).toEqual([true, 150, [0, 100]]);
      expect(stage.attempts.map(({ ctx }) => ctx.signal.aborted)).toEqual([true, true]);
    });
  });

  describe('with a retry', () => {
    it('B1 the attempts side by side are one for it, numbered on', async () => {
      const { clock, stage, lines, call } = rig((clock) => policy(retry({ attempts: 2, delay: 10 }), hedge({ after: 100, clock })));
      const fate = call();
      await clock.to(100);
      stage.at(0).reject(new Error('first'));
      stage.at(1).reject(new Error('second'));
      await clock.to(210);
      expect(stage.starts).toEqual([0, 100, 110, 210]);
      expect(stage.attempts.map(({ ctx }) => ctx.attempt)).toEqual([1, 2, 3, 4]);
      stage.at(3).reject(new Error('fourth'));
      stage.at(2).reject(new Error('third'));
      await flush();
      expect([fate.error.message, clock.armed]).toEqual(['third', 0]);
      expect(lines).toEqual([
        'attempt 2 hedges',
        'attempt 1 failed',
        'attempt 2 failed',
        'retry after 2 in 10',
        'attempt 4 hedges',
        'attempt 4 failed',
        'attempt 3 failed',
      ]);
    });

    it('R15 a retry without a handle repeats what the hedge calls bad', async () => {
      const bad = results((value) => value === 'bad');
      const { clock, stage, call } = rig((clock) => policy(retry({ attempts: 2, delay: 10 }), hedge({ after: 100, handle: bad, clock })));
      const fate = call();
      stage.at(0).resolve('bad');
      await clock.to(10);
      stage.at(1).resolve('good');
      await flush();
      expect([fate.value, stage.starts]).toEqual(['good', [0, 10]]);
    });

    it('R15 what only the retry calls bad has won: the other is aborted, and then all is repeated', async () => {
      const bad = results((value) => value === 'bad');
      const { clock, stage, lines, call } = rig((clock) => policy(retry({ attempts: 2, delay: 10, handle: bad }), hedge({ after: 100, clock })));
      const fate = call();
      await clock.to(100);
      stage.at(0).resolve('bad');
      await clock.to(110);
      expect([stage.at(1).ctx.signal.aborted, stage.at(2).ctx.attempt]).toEqual([true, 3]);
      stage.at(2).resolve('good');
      await flush();
      expect(fate.value).toBe('good');
      expect(lines).toEqual(['attempt 2 hedges', 'attempt 1 failed', 'retry after 2 in 10']);
    });
  });

  describe('around another policy', () => {
    it('R26 R12 a loser ends what is nested in it, and the circuit in there takes it for cancelled', async () => {
      const inner = breaker({ failureThreshold: 1 });
      const { clock, stage } = rigged();
      const nested = policy(inner, retry({ attempts: 3, delay: 10 }), { clock }).wrapWithContext(stage.fn);
      const fate = fateOf(hedge({ after: 100, clock }).wrap(nested)(), clock);
      await clock.to(100);
      stage.at(1).resolve('second');
      await flush();
      expect([fate.value, stage.at(0).ctx.signal.reason.name, clock.armed]).toEqual(['second', 'AbortError', 0]);
      expect([inner.state, inner.stats()]).toMatchObject(['closed', { succeeded: 1, ignored: 1, failed: 0 }]);
    });
  });

  describe('after a quantile', () => {
    const p50 = quantile(0.5, { window: 4, minimum: 2 });

    /** A call whose first attempt takes `ms`, and its hedge, if there is one, `hedged`; answers when the hedge started. */
    async function after({ clock, stage, call }: Rig<any>, ms: number, hedged = Infinity): Promise<number | undefined> {
      const [from, at] = [stage.attempts.length, clock.time];
      const fate = call();
      clock.setTimer(() => stage.at(from).resolve('first'), ms);
      while (fate.state === 'pending') {
        await clock.to(clock.time + 1);
        const second = stage.attempts[from + 1];
        if (second !== undefined && clock.time - second.at >= hedged) {
          second.resolve('second');
          await flush();
        }
      }
      const started = stage.attempts[from + 1]?.at;
      await clock.to(at + 1_000);
      return started === undefined ? undefined : started - at;
    }

    it('hedges nothing before enough latencies were seen', async () => {
      const one = rigged({ after: p50 });
      expect(await after(one, 50)).toBeUndefined();
      expect(await after(one, 70)).toBeUndefined();
      expect(await after(one, 51)).toBe(50);
    });

    it('follows the latencies', async () => {
      const one = rigged({ after: p50 });
      for (const ms of [10, 10, 10, 10]) await after(one, ms);
      expect(await after(one, 20)).toBe(10);
      for (const ms of [20, 20, 20]) await after(one, ms);
      expect(await after(one, 30)).toBe(20);
    });

    it('takes one that was overtaken for as slow as it was by then, or the slow ones would never be seen', async () => {
      const one = rigged({ after: p50 });
      for (const ms of [10, 10, 10, 10]) await after(one, ms);
      // The hedge answers 5 ms after it started: the first was under way for 15.
      for (let i = 0; i < 3; i++) expect(await after(one, 500, 5)).toBe(10);
      expect(await after(one, 500, 5)).toBe(15);
    });

    it('takes nothing from attempts that fail, nor from those of the hedge itself', async () => {
      const one = rigged({ after: p50 });
      for (const ms of [10, 10, 10, 10]) await after(one, ms);
      for (let i = 0; i < 3; i++) {
        const from = one.stage.attempts.length;
        const fate = one.call();
        await one.clock.to(one.clock.time + 10);
        one.stage.at(from).reject(new Error('down'));
        await one.clock.to(one.clock.time + 90);
        one.stage.at(from + 1).resolve('second');
        await flush();
        expect(fate.value).toBe('second');
        const failed = one.call();
        await one.clock.to(one.clock.time + 5);
        one.stage.at(-1).reject(new Error('down'));
        await flush();
        expect(failed.state).toBe('error');
      }
      expect(await after(one, 20)).toBe(10);
    });

    it('waits for a millisecond at least, where all answered within the grain of the clock', async () => {
      const one = rigged({ after: p50 });
      for (let i = 0; i < 4; i++) await one.guard.execute(() => 'at once');
      one.call();
      await one.clock.to(0.9);
      expect(one.stage.starts).toEqual([0]);
      await one.clock.to(1);
      expect(one.stage.starts).toEqual([0, 1]);
    });

    it('R27 two hedges with one quantile watch for themselves, two policies with one hedge do so together', async () => {
      const clock = new VirtualClock();
      const shared = hedge({ after: p50, clock });
      for (let i = 0; i < 4; i++) await policy(shared, timeout(1_000)).execute(() => 'at once');
      const stage = new Stage(clock);
      void shared.execute(stage.fn);
      void hedge({ after: p50, clock }).execute(stage.fn);
      await clock.to(100);
      expect(stage.attempts.map(({ ctx }) => ctx.attempt)).toEqual([1, 1, 2]);
    });
  });

  it('describes itself', () => {
    expect(String(hedge({ after: 200 }))).toBe('hedge after 200 ms ▸ fn');
    expect(String(hedge({ after: 1_500, max: 3 }))).toBe('hedge ×3 after 1.5 s ▸ fn');
    expect(hedge({ after: quantile(0.95, { window: 50 }), max: 3 }).describe()).toEqual([
      {
        kind: 'hedge',
        role: 'guard',
        label: 'hedge ×3 after p95',
        options: { after: { quantile: 0.95, window: 50, minimum: 50 }, max: 3, budget: 'none', handle: 'default' },
      },
    ]);
  });

  it('cannot answer at once', () => {
    expect(() => (hedge({ after: 5 }) as any).executeSync(() => 1)).toThrow('executeSync: hedge after 5 ms needs time');
  });

  it.each([
    [undefined, 'hedge: after must be a duration in milliseconds above 0, or a quantile such as quantile(0.95), got undefined'],
    [{ after: 5, max: 1 }, 'hedge: max must be a whole number of at least 2, got 1'],
    [{ after: 5, max: Infinity }, 'hedge: max must be a whole number of at least 2, got Infinity'],
    [{ after: 5, max: 2.5 }, 'hedge: max must be a whole number of at least 2, got 2.5'],
    [{ after: 5, budget: {} }, 'hedge: budget must be a budget made by retryBudget({ tokens, ratio }), got an object'],
    [{ after: 5, handle: 5 }, 'hedge: handle must be '],
    [{ delay: 5 }, 'hedge has no option "delay"; it has after, max, budget, handle, clock, onListenerError'],
    [200, 'hedge expects an object of options (after, max, budget, handle, clock, onListenerError), got 200: write { after: 200 }'],
  ])('D9 refuses what it cannot use: %o', (options, message) => {
    expect(() => hedge(options as never)).toThrow(message);
  });
});

describe('the events of a hedge', () => {
  it('R30 a hedge is told right before its attempt starts', async () => {
    const clock = new VirtualClock();
    const guard = hedge({ after: 10, clock });
    const lines = linesOf(guard);
    const told: string[][] = [];
    void guard.execute(() => (told.push([...lines]), new Promise(() => {})));
    await clock.to(10);
    expect(told).toEqual([[], ['attempt 2 hedges']]);
  });
});
