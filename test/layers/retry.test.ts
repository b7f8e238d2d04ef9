/** Retry: how many attempts, when, and what surfaces; its delays, and how it ends in the middle of one. */
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  breaker,
  CircuitOpenError,
  deadline,
  DeadlineExceededError,
  exponential,
  policy,
  results,
  retry,
  timeout,
  TimeoutError,
  type Delay,
  type RetryOptions,
  type RetryPolicy,
} from '../../src/index.ts';
import { deferred, hangs } from '../helpers/functions.ts';
import { fateOf, linesOf, microtasks, rig, type Rig, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

function rigged(options: RetryOptions = {}): Rig<RetryPolicy> {
  return rig((clock) => retry({ clock, ...options }));
}

describe('retry', () => {
  it.each([1, 2, 5])('B1 makes %i attempts in all, each after the one before it has settled', async (attempts) => {
    const { clock, stage, call, lines } = rigged({ attempts, delay: 100 });
    const fate = call();
    for (let i = 0; i < attempts; i++) {
      expect(stage.attempts).toHaveLength(i + 1);
      await clock.advance(5_000);
      expect(stage.attempts).toHaveLength(i + 1);
      stage.at(i).reject(down);
      await clock.advance(99);
      expect(stage.attempts).toHaveLength(i + 1);
      await clock.advance(1);
    }
    await clock.advance(60_000);
    expect(stage.attempts.map(({ ctx }) => ctx.attempt)).toEqual(Array.from({ length: attempts }, (_, i) => i + 1));
    expect([fate.error, clock.armed]).toEqual([down, 0]);
    expect(lines.filter((line) => line.startsWith('retry'))).toHaveLength(attempts - 1);
  });

  it('B1 starts the next attempt after one that timed out, while the first still hangs', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const guard = policy(retry({ delay: 100, clock }), timeout(1_000));
    const lines = linesOf(guard);
    const fate = fateOf(guard.execute(stage.fn), clock);
    await clock.drain();
    expect([stage.starts, fate.at]).toEqual([[0, 1_100, 2_200], 3_200]);
    expect(fate.error).toBeInstanceOf(TimeoutError);
    expect(lines.slice(0, 3)).toEqual(['attempt 1 timed out after 1000', 'attempt 1 failed', 'retry after 1 in 100']);
  });

  it('B1 goes on without an end where attempts is Infinity, and the stack does not grow', () => {
    let calls = 0;
    const guard = retry({ attempts: Infinity, delay: 0 });
    const answer = guard.executeSync(() => {
      calls += 1;
      if (calls < 20_000) throw down;
      return calls;
    });
    expect(answer).toBe(20_000);
  });

  it.each([new Error('plain'), Object.freeze(new Error('frozen')), undefined, null, 0, 'text', Object.freeze({ code: 1 })])(
    'B13 rejects with the last error itself (%s), unchanged',
    async (error) => {
      const { clock, stage, call } = rigged({ attempts: 2, delay: 1 });
      const fate = call();
      stage.at(0).reject(new Error('the first'));
      await clock.advance(1);
      stage.at(1).reject(error);
      await flush();
      expect([fate.state, Object.is(fate.error, error)]).toEqual(['error', true]);
      if (error instanceof Error) expect(Object.keys(error)).toEqual([]);
    },
  );

  it('answers the last bad value as it is, without a wait after it', async () => {
    const { clock, stage, call } = rigged({ attempts: 2, delay: 100, handle: results((v) => v === 'bad') });
    const fate = call();
    stage.at(0).resolve('bad');
    await clock.to(100);
    stage.at(1).resolve('bad');
    await flush();
    expect(fate).toMatchObject({ state: 'value', value: 'bad', at: 100 });
  });

  it('B2 never repeats a rejection of our own, whatever handle says', async () => {
    const circuit = breaker();
    circuit.open();
    const guarded = circuit.wrap(() => 1);
    let calls = 0;
    const lines: string[] = [];
    const guard = retry({ delay: 0, handle: () => true });
    guard.onEvent(({ type }) => lines.push(type));
    await expect(guard.execute(() => (calls++, guarded()))).rejects.toBeInstanceOf(CircuitOpenError);
    expect([calls, lines]).toEqual([1, []]);
  });

  it('has an exponential backoff with full jitter by default', async () => {
    const { clock, stage, call } = rigged({ attempts: 4 });
    call();
    clock.draw = () => 0.999_999;
    for (let i = 0; i < 3; i++) {
      stage.at(i).reject(down);
      await clock.advance(30_000);
    }
    const waits = stage.starts.slice(1).map((at, i) => at - i * 30_000);
    expect(waits.map(Math.round)).toEqual([500, 1_000, 2_000]);
  });

  it('B9 waits neither less than 0 nor longer than the ceiling, for any attempt', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ first: fc.nat(1_000), factor: fc.double({ min: 1, max: 1e6, noNaN: true }) }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        async (backoff, draw) => {
          const { clock, lines, call, stage } = rigged({ attempts: 12, delay: exponential({ ...backoff, max: 5_000 }) });
          clock.draw = () => draw;
          call();
          for (let i = 0; i < 11; i++) {
            stage.at(i).reject(down);
            await clock.advance(5_000);
          }
          const delays = lines.filter((line) => line.startsWith('retry')).map((line) => Number(line.split(' in ')[1]));
          expect(delays).toHaveLength(11);
          expect(delays.every((delay) => delay >= 0 && delay <= 5_000)).toBe(true);
          stage.at(-1).resolve(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  describe('delay as a list', () => {
    it('R19 repeats its last delay, and is begun anew for each call', async () => {
      const { clock, stage, call } = rigged({ attempts: 5, delay: [10, 30] });
      call();
      for (let i = 0; i < 4; i++) {
        stage.at(i).reject(down);
        await clock.advance(30);
      }
      expect(stage.starts).toEqual([0, 10, 60, 90, 120]);
      stage.at(4).resolve(0);
      await clock.to(1_000);
      call();
      stage.at(5).reject(down);
      await clock.advance(10);
      expect(stage.starts.at(-1)).toBe(1_010);
      stage.at(6).resolve(0);
    });

    it('R19 refuses one that can be iterated only once', () => {
      expect(() => retry({ delay: [1, 2].values() })).toThrow('delay must be a list that can be iterated anew');
    });

    describe('that is a generator', () => {
      function counted(): { list: Iterable<number>; begun: () => number; closed: () => number } {
        let [begun, closed] = [0, 0];
        const list = {
          *[Symbol.iterator]() {
            begun += 1;
            try {
              for (;;) yield 1_000;
            } finally {
              closed += 1;
            }
          },
        };
        return { list, begun: () => begun, closed: () => closed };
      }
      const ends: [string, (delay: Delay) => Promise<unknown>][] = [
        ['the deadline refuses the first wait', (delay) => policy(deadline(100), retry({ delay })).execute(() => Promise.reject(down))],
        [
          'a function that throws at once meets the deadline',
          (delay) =>
            policy(deadline(100), retry({ delay })).execute(() => {
              throw down;
            }),
        ],
        [
          'a hint is too long, on a value',
          (delay) => retry({ delay, maxRetryAfterMs: 1, handle: results(() => true) }).execute(() => ({ headers: { 'retry-after': '9' } })),
        ],
        [
          'the caller aborts',
          (delay) => {
            const controller = new AbortController();
            const promise = retry({ delay }).execute(() => Promise.reject(down), controller.signal);
            setImmediate(() => controller.abort());
            return promise;
          },
        ],
      ];
      it.each(ends)('R19 is let go when %s', async (_, end) => {
        const { list, begun, closed } = counted();
        await end(list).catch(() => {});
        expect([begun(), closed()]).toEqual([1, 1]);
      });

      it('R19 is not begun where nothing fails', async () => {
        const { list, begun } = counted();
        await retry({ delay: list }).execute(() => 1);
        expect(begun()).toBe(0);
      });
    });
  });

  describe('delay as a function', () => {
    it('is told what failed and which attempt it was, error or value, and its signal', async () => {
      const told: unknown[] = [];
      const { clock, stage, call } = rigged({
        attempts: 3,
        handle: [results((v) => v === 'bad'), Error],
        delay: ({ attempt, error, value, signal }) => told.push(attempt, error, value, signal.aborted),
      });
      call();
      stage.at(0).reject(down);
      await clock.advance(4);
      stage.at(1).resolve('bad');
      await clock.advance(8);
      expect(stage.starts).toEqual([0, 4, 12]);
      expect(told).toEqual([1, down, undefined, false, 2, undefined, 'bad', false]);
      stage.at(2).resolve('good');
    });

    it('is waited for, and then its delay', async () => {
      const { clock, stage, lines, call } = rigged({ delay: () => new Promise((resolve) => clock.setTimer(() => resolve(50), 200)) });
      call();
      stage.at(0).reject(down);
      await clock.to(250);
      expect(stage.starts).toEqual([0, 250]);
      expect(lines).toEqual(['attempt 1 failed', 'retry after 1 in 50']);
      stage.at(1).resolve(0);
    });

    const junk: unknown[] = ['5', NaN, -1, Infinity, undefined, null, {}, 5n];
    it.each([...junk, ...junk.map((value) => Promise.resolve(value))])('B15 answers junk (%s): the call ends with its own error, the junk is reported', async (answer) => {
      const reports: unknown[] = [];
      const { stage, clock, call } = rigged({ delay: () => answer as number, onListenerError: (error) => reports.push(error) });
      const fate = call();
      stage.at(0).reject(down);
      await flush();
      expect([fate.error, reports.length, clock.armed]).toEqual([down, 1, 0]);
      expect(String((reports[0] as Error).message)).toContain('retry: delay');
    });

    it.each([
      ['throws', () => { throw new Error('in delay'); }],
      ['rejects', () => Promise.reject(new Error('in delay'))],
    ])('B15 %s: the call ends with its own error, and what went wrong is reported', async (_, delay) => {
      const reports: unknown[] = [];
      const { stage, clock, call } = rigged({ delay, onListenerError: (error) => reports.push(error) });
      const fate = call();
      stage.at(0).reject(down);
      await flush();
      expect([fate.error, reports, clock.armed]).toEqual([down, [new Error('in delay')], 0]);
    });

    it('B15 that rejects in answer to a bad value ends with that value', async () => {
      const { stage, call } = rigged({ handle: results(() => true), delay: () => Promise.reject(down), onListenerError: () => {} });
      const fate = call();
      stage.at(0).resolve('bad');
      await flush();
      expect(fate.value).toBe('bad');
    });

    it('B6 hangs: an abort ends the call with its reason, and its signal says so', async () => {
      let signal: AbortSignal | undefined;
      const { clock, stage, call } = rigged({ delay: (ctx) => ((signal = ctx.signal), hangs()) });
      const controller = new AbortController();
      const fate = call(controller.signal);
      stage.at(0).reject(down);
      await clock.to(500);
      controller.abort('enough');
      await flush();
      expect([fate.error, fate.at, signal?.reason, clock.armed]).toEqual(['enough', 500, 'enough', 0]);
    });

    it('F5 hangs: an opening ends the call, with its own error as the cause', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const circuit = breaker({ clock });
      const fate = fateOf(policy(circuit, retry({ delay: hangs })).execute(stage.fn), clock);
      stage.at(0).reject(down);
      await clock.to(500);
      circuit.open();
      await flush();
      expect([fate.error instanceof CircuitOpenError, fate.error.cause, fate.at, clock.armed]).toEqual([true, down, 500, 0]);
    });

    it('R20 hangs: the deadline ends the call, with its own error as the cause', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const guard = policy(deadline(1_000, { clock }), retry({ delay: hangs }));
      const lines = linesOf(guard);
      const fate = fateOf(guard.execute(stage.fn), clock);
      stage.at(0).reject(down);
      await clock.drain();
      expect([fate.error instanceof DeadlineExceededError, fate.error.cause, fate.at, clock.armed]).toEqual([true, down, 1_000, 0]);
      expect(lines).toEqual(['attempt 1 failed', 'rejected by deadline: DeadlineExceededError']);
    });

    it.each([0, 1, 2, 3, 4])('F5 answers, and the circuit opens %i microtasks later: nobody sleeps under it', async (ticks) => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const circuit = breaker({ clock });
      const answer = deferred<number>();
      const fate = fateOf(policy(circuit, retry({ delay: () => answer.promise })).execute(stage.fn), clock);
      stage.at(0).reject(down);
      await flush();
      answer.resolve(1_000);
      await microtasks(ticks);
      circuit.open();
      await flush();
      expect([fate.error instanceof CircuitOpenError, fate.error.cause, fate.at, clock.armed]).toEqual([true, down, 0, 0]);
    });

    it.each([
      ['and answers', 1_000],
      ['and hangs', new Promise<number>(() => {})],
    ])('B6 aborts the call %s: it ends at once, and no retry is told', async (_, answer) => {
      const controller = new AbortController();
      const { clock, stage, lines, call } = rigged({ delay: () => (controller.abort('gone'), answer) });
      const fate = call(controller.signal);
      stage.at(0).reject(down);
      await flush();
      expect([fate.error, clock.armed, lines]).toEqual(['gone', 0, ['attempt 1 failed']]);
    });
  });

  describe('when the caller aborts', () => {
    it.each([new Error('gone'), 'gone', null])('B6 B8 in a backoff it rejects now with the reason itself (%s)', async (reason) => {
      const { clock, stage, call } = rigged({ delay: 60_000 });
      const controller = new AbortController();
      const fate = call(controller.signal);
      stage.at(0).reject(down);
      await clock.to(500);
      controller.abort(reason);
      await flush();
      expect([fate.state, fate.error, fate.at, clock.armed, stage.attempts.length]).toEqual(['error', reason, 500, 0, 1]);
    });

    it.each([0, 1, 2, 3, 4, 5, 6])('B6 starts no attempt when that is %i microtasks after the wait', async (ticks) => {
      const timers: (() => void)[] = [];
      const { clock, stage, call } = rigged({ delay: 100, attempts: 2 });
      clock.setTimer = (callback) => timers.push(callback);
      clock.clearTimer = () => {};
      const controller = new AbortController();
      const fate = call(controller.signal);
      stage.at(0).reject(down);
      await flush();
      clock.time = 100;
      timers[0]?.();
      await microtasks(ticks);
      const started = stage.attempts.length;
      controller.abort('gone');
      await flush();
      expect([fate.error, stage.attempts.length]).toEqual(['gone', started]);
    });
  });
});
