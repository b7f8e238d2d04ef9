import { inspect } from 'node:util';
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Attempt, contextOf, NO_SIGNALS } from '../../src/core/attempt.ts';
import { flush } from '../helpers/virtual-clock.ts';

/** An attempt that nothing ends by itself. */
function attempt(signals: readonly AbortSignal[] = NO_SIGNALS): Attempt {
  return new Attempt(undefined, signals, 3);
}

/** What an attempt settled its promise with. */
function settlements(one: Attempt): unknown[] {
  const said: unknown[] = [];
  one.resolve = (value) => said.push(['value', value]);
  one.reject = (error) => said.push(['error', error]);
  return said;
}

describe('Attempt', () => {
  it('makes its signal when it is first read, as it should be by then', () => {
    const [early, late] = [attempt(), attempt()];
    const { signal } = early;
    expect(signal.aborted).toBe(false);
    early.stop('why');
    late.stop('why');
    for (const one of [signal, late.signal]) expect([one.aborted, one.reason]).toEqual([true, 'why']);
    expect(early.signal).toBe(signal);
  });

  it.each(['stop', 'cut'] as const)('keeps the first reason, also of undefined: %s', (first) => {
    for (const reason of ['first', undefined]) {
      const one = attempt();
      one[first](reason);
      one.stop('second');
      one.cut('third');
      expect([one.stopped, one.done, one.signal.aborted]).toEqual([{ reason }, true, true]);
      // An abort without a reason has the host's own.
      expect(one.signal.reason).toEqual(reason ?? expect.objectContaining({ name: 'AbortError' }));
    }
  });

  it('C4 hears nothing once it is done', () => {
    const over = attempt();
    const said = settlements(over);
    over.finish();
    over.cut('late');
    over.stop('late');
    expect([over.done, over.signal.aborted, over.stopped, said]).toEqual([true, false, undefined, []]);
  });

  it('ends its promise when it is cut, once, and waits for the function when it is stopped', () => {
    const [cut, stopped] = [attempt(), attempt()];
    const [ofCut, ofStopped] = [settlements(cut), settlements(stopped)];
    cut.cut('now');
    cut.cut('again');
    stopped.stop('please');
    expect([ofCut, ofStopped, stopped.done]).toEqual([[['error', 'now']], [], false]);
    stopped.cut('now');
    expect([ofStopped, stopped.signal.reason]).toEqual([[['error', 'now']], 'please']);
  });

  it("B7 follows the caller's signals, and lets go of them when it is over, however it ended", () => {
    for (const end of [(one: Attempt) => one.finish(), (one: Attempt) => one.cut('over')]) {
      const [a, b] = [new AbortController(), new AbortController()];
      const one = attempt([a.signal, b.signal]);
      const said = settlements(one);
      one.follow();
      expect([a, b].map(({ signal }) => getEventListeners(signal, 'abort').length)).toEqual([1, 1]);
      end(one);
      expect([a, b].map(({ signal }) => getEventListeners(signal, 'abort').length)).toEqual([0, 0]);
      a.abort('late');
      expect(said.filter((what) => String(what).includes('late'))).toEqual([]);
    }
  });

  it('C5 is cut by whichever of the signals aborts first, with its reason', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const one = attempt([a.signal, b.signal]);
    const said = settlements(one);
    one.follow();
    b.abort('b');
    a.abort('a');
    expect([said, one.signal.reason]).toEqual([[['error', 'b']], 'b']);
  });

  it('C1 calls off all timers that it has for itself, once it is over', () => {
    const called: string[] = [];
    const one = attempt();
    for (const name of ['a', 'b', 'c']) one.until(() => called.push(name));
    one.stop('please');
    expect(called).toEqual([]);
    one.finish();
    expect(called.sort()).toEqual(['a', 'b', 'c']);
  });

  it('tells the listeners of its signal at once, before its promise hears of it', async () => {
    const one = attempt();
    const said: string[] = [];
    const promise = new Promise((_, reject) => (one.reject = reject)).catch(() => said.push(`rejected, ${one.signal.aborted}`));
    one.signal.addEventListener('abort', () => said.push('aborted'));
    one.cut('now');
    expect(said).toEqual(['aborted']);
    await promise;
    expect(said).toEqual(['aborted', 'rejected, true']);
  });

  it('does nothing when its time is over without a limit', async () => {
    const one = attempt();
    one.expire();
    await flush();
    expect([one.done, one.signal.aborted]).toEqual([false, false]);
  });
});

describe('contextOf', () => {
  /** An attempt that counts how often its signal is read. */
  class Watched extends Attempt {
    reads = 0;
    constructor() {
      super(undefined, NO_SIGNALS, 1);
    }
    override get signal(): AbortSignal {
      this.reads += 1;
      return super.signal;
    }
  }

  it('does not make a signal that nobody reads', () => {
    const watched = new Watched();
    const context = contextOf(watched, 3, { outcome: 'bad' });
    const { attempt: number, outcome } = context;
    expect([number, outcome, 'signal' in context, Reflect.ownKeys(context).includes('signal'), watched.reads]).toEqual([
      3, 'bad', true, true, 0,
    ]);
    expect([context.signal === context.signal, watched.reads]).toEqual([true, 1]);
  });

  it('has a signal that nobody aborts where there is no attempt to end', () => {
    const context = contextOf(undefined, 1);
    expect([context.signal.aborted, context.signal === context.signal]).toEqual([false, true]);
    expect(Object.freeze(contextOf(undefined, 1)).signal).toBeInstanceOf(AbortSignal);
  });

  it('can be spread, copied and taken apart like an object of three properties', () => {
    const one = attempt();
    const context = contextOf(one, 3, { outcome: 'bad' });
    const plain = { signal: one.signal, attempt: 3, outcome: 'bad' };
    expect({ ...context }).toEqual(plain);
    expect(Object.assign({}, context).signal).toBe(one.signal);
    expect(Object.fromEntries(Object.entries(context))).toEqual(plain);
    expect(Object.keys(context).sort()).toEqual(['attempt', 'outcome', 'signal']);
    const { signal, ...rest } = context;
    expect([signal, rest]).toEqual([one.signal, { attempt: 3, outcome: 'bad' }]);
    const named: string[] = [];
    for (const name in context) named.push(name);
    expect(named.sort()).toEqual(['attempt', 'outcome', 'signal']);
    expect([Object.hasOwn(context, 'signal'), Object.hasOwn(context, 'attempt'), Object.hasOwn(context, 'other')]).toEqual([
      true, true, false,
    ]);
  });

  it('can be written down, extended, frozen and made the prototype of another', () => {
    const context = contextOf(attempt(), 3) as ReturnType<typeof contextOf> & { more?: string };
    expect(JSON.parse(JSON.stringify(context))).toEqual({ signal: {}, attempt: 3 });
    expect(inspect(context)).toContain('attempt: 3');
    context.more = 'mine';
    expect({ ...context }).toMatchObject({ attempt: 3, more: 'mine' });
    expect(Object.freeze(context)).toBe(context);
    expect([Object.isFrozen(context), context.signal.aborted, { ...context }.signal]).toEqual([true, false, context.signal]);
    const child = Object.create(context) as typeof context;
    expect([child.attempt, child.signal, child.more]).toEqual([3, context.signal, 'mine']);
  });
});
