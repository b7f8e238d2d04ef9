import { afterEach, describe, expect, it, vi } from 'vitest';
import { after, clockOption, hostClock, MAX_TIMER, nothing } from '../../src/core/clock.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('hostClock', () => {
  it("R28 reads the host's globals at each call, so that fake timers work", () => {
    vi.useFakeTimers({ now: 5_000 });
    const begun = hostClock.now();
    let fired = 0;
    hostClock.setTimer(() => (fired += 1), 100);
    hostClock.clearTimer(hostClock.setTimer(() => (fired += 10), 100));
    vi.advanceTimersByTime(99);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect([fired, hostClock.now() - begun, hostClock.wall()]).toEqual([1, 100, 5_100]);
  });

  it('rounds fractions up, which setTimeout would cut off', () => {
    vi.useFakeTimers();
    let fired = false;
    hostClock.setTimer(() => (fired = true), 5.2);
    vi.advanceTimersByTime(5);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(true);
  });

  it('draws numbers from 0 up to 1', () => {
    const drawn = Array.from({ length: 100 }, () => hostClock.random());
    expect(drawn.every((n) => n >= 0 && n < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(90);
  });
});

describe('after', () => {
  it('calls back once, and not when it was called off', async () => {
    const clock = new VirtualClock();
    const heard: number[] = [];
    after(clock, 100, () => heard.push(clock.now()));
    after(clock, 50, () => heard.push(-1))();
    await clock.to(1_000);
    expect([heard, clock.armed]).toEqual([[100], 0]);
  });

  it('C2 never calls back for Infinity, and holds no timer', () => {
    const clock = new VirtualClock();
    const off = after(clock, Infinity, () => {});
    expect(clock.armed).toBe(0);
    off();
  });

  it.each([MAX_TIMER, MAX_TIMER + 1, MAX_TIMER + 0.5, 2 * MAX_TIMER, 2 * MAX_TIMER + 7, 2 ** 33])(
    'C2 waits out %d ms in pieces that a host takes',
    async (ms) => {
      const clock = new VirtualClock();
      const pieces: number[] = [];
      const setTimer = clock.setTimer.bind(clock);
      clock.setTimer = (callback, piece) => (pieces.push(piece), setTimer(callback, piece));
      const heard: number[] = [];
      after(clock, ms, () => heard.push(clock.now()));
      await clock.drain(2 ** 34);
      expect(heard).toEqual([ms]);
      expect(Math.max(...pieces)).toBeLessThanOrEqual(MAX_TIMER);
    },
  );

  it('C2 can be called off in any of the pieces', async () => {
    const clock = new VirtualClock();
    const off = after(clock, 3 * MAX_TIMER, () => {});
    await clock.to(1.5 * MAX_TIMER);
    expect(clock.armed).toBe(1);
    off();
    expect(clock.armed).toBe(0);
  });

  it('C2 is not early under the host itself', async () => {
    vi.useFakeTimers();
    let fired = false;
    after(hostClock, 2 ** 31, () => (fired = true));
    await vi.advanceTimersByTimeAsync(2 ** 31 - 1);
    expect(fired).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(fired).toBe(true);
  });
});

describe('nothing', () => {
  it('does nothing', () => {
    expect(nothing()).toBeUndefined();
  });
});

describe('clockOption', () => {
  it('R29 takes a clock as it is, of a class too', () => {
    const clock = new VirtualClock();
    expect(clockOption(clock, 'x: clock')).toBe(clock);
    expect(clockOption(hostClock, 'x: clock')).toBe(hostClock);
  });

  it.each([[null], [7], ['clock'], [() => 7]])('refuses %s', (value) => {
    expect(() => clockOption(value, 'x: clock')).toThrow(
      /^x: clock must be a clock, an object with now, wall, setTimer, clearTimer, random, got /,
    );
  });

  it.each(['now', 'wall', 'setTimer', 'clearTimer', 'random'])(
    'refuses one without %s, and says what stands there',
    (method) => {
      expect(() => clockOption({ ...hostClock, [method]: 5 }, 'x: clock')).toThrow(
        new TypeError(`x: clock.${method} must be a function, got 5`),
      );
    },
  );
});
