/** Those who await a circuit: whenClosed and whenAdmitting. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, constant, ignoring, type Breaker, type BreakerOptions } from '../../src/index.ts';
import { fateOf, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

function rigged(options: BreakerOptions = {}): { clock: VirtualClock; stage: Stage; circuit: Breaker } {
  const clock = new VirtualClock();
  return { clock, stage: new Stage(clock), circuit: breaker({ clock, recoveryTimeout: 1_000, ...options }) };
}

describe('whenClosed', () => {
  it('R10 resolves at once where it is closed, and arms nothing', async () => {
    const { clock, circuit } = rigged();
    expect(await circuit.whenClosed()).toBeUndefined();
    expect(clock.armed).toBe(0);
  });

  it('R10 resolves for everybody on close, not on the way there, and leaves nothing armed', async () => {
    const { clock, stage, circuit } = rigged();
    circuit.open();
    const waiting = Array.from({ length: 100 }, () => fateOf(circuit.whenClosed(), clock));
    await clock.to(1_000);
    fateOf(circuit.execute(stage.fn));
    await clock.to(1_500);
    expect(waiting.every(({ state }) => state === 'pending')).toBe(true);
    stage.at(0).resolve('up');
    await flush();
    expect(waiting.every(({ at }) => at === 1_500)).toBe(true);
    expect(clock.armed).toBe(0);
  });

  it.each([
    ['reset()', (circuit: Breaker) => circuit.reset()],
    ['the release of an isolation', (circuit: Breaker) => circuit.isolate().dispose()],
  ])('R10 resolves on %s', async (_, close) => {
    const { clock, circuit } = rigged();
    circuit.open();
    const waiting = fateOf(circuit.whenClosed());
    close(circuit);
    await flush();
    expect([waiting.state, clock.armed]).toEqual(['value', 0]);
  });

  it('R10 keeps a timer armed while awaited, however long that is', async () => {
    const { clock, circuit } = rigged();
    circuit.isolate();
    const waiting = fateOf(circuit.whenClosed());
    await clock.advance(2 ** 32);
    expect([waiting.state, clock.armed]).toEqual(['pending', 1]);
    circuit.isolate();
    expect(clock.armed).toBe(1);
  });

  it('B7 rejects with the reason of its signal, and leaves no listener and no timer', async () => {
    const { clock, circuit } = rigged();
    const controller = new AbortController();
    circuit.open();
    const waiting = Array.from({ length: 5 }, () => fateOf(circuit.whenClosed({ signal: controller.signal })));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort('enough');
    await flush();
    expect(waiting.map(({ error }) => error)).toEqual(Array.from({ length: 5 }, () => 'enough'));
    expect([getEventListeners(controller.signal, 'abort').length, clock.armed]).toEqual([0, 0]);
    await expect(circuit.whenClosed({ signal: controller.signal })).rejects.toBe('enough');
  });

  it('lets the signal go when it resolves', async () => {
    const { circuit } = rigged();
    const { signal } = new AbortController();
    circuit.open();
    const waiting = circuit.whenClosed({ signal });
    circuit.reset();
    await waiting;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('rejects for a bad option, and never throws', async () => {
    const { circuit } = rigged();
    await expect(circuit.whenClosed({ signal: 'soon' as never })).rejects.toThrow('whenClosed: signal must be an AbortSignal');
    await expect(circuit.whenAdmitting({ sginal: undefined } as never)).rejects.toThrow('sginal');
  });
});

describe('whenAdmitting', () => {
  it('R10 resolves at once where a call would be admitted', async () => {
    const { clock, circuit } = rigged();
    await circuit.whenAdmitting();
    circuit.open();
    await clock.to(1_000);
    await circuit.whenAdmitting();
    expect([circuit.state, clock.armed]).toEqual(['open', 0]);
  });

  it('R10 resolves when the recovery time is over, and reserves nothing', async () => {
    const { clock, stage, circuit } = rigged();
    circuit.open();
    const waiting = Array.from({ length: 3 }, () => fateOf(circuit.whenAdmitting(), clock));
    await clock.to(999);
    expect(waiting.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending']);
    await clock.to(1_000);
    expect(waiting.map(({ at }) => at)).toEqual([1_000, 1_000, 1_000]);
    const calls = waiting.map(() => fateOf(circuit.execute(stage.fn)));
    await flush();
    expect(stage.attempts).toHaveLength(1);
    expect(calls.filter(({ error }) => error instanceof CircuitOpenError)).toHaveLength(2);
  });

  it('R10 A5 resolves when a probe gives its slot back without a word', async () => {
    const { clock, stage, circuit } = rigged({ handle: ignoring(TypeError) });
    circuit.open();
    await clock.to(1_000);
    fateOf(circuit.execute(stage.fn));
    const waiting = fateOf(circuit.whenAdmitting(), clock);
    await clock.to(1_200);
    stage.at(0).reject(new TypeError('a bug'));
    await flush();
    expect(waiting.at).toBe(1_200);
    expect(clock.armed).toBe(0);
  });

  it('R10 A4 resolves when the lease of a hung probe ends', async () => {
    const { clock, stage, circuit } = rigged({ probeLease: 500 });
    circuit.open();
    await clock.to(1_000);
    fateOf(circuit.execute(stage.fn));
    const waiting = fateOf(circuit.whenAdmitting(), clock);
    await clock.to(1_500);
    expect(waiting.at).toBe(1_500);
  });

  it('R10 looks again where somebody else was quicker, and where the probe failed', async () => {
    const { clock, stage, circuit } = rigged({ failureThreshold: 1 });
    circuit.open();
    const waiting = fateOf(circuit.whenAdmitting(), clock);
    // The call is made in the very millisecond, before the timer of the wait has fired.
    clock.time = 1_000;
    fateOf(circuit.execute(stage.fn));
    await clock.to(1_500);
    expect(waiting.state).toBe('pending');
    stage.at(0).reject(new Error('down'));
    await clock.to(60_000);
    expect([waiting.at, circuit.state]).toEqual([2_500, 'open']);
  });

  it('R7 R10 looks again when open() has drawn a shorter time', async () => {
    const { clock, circuit } = rigged({ recoveryTimeout: constant(1_000, { jitter: 'full' }) });
    const draws = [1, 0.1];
    clock.draw = () => draws.shift() ?? 1;
    circuit.open();
    const waiting = fateOf(circuit.whenAdmitting(), clock);
    circuit.open();
    await clock.to(100);
    expect(waiting.at).toBe(100);
  });

  it('R7 R10 outlasts an isolation, and resolves with its end', async () => {
    const { clock, circuit } = rigged();
    circuit.open();
    const waiting = fateOf(circuit.whenAdmitting(), clock);
    const handle = circuit.isolate();
    await clock.to(5_000);
    expect([waiting.state, clock.armed]).toEqual(['pending', 1]);
    handle.dispose();
    await flush();
    expect([waiting.at, clock.armed]).toEqual([5_000, 0]);
  });

  it('R6 resolves no earlier than a call is admitted, though timers wake a fraction early', async () => {
    const { clock, circuit } = rigged();
    circuit.open();
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (callback, ms) => setTimer(callback, Math.max(0.1, ms - 0.4));
    const admitted: boolean[] = [];
    void circuit.whenAdmitting().then(() => admitted.push(!circuit.isOpen()));
    await clock.to(999.9);
    expect(admitted).toEqual([]);
    await clock.to(1_001);
    expect(admitted).toEqual([true]);
  });
});
