import { describe, expect, it, vi } from 'vitest';
import { breaker, policy, retry, timeout } from 'breakwater';
import { manualClock } from 'breakwater/testing';

describe('manualClock', () => {
  it('stands still at 0, with the wall where it was put', () => {
    const clock = manualClock({ wall: 5_000 });
    expect([clock.time, clock.now(), clock.wall(), clock.pending]).toEqual([0, 0, 5_000, 0]);
    expect(new Date(manualClock().wall()).toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('calls what is due in its order, the older of equal ones first, each at its time', async () => {
    const clock = manualClock();
    const told: string[] = [];
    const tell = (name: string) => () => told.push(`${name} at ${clock.now()}`);
    clock.setTimer(tell('c'), 20);
    clock.setTimer(tell('a'), 10);
    clock.setTimer(tell('d'), 20);
    clock.setTimer(tell('b'), 10);
    clock.setTimer(tell('e'), 30);
    clock.setTimer(tell('at once'), -5);
    expect(clock.pending).toBe(6);
    await clock.advance(20);
    expect(told).toEqual(['at once at 0', 'a at 10', 'b at 10', 'c at 20', 'd at 20']);
    expect([clock.time, clock.wall() - manualClock().wall(), clock.pending]).toEqual([20, 20, 1]);
  });

  it('keeps that order however many there are, and whichever are called off', async () => {
    const clock = manualClock();
    const told: number[] = [];
    const timers = Array.from({ length: 200 }, (_, i) => {
      const due = (i * 37) % 50;
      return clock.setTimer(() => told.push(due * 1_000 + i), due);
    });
    const kept = timers.filter((timer, i) => i % 3 !== 0 || clock.clearTimer(timer) !== undefined);
    expect(clock.pending).toBe(kept.length);
    await clock.runAll();
    expect(told).toHaveLength(kept.length);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('leaves alone what is called off, also twice, or late', async () => {
    const clock = manualClock();
    let called = 0;
    const timer = clock.setTimer(() => (called += 1), 5);
    const other = clock.setTimer(() => (called += 10), 5);
    clock.clearTimer(timer);
    clock.clearTimer(timer);
    clock.clearTimer(undefined);
    await clock.advance(5);
    clock.clearTimer(other);
    expect([called, clock.pending]).toEqual([10, 0]);
  });

  it('lets promises have their say before, between and after timers', async () => {
    const clock = manualClock();
    const told: string[] = [];
    const deep = async (name: string): Promise<void> => {
      for (let i = 0; i < 100; i += 1) await Promise.resolve();
      told.push(name);
    };
    void deep('before');
    const ring = (name: string) => (): void => {
      told.push(name, `${told.length}`);
      void deep(`after ${name}`);
    };
    for (const name of ['one', 'two']) clock.setTimer(ring(name), 10);
    await clock.to(10);
    expect(told).toEqual(['before', 'one', '1', 'after one', 'two', '4', 'after two']);
    void deep('settled');
    await clock.settle();
    expect(told.at(-1)).toBe('settled');
  });

  it('calls timers that are armed on the way, if they are due by then', async () => {
    const clock = manualClock();
    const at: number[] = [];
    const again = (): void => void (at.push(clock.time), clock.setTimer(again, 3));
    clock.setTimer(again, 0);
    await clock.advance(10);
    expect(at).toEqual([0, 3, 6, 9]);
    await clock.runAll(20);
    expect([at.at(-1), clock.time, clock.pending]).toEqual([18, 18, 1]);
  });

  it('gives up where something would be armed for ever', async () => {
    const clock = manualClock();
    const again = (): void => void clock.setTimer(again, 1);
    again();
    await expect(clock.runAll()).rejects.toThrow('runAll: 100000 timers were called, and more are armed');
  });

  it('jumps like a machine that was suspended: what was due meanwhile is called late', async () => {
    const clock = manualClock();
    const at: number[] = [];
    const again = (): void => void (at.push(clock.time), clock.setTimer(again, 10));
    clock.setTimer(again, 10);
    await clock.jump(35);
    expect([at, clock.time]).toEqual([[35], 35]);
  });

  it('draws the same numbers for the same seed, others for another, or what a function says', () => {
    const draws = (random?: number | (() => number)): number[] => {
      const clock = manualClock({ random });
      return Array.from({ length: 1_000 }, () => clock.random());
    };
    expect(draws()).toEqual(draws(1));
    expect(draws(2)).not.toEqual(draws(1));
    expect(draws(() => 0.25)[7]).toBe(0.25);
    const all = draws(-3);
    expect(all.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(new Set(all).size).toBe(1_000);
    expect(all.reduce((sum, draw) => sum + draw, 0) / 1_000).toBeCloseTo(0.5, 1);
  });

  it('refuses to go back, and options that are none', async () => {
    const clock = manualClock();
    await clock.to(100);
    await expect(clock.to(99)).rejects.toThrow(
      new RangeError('to: time must be a time from 100 on, in milliseconds since the clock was made, got 99'),
    );
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    await expect(clock.jump(Number.NaN)).rejects.toThrow(RangeError);
    expect(() => manualClock({ seed: 1 } as never)).toThrow('manualClock has no option "seed"; it has wall, random');
    expect(() => manualClock({ random: 0.5 })).toThrow('manualClock: random must be a whole number, or a function, got 0.5');
    expect(() => manualClock({ wall: Infinity })).toThrow('manualClock: wall must be milliseconds since 1970, got Infinity');
  });

  it('moves every part of a policy', async () => {
    const clock = manualClock();
    const circuit = breaker({ failureThreshold: 2, recoveryTimeout: 60_000, counts: 'attempts' });
    const guard = policy(circuit, retry({ attempts: 2, delay: 1_000 }), timeout(5_000), { clock });
    const hung = guard.execute(() => new Promise(() => {})).catch((error: Error) => error.name);
    await clock.to(10_999);
    expect(circuit.state).toBe('closed');
    await clock.advance(1);
    expect([await hung, circuit.state, circuit.retryAfterMs]).toEqual(['TimeoutError', 'open', 60_000]);
    await clock.advance(60_000);
    expect([await guard.execute(() => 'well'), circuit.state, clock.pending]).toEqual(['well', 'closed', 0]);
  });
});

describe('the turns between two timers', () => {
  it('come by themselves where there are no immediates, as in a page', async () => {
    vi.resetModules();
    vi.stubGlobal('setImmediate', undefined);
    try {
      const byMessage = await import('../../src/testing/turn.ts');
      expect(byMessage.turn).toBe(byMessage.byMessage);
      vi.resetModules();
      vi.stubGlobal('MessageChannel', undefined);
      const byTimer = await import('../../src/testing/turn.ts');
      expect(byTimer.turn).toBe(byTimer.byTimer);
      for (const { turn } of [byMessage, byTimer]) {
        const told: number[] = [];
        void (async () => {
          for (let i = 0; i < 50; i += 1) told.push(await Promise.resolve(i));
        })();
        await turn();
        expect(told).toHaveLength(50);
      }
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('are not held up by fake timers', async () => {
    vi.useFakeTimers();
    try {
      const clock = manualClock();
      await clock.advance(10);
      expect(clock.time).toBe(10);
    } finally {
      vi.useRealTimers();
    }
  });
});
