import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, constant, deadline, DeadlineExceededError, fallback, policy, retry, timeout } from '../../src/index.ts';
import { VirtualClock, flush } from '../helpers/virtual-clock.ts';
import { fateOf, linesOf, Stage } from '../helpers/stage.ts';

describe('suspects', () => {
  it('delay function aborts', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const controller = new AbortController();
    const guard = retry({ clock, delay: () => (controller.abort('gone'), 1_000) });
    const lines = linesOf(guard);
    const fate = fateOf(guard.execute(stage.fn, controller.signal), clock);
    stage.at(0).reject(new Error('down'));
    await flush();
    expect(fate).toMatchObject({ state: 'error', error: 'gone', at: 0 });
    expect(lines).toEqual(['attempt 1 failed']);
    expect(clock.armed).toBe(0);
  });
  it('async delay function aborts', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const controller = new AbortController();
    const guard = retry({ clock, delay: () => (controller.abort('gone'), new Promise<number>(() => {})) });
    const fate = fateOf(guard.execute(stage.fn, controller.signal), clock);
    stage.at(0).reject(new Error('down'));
    await flush();
    expect(fate).toMatchObject({ state: 'error', error: 'gone', at: 0 });
  });
  it('delay function opens', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const circuit = breaker({ clock });
    const guard = policy(circuit, retry({ delay: () => (circuit.open(), 1_000) }));
    const lines = linesOf(guard);
    const fate = fateOf(guard.execute(stage.fn), clock);
    stage.at(0).reject(new Error('down'));
    await flush();
    expect(fate).toMatchObject({ state: 'error', at: 0 });
    expect(fate.error).toBeInstanceOf(CircuitOpenError);
    expect(lines).toEqual(['attempt 1 failed', 'closed → open', 'rejected by breaker: CircuitOpenError']);
  });
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('opens %i microtasks after the wait', async (k) => {
    const clock = new VirtualClock();
    const circuit = breaker({ clock });
    const states: string[] = [];
    const guard = policy(circuit, retry({ delay: 1_000 }));
    const fn = async () => {
      states.push(circuit.state);
      throw new Error('down');
    };
    const fate = fateOf(guard.execute(fn), clock);
    await flush();
    clock.setTimer(() => {
      void (async () => {
        for (let i = 0; i < k; i++) await null;
        circuit.open();
      })();
    }, 1_000);
    // both timers at once
    const run = clock.to(1_000);
    await run;
    await flush();
    expect(states).not.toContain('open');
    expect(fate.error).toBeInstanceOf(CircuitOpenError);
  });
  it('same but in one callback', async () => {
    for (let k = 0; k < 10; k++) {
      const timers: (() => void)[] = [];
      const clock = new VirtualClock();
      clock.setTimer = (callback) => (timers.push(callback), callback);
      clock.clearTimer = () => {};
      const circuit = breaker({ clock });
      const states: string[] = [];
      const guard = policy(circuit, retry({ delay: 1_000 }));
      const fate = fateOf(guard.execute(async () => (states.push(circuit.state), Promise.reject(new Error('down')))), clock);
      await flush();
      clock.time = 1_000;
      timers[0]!();
      for (let i = 0; i < k; i++) await null;
      circuit.open();
      await flush();
      if (fate.state === 'pending') { clock.time = 2_000; timers.at(-1)!(); await flush(); }
      expect([k, ...states], String(k)).not.toContain('open');
      expect(fate.error).toBeInstanceOf(CircuitOpenError);
    }
  });
  it('listener of half-open opens', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ clock, recoveryTimeout: 100, onHalfOpen: () => circuit.open() });
    circuit.open();
    await clock.to(100);
    const states: string[] = [];
    const fate = fateOf(circuit.execute(async () => { states.push(circuit.state); return 1; }));
    await flush();
    expect(states).toEqual([]);
    expect(fate.error).toBeInstanceOf(CircuitOpenError);
  });
  it('nested different breakers count attempts', async () => {
    const a = breaker({ counts: 'attempts', failureThreshold: 100 });
    const b = breaker({ counts: 'attempts', failureThreshold: 100 });
    const outer = policy(a, retry({ attempts: 3, delay: 0 }));
    const inner = policy(b, retry({ attempts: 2, delay: 0 }));
    await outer.wrap(inner.wrap(async () => Promise.reject(new Error('down'))))().catch(() => {});
    expect([a.failures, b.failures]).toEqual([3, 6]);
  });
  it('deadline and zero delay', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const circuit = breaker({ clock, counts: 'attempts', failureThreshold: 100 });
    const guard = policy(circuit, deadline(100), retry({ attempts: 50, delay: 0 }));
    const lines = linesOf(guard);
    const fate = fateOf(guard.execute(stage.fn), clock);
    await clock.to(100);
    expect(fate.error).toBeInstanceOf(DeadlineExceededError);
    expect(fate.error.cause).toBe(undefined);
    expect(lines).toEqual(['attempt 1 failed']);
    expect(circuit.failures).toBe(1);
  });
  it('deadline cuts, nonzero delay', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    let asked = 0;
    const guard = policy(deadline(100, { clock }), retry({ attempts: 50, delay: () => (asked++, 0) }));
    const fate = fateOf(guard.execute(stage.fn), clock);
    await clock.to(100);
    expect(fate.error).toBeInstanceOf(DeadlineExceededError);
    expect(fate.error.cause).toBe(undefined);
    expect(asked).toBe(0);
  });
  it('late wake', async () => {
    const timers: (() => void)[] = [];
    const clock = new VirtualClock();
    clock.setTimer = (callback) => (timers.push(callback), callback);
    clock.clearTimer = () => {};
    const circuit = breaker({ clock, counts: 'attempts', failureThreshold: 100 });
    const guard = policy(circuit, deadline(100), retry({ attempts: 5, delay: 50 }));
    const lines = linesOf(guard);
    const down = new Error('down');
    const fate = fateOf(guard.execute(async () => Promise.reject(down)), clock);
    await flush();
    clock.time = 102;
    timers.at(-1)!();
    await flush();
    expect(fate.error).toBeInstanceOf(DeadlineExceededError);
    expect(fate.error.cause).toBe(down);
    expect(circuit.failures).toBe(1);
    expect(lines).toEqual(['attempt 1 failed', 'retry after 1 in 50', 'rejected by deadline: DeadlineExceededError']);
  });
  it('cooperative and deadline', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const guard = policy(deadline(100, { clock }), timeout({ after: 50, mode: 'cooperative' }));
    const fate = fateOf(guard.execute(stage.fn), clock);
    await clock.to(1_000);
    expect(fate).toMatchObject({ state: 'error', at: 100 });
    expect(fate.error).toBeInstanceOf(DeadlineExceededError);
    expect(clock.armed).toBe(0);
  });
  it('cooperative and abort', async () => {
    const clock = new VirtualClock();
    const stage = new Stage(clock);
    const controller = new AbortController();
    const guard = timeout({ after: 50, mode: 'cooperative', clock });
    const fate = fateOf(guard.execute(stage.fn, controller.signal), clock);
    await clock.to(60);
    controller.abort();
    await flush();
    expect(fate.error).toBe(controller.signal.reason);
  });
  it('closes lists', async () => {
    let closed = 0;
    const list = { *[Symbol.iterator]() { try { for (;;) yield 1_000; } finally { closed++; } } };
    const clock = new VirtualClock();
    const guard = policy(deadline(100, { clock }), retry({ delay: list }));
    await guard.execute(() => { throw new Error('x'); }).catch(() => {});
    expect(closed).toBe(1);
    await guard.execute(async () => { throw new Error('x'); }).catch(() => {});
    expect(closed).toBe(2);
    const hinted = retry({ delay: list, clock, maxRetryAfterMs: 10, handle: { options: { errorFilter: () => false, resultFilter: () => true } } });
    await hinted.execute(() => ({ headers: { 'retry-after': 5 } }));
    expect(closed).toBe(3);
  });
  it('trip throws', async () => {
    const reports: unknown[] = [];
    const circuit = breaker({ trip: { state: 0, success() { throw new Error('trip'); }, failure() { throw new Error('trip'); } }, onListenerError: (e) => reports.push(e) });
    expect(await circuit.execute(() => 1)).toBe(1);
    await expect(circuit.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(reports).toHaveLength(2);
  });
  it('fell-back listener aborts', async () => {
    const controller = new AbortController();
    const guard = fallback(() => new Promise(() => {}));
    guard.onEvent((event) => event.type === 'fell-back' && controller.abort('gone'));
    const fate = fateOf(guard.execute(() => Promise.reject(new Error('x')), controller.signal));
    await flush();
    expect(fate.error).toBe('gone');
  });
  it('abort between outcome and fallback', async () => {
    for (let k = 0; k < 6; k++) {
      const stage = new Stage(new VirtualClock());
      const controller = new AbortController();
      let asked = 0;
      const guard = policy(breaker(), retry({ attempts: 1 }), fallback(() => asked++));
      const fate = fateOf(guard.execute(stage.fn, controller.signal));
      stage.at(0).reject(new Error('down'));
      for (let i = 0; i < k; i++) await null;
      controller.abort('gone');
      await flush();
      if (asked === 0) expect([k, fate.error]).toEqual([k, 'gone']);
    }
  });
  it('open again with a shorter time', async () => {
    const clock = new VirtualClock();
    const draws = [1, 0.1];
    clock.draw = () => draws.shift() ?? 0.5;
    const circuit = breaker({ clock, recoveryTimeout: constant(1_000, { jitter: 'full' }) });
    circuit.open();
    const first = fateOf(circuit.whenAdmitting(), clock);
    circuit.open();
    expect(circuit.retryAfterMs).toBe(100);
    await clock.to(100);
    await flush();
    expect(first.state).toBe('value');
  });
});
