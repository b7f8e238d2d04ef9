/** What calls ask of their host: timers, listeners, controllers, readings of the clock. */
import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { breaker, fallback, policy, retry, timeout, type Clock } from '../../src/index.ts';
import { countTimers, type Timers } from '../bench/timers.ts';

const N = 1_000;

/** Calls in flight that share a duration and a signal; `open` lets them answer. */
function inFlight(signal: AbortSignal): { readonly all: Promise<unknown[]>; readonly open: () => void } {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const guard = policy(breaker(), retry(), timeout(60_000), fallback(0));
  const all = Promise.all(Array.from({ length: N }, () => guard.execute(() => gate, signal)));
  return { all, open };
}

describe('1,000 calls in flight under one timeout and one signal', () => {
  let timers: Timers | undefined;
  afterEach(() => timers?.stop());

  it('C1 R28 have a timer each where the host was patched after it was loaded, and leave none behind', async () => {
    timers = countTimers();
    const { all, open } = inFlight(new AbortController().signal);
    expect([timers.made(), timers.armed()]).toEqual([N, N]);
    open();
    await all;
    expect(timers.armed()).toBe(0);
  });

  it('B7 share a listener, and leave none behind', async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const { all, open } = inFlight(signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    expect(add).toHaveBeenCalledTimes(1);
    open();
    await all;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a call', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('makes no controller where its function does not look at its signal', async () => {
    let made = 0;
    class Counted extends AbortController {
      constructor() {
        super();
        made += 1;
      }
    }
    vi.stubGlobal('AbortController', Counted);
    const guard = policy(breaker(), retry(), timeout(60_000), fallback(0));
    await guard.execute(async () => 1);
    await guard.execute(async ({ attempt }) => attempt);
    expect(made).toBe(0);
    await guard.execute(async ({ signal }) => signal.aborted);
    expect(made).toBe(1);
  });

  it('reads no clock while the circuit is closed', async () => {
    let readings = 0;
    const read = (): number => {
      readings += 1;
      return 0;
    };
    const clock: Clock = { now: read, wall: read, setTimer: () => read(), clearTimer: () => {}, random: () => 0 };
    const guard = policy(breaker({ failureThreshold: 3, clock }), retry({ attempts: 2, delay: 0 }), fallback(0));
    const failing = async (): Promise<never> => {
      throw new Error('down');
    };
    for (const fn of [async () => 1, failing, failing]) await guard.execute(fn);
    expect(readings).toBe(0);
    await guard.execute(failing);
    expect(guard.circuit.state).toBe('open');
    expect(readings).toBeGreaterThan(0);
  });
});
