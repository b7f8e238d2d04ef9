/** The timeout of an attempt: at once or cooperative, what wins, and what is dropped. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  deadline,
  DeadlineExceededError,
  policy,
  retry,
  timeout,
  TimeoutError,
  type TimeoutPolicy,
} from '../../src/index.ts';
import { hangs } from '../helpers/functions.ts';
import { fateOf, rig, type Rig, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

function rigged(mode: 'aggressive' | 'cooperative'): Rig<TimeoutPolicy> {
  return rig((clock) => timeout({ after: 50, mode, clock }));
}

describe('timeout', () => {
  it('refuses options that come second, but is called by `map` as any function is', () => {
    const second = timeout as (...given: unknown[]) => TimeoutPolicy;
    expect(() => second(50, { mode: 'cooperative' })).toThrow(TypeError);
    expect(() => second(50, 'cooperative')).toThrow('timeout expects one argument, got "cooperative" as argument 2');
    expect([50, 60].map(second).map(String)).toEqual(['timeout 50 ms ▸ fn', 'timeout 60 ms ▸ fn']);
    expect(String(second(50, undefined))).toBe('timeout 50 ms ▸ fn');
  });

  it('rejects at its time, aborts the signal with the same error, and tells of it', async () => {
    const { clock, stage, lines, call } = rigged('aggressive');
    const fate = call();
    const { signal } = stage.at(0).ctx;
    await clock.to(49);
    expect([fate.state, signal.aborted]).toEqual(['pending', false]);
    await clock.to(50);
    expect(fate.error).toBeInstanceOf(TimeoutError);
    expect([fate.at, fate.error.after, signal.reason === fate.error, clock.armed]).toEqual([50, 50, true, 0]);
    expect(lines).toEqual(['attempt 1 timed out after 50', 'attempt 1 failed']);
  });

  it.each(['resolve', 'reject'] as const)('C4 drops what comes late (%s) without a trace', async (settle) => {
    const { clock, stage, call } = rigged('aggressive');
    const fate = call();
    await clock.to(60);
    stage.at(0)[settle](new Error('late'));
    await flush();
    expect(fate.error).toBeInstanceOf(TimeoutError);
  });

  it('C10 has one winner where answer and timeout fall in one tick: the first', async () => {
    for (const [settleAt, state] of [
      [50, 'value'],
      [50.1, 'error'],
    ] as const) {
      const clock = new VirtualClock();
      clock.setTimer(() => stage.at(0).resolve('in time'), settleAt);
      const stage = new Stage(clock);
      const fate = fateOf(timeout({ after: 50, clock }).execute(stage.fn), clock);
      await clock.to(100);
      expect(fate.state).toBe(state);
    }
  });

  it('C6 gives each attempt a signal and a time of its own', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const guard = policy(timeout({ after: 50, clock }), retry({ attempts: 2, delay: 30 }));
    const fate = fateOf(guard.execute(stage.fn), clock);
    const first = stage.at(0).ctx.signal;
    await clock.to(80);
    const second = stage.at(1).ctx.signal;
    expect([first.aborted, second.aborted, first === second]).toEqual([true, false, false]);
    await clock.to(129);
    expect(fate.state).toBe('pending');
    stage.at(1).resolve('up');
    await flush();
    expect([fate.value, second.aborted]).toEqual(['up', false]);
  });

  it('C2 never fires early where it is Infinity or above 2³¹−1', async () => {
    for (const after of [Infinity, 2 ** 31, 2 ** 40]) {
      const clock = new VirtualClock();
      const fate = fateOf(timeout({ after, clock }).execute(hangs), clock);
      await clock.to(2 ** 31 - 1);
      expect(fate.state).toBe('pending');
      await clock.to(2 ** 41);
      expect(fate.at).toBe(after === Infinity ? undefined : after);
      expect(clock.armed).toBe(0);
    }
  });

  it('R22 a sync function that overruns keeps its value', async () => {
    const clock = new VirtualClock();
    const answer = await timeout({ after: 50, clock }).execute(() => (clock.time += 100));
    expect([answer, clock.armed]).toEqual([100, 0]);
  });

  describe("in the mode 'cooperative'", () => {
    it.each([
      ['a value', 'resolve', 'answer'],
      ['an error of its own', 'reject', new Error('mine')],
    ] as const)('R22 waits for the function: %s stands, and the timeout is an event', async (_, settle, outcome) => {
      const { clock, stage, lines, call } = rigged('cooperative');
      const fate = call();
      await clock.to(500);
      expect([fate.state, stage.at(0).ctx.signal.aborted, lines]).toEqual(['pending', true, ['attempt 1 timed out after 50']]);
      stage.at(0)[settle](outcome);
      await flush();
      expect([fate.value ?? fate.error, clock.armed]).toEqual([outcome, 0]);
    });

    it.each([
      ['the reason itself', (reason: unknown) => reason],
      ['an AbortError', () => new DOMException('aborted', 'AbortError')],
      ['an error around the reason', (reason: unknown) => new Error('request failed', { cause: reason })],
    ])('R22 a rejection caused by our signal (%s) becomes the TimeoutError', async (_, error) => {
      const { clock, stage, call } = rigged('cooperative');
      const fate = call();
      const { signal } = stage.at(0).ctx;
      signal.addEventListener('abort', () => stage.at(0).reject(error(signal.reason)));
      await clock.to(50);
      expect(fate.error).toBeInstanceOf(TimeoutError);
      expect(fate.error).toBe(signal.reason);
    });

    it('R22 an AbortError before the time is the function’s own', async () => {
      const { stage, call } = rigged('cooperative');
      const fate = call();
      const error = new DOMException('aborted', 'AbortError');
      stage.at(0).reject(error);
      await flush();
      expect(fate.error).toBe(error);
    });

    it('R22 an error that cannot be read is the function’s own', async () => {
      const { clock, stage, call } = rigged('cooperative');
      const fate = call();
      await clock.to(60);
      const hostile = new Proxy(new Error('hostile'), {
        get: () => {
          throw new Error('in the trap');
        },
      });
      stage.at(0).reject(hostile);
      await flush();
      expect(fate.error === hostile).toBe(true);
    });

    it("C5 the caller's abort after the time surfaces with the caller's reason", async () => {
      const { clock, call } = rigged('cooperative');
      const controller = new AbortController();
      const fate = call(controller.signal);
      await clock.to(60);
      controller.abort();
      await flush();
      expect([fate.error, fate.at]).toEqual([controller.signal.reason, 60]);
    });

    it('R20 the deadline still ends what the timeout waits for', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const circuit = breaker({ clock, counts: 'attempts', failureThreshold: 9 });
      const guard = policy(circuit, deadline(120), retry({ delay: 1 }), timeout({ after: 50, mode: 'cooperative' }));
      const fate = fateOf(guard.execute(stage.fn), clock);
      await clock.to(1_000);
      expect([fate.at, fate.error instanceof DeadlineExceededError, fate.error.cause, clock.armed]).toEqual([120, true, undefined, 0]);
      expect([stage.attempts.length, circuit.failures]).toEqual([1, 1]);
    });
  });
});
