import { describe, expect, it } from 'vitest';
import { policy, retry, timeout } from 'breakwater';
import { failsTimes, hangs, latency, manualClock, script } from 'breakwater/testing';
import { listenersOn } from '../helpers/listeners.ts';
import { fateOf } from '../helpers/stage.ts';

describe('failsTimes', () => {
  it('fails so many times, then answers, and counts', async () => {
    const fn = failsTimes(2, 'up');
    await expect(fn()).rejects.toThrow('failure 1');
    await expect(fn()).rejects.toThrow('failure 2');
    expect([await fn(), await fn(), fn.calls]).toEqual(['up', 'up', 4]);
  });

  it('fails with the errors that it is given, for ever if it shall, and answers nothing where nothing was given', async () => {
    const fn = failsTimes(Infinity, 'never', { error: (call) => ({ status: 500 + call }) });
    await expect(fn()).rejects.toEqual({ status: 501 });
    await expect(fn()).rejects.toEqual({ status: 502 });
    expect(await failsTimes(0)()).toBeUndefined();
  });

  it('goes under wrap, wrapWithContext and execute', async () => {
    const guard = retry({ attempts: 2, delay: 0 });
    const fn = failsTimes(1, 'up');
    expect([await guard.wrap(fn)(7), await guard.wrapWithContext(fn)(), await guard.execute(fn), fn.calls]).toEqual(['up', 'up', 'up', 4]);
  });

  it('refuses what is no count', () => {
    expect(() => failsTimes(-1)).toThrow(RangeError);
    expect(() => failsTimes('2' as never)).toThrow('failsTimes: times must be a whole number of at least 0, got "2"');
    expect(() => failsTimes(1, 'up', { errors: 1 } as never)).toThrow('failsTimes has no option "errors"');
  });
});

describe('hangs', () => {
  it('ends with the reason of its signal, by identity, and leaves nothing on it', async () => {
    const controller = new AbortController();
    const listeners = listenersOn(controller.signal);
    const fn = hangs();
    const fate = fateOf(fn({ signal: controller.signal, attempt: 1 }));
    const clock = manualClock();
    await clock.settle();
    expect([fate.state, listeners(), fn.calls]).toEqual(['pending', 1, 1]);
    const reason = { why: 'enough' };
    controller.abort(reason);
    await clock.settle();
    expect([fate.error, listeners()]).toEqual([reason, 0]);
    await expect(fn({ signal: controller.signal })).rejects.toBe(reason);
  });

  it('goes on for ever without a signal, and with one that it ignores', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    controller.abort('enough');
    const fates = [hangs()(), hangs()('an argument'), hangs()({ signal: 'red' }), hangs({ ignoresSignal: true })(controller)].map((one) => fateOf(one));
    await clock.settle();
    expect(fates.map(({ state }) => state)).toEqual(Array(4).fill('pending'));
    expect(() => hangs({ ignoresSignal: 1 as never })).toThrow('hangs: ignoresSignal must be true or false, got 1');
  });
});

describe('latency', () => {
  it('answers when its time has come', async () => {
    const clock = manualClock();
    const fn = latency(1_000, 'late', { clock });
    const fate = fateOf(fn(), clock);
    await clock.advance(999);
    expect(fate.state).toBe('pending');
    await clock.advance(1);
    expect([fate.value, fate.at, fn.calls, clock.pending]).toEqual(['late', 1_000, 1, 0]);
  });

  it('asks a function for its value, with the arguments, and fails with what that throws', async () => {
    const clock = manualClock();
    const told = fateOf(latency(10, (n: number) => n * 2, { clock })(21));
    const failed = fateOf(latency(10, () => { throw new Error('503'); }, { clock })());
    await clock.runAll();
    expect([told.value, failed.error]).toEqual([42, new Error('503')]);
  });

  it('is cut by its signal, and leaves no timer and no listener', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const listeners = listenersOn(controller.signal);
    const answered = fateOf(latency(5, 'in time', { clock })({ signal: controller.signal }), clock);
    await clock.advance(10);
    expect([answered.value, listeners()]).toEqual(['in time', 0]);
    const cut = fateOf(policy(timeout(50), { clock }).execute(latency(60, 'late', { clock })), clock);
    await clock.advance(50);
    expect([cut.error.name, cut.at, clock.pending]).toEqual(['TimeoutError', 60, 0]);
    const deaf = fateOf(latency(60, 'late', { clock, ignoresSignal: true })(controller), clock);
    controller.abort();
    await clock.runAll();
    expect(deaf.value).toBe('late');
  });

  it('waits on the clock of the host where none is given', async () => {
    expect(await latency(1, 'soon')()).toBe('soon');
    expect(() => latency(-1)).toThrow('latency: ms must be a duration in milliseconds, 0 or more, got -1');
    expect(() => latency(1, 'x', { clock: {} as never })).toThrow('latency: clock.now must be a function');
  });
});

describe('script', () => {
  it('does one thing a call, and repeats the last', async () => {
    const error = new Error('503');
    const fn = script([error, 'one', (_: unknown, n: number) => n, failsTimes(1, 'up')]);
    await expect(fn()).rejects.toBe(error);
    expect([await fn(), await fn({}, 7)]).toEqual(['one', 7]);
    await expect(fn()).rejects.toThrow('failure 1');
    expect([await fn(), fn.calls]).toEqual(['up', 5]);
  });

  it('needs a step', () => {
    expect(() => script([])).toThrow('script: steps must be a list of at least one step, got an array of 0');
    expect(() => script('a' as never)).toThrow(TypeError);
  });
});
