/** The fallback: for what it answers, with what it is told, and how it fails. */
import { describe, expect, it } from 'vitest';
import {
  anyError,
  breaker,
  CircuitIsolatedError,
  CircuitOpenError,
  deadline,
  DeadlineExceededError,
  errors,
  fallback,
  ignoring,
  outcomes,
  policy,
  results,
  retry,
  timeout,
  TimeoutError,
  type FallbackContext,
  type Handle,
} from '../../src/index.ts';
import { hangs } from '../helpers/functions.ts';
import { fateOf, linesOf, microtasks, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);

describe('fallback', () => {
  it('C7 R21 runs once a call, outside all guards, with the error, its context and the call’s own arguments', async () => {
    const clock = new VirtualClock();
    const told: unknown[][] = [];
    const guard = policy(
      fallback((error, ctx, ...args) => told.push([error, ctx.attempt, ctx.outcome, ...args])),
      breaker({ clock }),
      retry({ attempts: 3, delay: 10 }),
    );
    const lines = linesOf(guard);
    const fate = fateOf(guard.wrap((_doc: string, _page: number) => fails())('doc', 7));
    await clock.drain();
    expect([fate.value, told]).toEqual([1, [[down, 3, { error: down }, 'doc', 7]]]);
    expect(lines.slice(-2)).toEqual(['attempt 3 failed', 'fell back']);
  });

  it('R21 is told of a bad value with no error, and says how often it was tried where the call was turned away', async () => {
    const told: unknown[] = [];
    const handler = (error: unknown, { attempt, outcome }: FallbackContext): string => {
      told.push(error, attempt, outcome);
      return 'instead';
    };
    expect(await fallback(handler, { handle: results((v) => v === 'bad') }).execute(() => 'bad')).toBe('instead');
    const circuit = breaker();
    circuit.open();
    await policy(circuit, fallback((error, ctx) => told.push(ctx.attempt, error instanceof CircuitOpenError))).execute(() => 1);
    expect(told).toEqual([undefined, 1, { value: 'bad' }, 0, true]);
  });

  it('R21 gives values as they are, falsy ones and promises, too', async () => {
    for (const value of [undefined, null, 0, '', false]) expect(await fallback(value).execute(fails)).toBe(value);
    expect(await fallback(Promise.resolve('soon')).execute(fails)).toBe('soon');
    expect(await fallback(async () => 'later').execute(fails)).toBe('later');
    const thenable = { then: (resolve: (value: string) => void) => resolve('adopted') };
    expect(await fallback(() => thenable).execute(fails)).toBe('adopted');
    expect(fallback('now').executeSync(() => { throw down; })).toBe('now');
  });

  it('passes a good answer on untouched, and does not run', async () => {
    let ran = 0;
    const answer = {};
    expect(await fallback(() => (ran += 1)).execute(() => answer)).toBe(answer);
    expect(ran).toBe(0);
  });

  it('R21 is bounded by no timeout and no deadline', async () => {
    const clock = new VirtualClock();
    const guard = policy(
      timeout(50),
      deadline(80, { clock }),
      fallback(() => new Promise((resolve) => clock.setTimer(() => resolve('at last'), 10_000))),
    );
    const fate = fateOf(guard.execute(hangs), clock);
    await clock.drain();
    expect([fate.value, fate.at, clock.armed]).toEqual(['at last', 10_050, 0]);
  });

  it('D11 its answer, good or bad, is no success and no failure of the breaker', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    await policy(circuit, fallback('instead')).execute(fails);
    await policy(circuit, fallback(() => Promise.reject(new Error('worse')))).execute(() => 'up');
    expect(circuit.stats()).toMatchObject({ succeeded: 1, failed: 1 });
  });

  it('R21 onSuccess and onFailure speak of the guarded outcome', async () => {
    const heard: unknown[] = [];
    const guard = fallback('instead');
    guard.onSuccess(() => heard.push('success'));
    guard.onFailure(({ reason, handled }) => heard.push(reason, handled));
    await guard.execute(fails);
    expect(heard).toEqual([{ error: down }, true]);
  });

  describe('what it answers', () => {
    const open = breaker();
    open.open();
    const isolated = breaker();
    isolated.isolate();

    it.each([
      ['an open circuit', open],
      ['an isolated one', isolated],
    ])('R13 R21 by default every local rejection: %s', async (_, circuit) => {
      expect(await policy(circuit, fallback('instead')).execute(() => 1)).toBe('instead');
    });

    it.each([
      ['a timeout', timeout(5), TimeoutError],
      ['a deadline', deadline(5), DeadlineExceededError],
    ])('and %s', async (_, layer, kind) => {
      const told: unknown[] = [];
      await policy(layer, fallback((error) => told.push(error))).execute(hangs);
      expect(told[0]).toBeInstanceOf(kind);
    });

    const rejections: [string, Handle, boolean][] = [
      ['the class', CircuitOpenError, true],
      ['errors(class)', errors(CircuitOpenError), true],
      ['errors(class, predicate)', errors(CircuitOpenError, ({ retryAfter }) => retryAfter > 1), true],
      ['a list with the class', [TypeError, CircuitOpenError], true],
      ['anyError', anyError, true],
      ['another class', TypeError, false],
      ['a class derived from it', CircuitIsolatedError, false],
      ['a predicate', () => true, false],
      ['outcomes(predicate)', outcomes(() => true), false],
      ['a list of a class and a predicate', [TypeError, () => true], false],
      ['ignoring(the class)', ignoring(CircuitOpenError), false],
      ['ignoring(anyError)', ignoring(anyError), false],
      ['ignoring(another class)', ignoring(TypeError), true],
      ['ignoring(predicate)', ignoring(() => true), true],
      ['ignoring(another class, predicate)', ignoring(TypeError, () => true), true],
      ['results(predicate), which keeps the default for errors', results(() => true), true],
    ];
    it.each(rejections)('R13 shows a local rejection to a handle that names it: %s → %s %s', async (_, handle, answered) => {
      const outcome = await policy(open, fallback('instead', { handle })).execute(() => 1).catch(() => 'rejected');
      expect(outcome).toBe(answered ? 'instead' : 'rejected');
    });

    it('handle narrows it: what that does not name is passed on untouched', async () => {
      const narrow = fallback('instead', { handle: errors(TypeError) });
      await expect(narrow.execute(fails)).rejects.toBe(down);
      expect(await narrow.execute(() => Promise.reject(new TypeError('a bug')))).toBe('instead');
    });

    it.each([
      ['false', () => false as const],
      ['ignore', () => 'ignore' as const],
      ['ignoring(…)', ignoring(Error)],
    ])('R14 false and ignore are the same: %s', async (_, handle) => {
      await expect(fallback('instead', { handle }).execute(fails)).rejects.toBe(down);
    });

    it('R14 a handle that throws answers nothing and is reported, also about a local rejection', async () => {
      const reports: unknown[] = [];
      const trouble = new Error('in handle');
      const throwing = (): never => {
        throw trouble;
      };
      const onListenerError = (error: unknown): unknown => reports.push(error);
      await expect(fallback('instead', { handle: throwing, onListenerError }).execute(fails)).rejects.toBe(down);
      const aboutOpen = policy(open, fallback('instead', { handle: errors(CircuitOpenError, throwing), onListenerError }));
      await expect(aboutOpen.execute(() => 1)).rejects.toBeInstanceOf(CircuitOpenError);
      expect(reports).toEqual([trouble, trouble]);
    });

    it('R15 takes over what the layers inside said: a bad value that retry gave up on', async () => {
      const guard = policy(retry({ attempts: 2, delay: 0, handle: results((n) => n === 0) }), fallback('instead'));
      expect([await guard.execute(() => 0), await guard.execute(() => 1)]).toEqual(['instead', 1]);
    });

    it('R15 and not what they ignored', async () => {
      await expect(policy(breaker({ handle: ignoring(Error) }), fallback('instead')).execute(fails)).rejects.toBe(down);
    });
  });

  describe('when it fails itself', () => {
    it.each([
      ['throws', (error: Error) => { throw error; }],
      ['rejects', (error: Error) => Promise.reject(error)],
    ])('D11 R21 %s: its error surfaces with the original as its cause', async (_, fail) => {
      const worse = new Error('worse');
      await expect(fallback(() => fail(worse)).execute(fails)).rejects.toBe(worse);
      expect(worse.cause).toBe(down);
    });

    it('D11 keeps both errors in reach where no cause can be set, and a bad value, too', async () => {
      const frozen = Object.freeze(new Error('frozen'));
      const both = await fallback(() => Promise.reject(frozen)).execute(fails).catch((error: unknown) => error);
      expect(both).toBeInstanceOf(AggregateError);
      expect([(both as AggregateError).errors, (both as Error).cause]).toEqual([[frozen, down], down]);
      const worse = new Error('worse');
      await fallback(() => Promise.reject(worse), { handle: results(() => true) }).execute(() => 'bad').catch(() => {});
      expect(worse.cause).toBe('bad');
    });

    it('D11 R24 refuses a promise in a synchronous call, with the original in reach', () => {
      const guard = fallback(async () => 'later');
      let thrown: unknown;
      try {
        (guard as unknown as { executeSync: (fn: () => unknown) => unknown }).executeSync(() => { throw down; });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(TypeError);
      expect((thrown as Error).cause).toBe(down);
    });

    it('is not tried again, and is not retried', async () => {
      let ran = 0;
      const guard = policy(retry({ attempts: 3, delay: 0 }), fallback(() => ((ran += 1), Promise.reject(new Error('worse')))));
      await guard.execute(fails).catch(() => {});
      expect(ran).toBe(1);
    });
  });

  describe('when the caller aborts', () => {
    it('R21 does not answer an abort before it', async () => {
      const stage = new Stage(new VirtualClock());
      const controller = new AbortController();
      const guard = policy(retry({ delay: 10 }), fallback('instead'));
      const lines = linesOf(guard);
      const fate = fateOf(guard.execute(stage.fn, controller.signal));
      controller.abort('gone');
      await flush();
      expect([fate.error, lines]).toEqual(['gone', []]);
    });

    it.each([0, 1, 2, 3, 4, 5, 6, 7])('R21 rejects with the reason where that is %i microtasks after the guarded outcome', async (ticks) => {
      const stage = new Stage(new VirtualClock());
      const controller = new AbortController();
      let asked = 0;
      const guard = policy(breaker(), retry({ attempts: 1 }), fallback(() => (asked += 1)));
      const fate = fateOf(guard.execute(stage.fn, controller.signal));
      stage.at(0).reject(down);
      await microtasks(ticks);
      controller.abort('gone');
      await flush();
      expect([fate.state, fate.error ?? fate.value]).toEqual(asked === 0 ? ['error', 'gone'] : ['value', 1]);
    });

    it('R21 rejects with the reason where that is during it, and its signal says so', async () => {
      const controller = new AbortController();
      let signal: AbortSignal | undefined;
      const fate = fateOf(fallback((_, ctx) => ((signal = ctx.signal), hangs())).execute(fails, controller.signal));
      await flush();
      expect(signal?.aborted).toBe(false);
      controller.abort('gone');
      await flush();
      expect([fate.error, signal?.reason]).toEqual(['gone', 'gone']);
    });

    it('R21 rejects with the reason where its own synchronous handler aborts, or throws after it', async () => {
      const controller = new AbortController();
      const thrower = fallback(() => {
        controller.abort('gone');
        throw new Error('worse');
      });
      await expect(thrower.execute(fails, controller.signal)).rejects.toBe('gone');
    });

    it('D6 rejects with the reason where a listener of its event aborts', async () => {
      const controller = new AbortController();
      let asked = 0;
      const guard = fallback(() => ((asked += 1), hangs()));
      guard.onEvent(({ type }) => type === 'fell-back' && controller.abort('gone'));
      const fate = fateOf(guard.execute(fails, controller.signal));
      await flush();
      expect([fate.error, asked]).toEqual(['gone', 0]);
    });

    it('R12 lets a good value stand that arrives while the signal is aborted', async () => {
      const controller = new AbortController();
      const guard = fallback('instead', { handle: results(() => true) });
      expect(await guard.execute(() => (controller.abort('gone'), 'value'), controller.signal)).toBe('value');
    });
  });
});
