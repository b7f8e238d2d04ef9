import { describe, expect, it } from 'vitest';
import { failureRatio, slowCallRatio, type FailureRatioOptions, type SlowCallRatioOptions } from '../../src/circuit/ratio.ts';
import { consecutive, type TripRule } from '../../src/circuit/trip.ts';
import { lastCalls } from '../../src/circuit/windows/last-calls.ts';
import { lastMs } from '../../src/circuit/windows/last-ms.ts';
import type { TripWindow } from '../../src/circuit/windows/window.ts';
import { Rig, type RigOptions } from './rig.ts';

const under = (rule: TripRule, options: RigOptions = {}): Rig => new Rig({ ...options, trip: rule['~start'](() => {}) });

/** Draws from 0 up to, but not including, 1: the same ones each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('failureRatio', () => {
  it('is plain frozen data that says what it does', () => {
    const rule = failureRatio();
    expect(rule.label).toBe('50 % of the last 20 to 100 calls failed');
    expect(rule['~timed']).toBeUndefined();
    expect(Object.isFrozen(rule)).toBe(true);
  });

  it.each<[() => FailureRatioOptions, string]>([
    [() => ({ window: lastCalls(20) }), '50 % of the last 20 calls failed'],
    [() => ({ window: lastCalls(10) }), '50 % of the last 10 calls failed'],
    [() => ({ ratio: 0.07, minimumCalls: 1 }), '7 % of the last 1 to 100 calls failed'],
    [() => ({ ratio: 1 / 3, window: lastMs(30_000) }), '33.33 % of 20 or more calls in the last 30 s failed'],
    [() => ({ ratio: 1, window: lastMs(500), minimumCalls: 1 }), '100 % of the calls in the last 500 ms failed'],
  ])('says of %o what it does: %s', (options, label) => {
    expect(failureRatio(options()).label).toBe(label);
  });

  it('waits for 20 outcomes by default, of half of which it then takes that they are too many', () => {
    expect(under(failureRatio()).play('F'.repeat(50))).toBe(20);
    expect(under(failureRatio()).play('SF'.repeat(30))).toBe(20);
    const nearly = under(failureRatio());
    expect(nearly.play(`${'SF'.repeat(9)}SS`)).toBe(20);
    expect(nearly.machine.state).toBe('closed');
  });

  it('looks at the last 100 by default', () => {
    const rig = under(failureRatio());
    expect(rig.play('S'.repeat(500) + 'F'.repeat(200))).toBe(550);
    expect(rig.machine.state).toBe('open');
  });

  it('waits for a full window by default where that holds less than 20', () => {
    expect(under(failureRatio({ window: lastCalls(7) })).play('F'.repeat(20))).toBe(7);
  });

  it('waits for minimumCalls, however bad it looks before', () => {
    for (const minimumCalls of [1, 2, 30, 100]) expect(under(failureRatio({ minimumCalls })).play('F'.repeat(200))).toBe(minimumCalls);
  });

  it('is asked after a success, too: the outcome that makes them enough may be one', () => {
    const rig = under(failureRatio({ window: lastCalls(10), ratio: 0.4, minimumCalls: 5 }));
    expect(rig.play('FFSSS')).toBe(5);
    expect([rig.machine.state, rig.machine.failures]).toEqual(['open', 0]);
  });

  it.each([0.07, 0.1, 0.29, 0.3, 0.57, 0.7, 1 / 3])('trips at exactly the ratio %d, where a product would be rounded past it', (ratio) => {
    const [of, bad] = ratio === 1 / 3 ? [300, 100] : [100, Math.round(ratio * 100)];
    const rule = failureRatio({ ratio, window: lastCalls(of), minimumCalls: of });
    expect(under(rule).play('S'.repeat(of - bad) + 'F'.repeat(bad))).toBe(of);
    const enough = under(rule);
    enough.play('S'.repeat(of - bad) + 'F'.repeat(bad));
    expect(enough.machine.state).toBe('open');
    const less = under(rule);
    less.play('S'.repeat(of - bad + 1) + 'F'.repeat(bad - 1));
    expect(less.machine.state).toBe('closed');
  });

  it('takes no notice of what is ignored', () => {
    const rig = under(failureRatio({ window: lastCalls(4), minimumCalls: 4 }));
    rig.play('FIIIIFIIIISIII');
    expect(rig.machine.state).toBe('closed');
    rig.play('S');
    expect(rig.machine.state).toBe('open');
  });

  it('reads no clock over a window of calls, and once an outcome over one of time', () => {
    const calls = under(failureRatio({ window: lastCalls(10), minimumCalls: 10 }));
    calls.play('SSSSSSS');
    expect(calls.reads).toBe(0);
    const time = under(failureRatio({ window: lastMs(1_000) }));
    time.play('SSSIIFF');
    expect(time.reads).toBe(5);
  });

  it('goes by the monotonic clock', () => {
    const rig = under(failureRatio({ window: lastMs(1_000), minimumCalls: 2, ratio: 1 }));
    rig.play('F');
    rig.wall += 1e9;
    expect(rig.play('F')).toBe(1);
    expect(rig.machine.state).toBe('open');
  });

  describe.each([
    { name: 'lastCalls', window: () => lastCalls(4) },
    { name: 'lastMs', window: () => lastMs(1_000) },
  ])('when the circuit closes with a window of $name', ({ window }) => {
    const ways: Record<string, (rig: Rig) => void> = {
      'a good probe': (rig) => {
        rig.play('FFFF');
        rig.pass(1_000);
        rig.succeeds(rig.admit());
      },
      'reset() while open': (rig) => {
        rig.play('FFFF');
        rig.machine.reset();
      },
      'reset() while closed': (rig) => {
        rig.play('FFF');
        rig.machine.reset();
      },
      'the last release of an isolation': (rig) => {
        rig.play('FFF');
        rig.machine.isolate();
        rig.machine.release();
      },
    };

    it.each(Object.keys(ways))('A13 is empty after %s', (way) => {
      const rig = under(failureRatio({ window: window(), minimumCalls: 4 }));
      ways[way]!(rig);
      expect(rig.machine.state).toBe('closed');
      rig.play('FFF');
      expect(rig.machine.state).toBe('closed');
      rig.play('S');
      expect(rig.machine.state).toBe('open');
    });
  });

  it('A7 leaves a failed probe to reopen, whatever minimumCalls says', () => {
    for (const window of [lastCalls(100), lastMs(1_000)]) {
      const rig = under(failureRatio({ window, minimumCalls: 100 }));
      rig.play('F'.repeat(100));
      for (const reopenings of [1, 2, 3]) {
        rig.pass(1_000);
        rig.fails(rig.admit());
        expect([rig.machine.state, rig.machine.reopenings]).toEqual(['open', reopenings]);
      }
    }
  });

  it('R9 begins with an empty window where a circuit is restored', () => {
    const rule = failureRatio({ window: lastCalls(4), minimumCalls: 4 });
    const before = under(rule);
    before.play('FFF');
    const after = under(rule, { snapshot: before.save() });
    expect(after.machine.failures).toBe(3);
    expect(after.play('FFFFF')).toBe(4);
    const open = under(rule, { snapshot: after.save() });
    expect(open.machine.state).toBe('open');
    open.pass(1_000);
    open.succeeds(open.admit());
    expect(open.play('FFFFF')).toBe(4);
  });

  it('counts for each circuit apart, though one rule is given to both', () => {
    const rule = failureRatio({ window: lastCalls(2) });
    const [one, other] = [under(rule), under(rule)];
    one.play('F');
    other.play('F');
    expect([one.machine.state, other.machine.state]).toEqual(['closed', 'closed']);
  });

  it('S19 opens on F F F S S at call 20, where a window of 20 at 50 % takes 20; five in a row never would', () => {
    const pattern = 'FFFSS'.repeat(10_000);
    const rig = under(failureRatio({ ratio: 0.5, window: lastCalls(20), minimumCalls: 20 }));
    expect(rig.play(pattern)).toBe(20);
    // The twentieth is a success, and it is the one that opens.
    expect([rig.machine.state, pattern[19]]).toEqual(['open', 'S']);
    const inARow = under(consecutive(5));
    expect(inARow.play(pattern)).toBe(pattern.length);
    expect(inARow.machine.state).toBe('closed');
  });

  it.each([
    { window: () => lastCalls(20), ratio: 0.5, minimumCalls: 20, pattern: 'FFFSS', opens: 20 },
    { window: () => lastCalls(10), ratio: 0.6, minimumCalls: 5, pattern: 'FFFSS', opens: 5 },
    { window: () => lastCalls(20), ratio: 0.61, minimumCalls: 20, pattern: 'FFFSS', opens: undefined },
    { window: () => lastCalls(20), ratio: 0.61, minimumCalls: 18, pattern: 'FFFSS', opens: 18 },
    { window: () => lastMs(20), ratio: 0.5, minimumCalls: 20, pattern: 'FFFSS', opens: 20 },
    { window: () => lastMs(20), ratio: 0.5, minimumCalls: 21, pattern: 'FFFSS', opens: undefined },
    { window: () => lastCalls(12), ratio: 0.25, minimumCalls: 12, pattern: 'SSSF', opens: 12 },
    { window: () => lastCalls(12), ratio: 0.26, minimumCalls: 12, pattern: 'SSSF', opens: undefined },
  ])('S19 opens on $pattern at call $opens, one a millisecond, at $ratio from $minimumCalls', (frame) => {
    const { pattern, opens, window, ...options } = frame;
    const rig = under(failureRatio({ ...options, window: window() }));
    let made = 0;
    for (; made < 10_000 && rig.machine.state === 'closed'; made += 1) {
      rig.play(pattern[made % pattern.length]!);
      rig.pass(1);
    }
    expect(rig.machine.state === 'open' ? made : undefined).toBe(opens);
  });

  it('S19 independent failures at 60 %: five in a row opens after about 30 calls, half of the last 20 soon after the 20th', () => {
    const draw = seeded(20_260_101);
    const mean = (rule: TripRule): number => {
      let calls = 0;
      for (let trial = 0; trial < 4_000; trial += 1) {
        const rig = under(rule);
        for (; rig.machine.state === 'closed'; calls += 1) rig.play(draw() < 0.6 ? 'F' : 'S');
      }
      return calls / 4_000;
    };
    // (1 - p⁵) / ((1 - p) p⁵) with p = 0.6 is 29.65.
    const inARow = mean(consecutive(5));
    expect(inARow).toBeGreaterThan(28.3);
    expect(inARow).toBeLessThan(31);
    const window = mean(failureRatio({ ratio: 0.5, window: lastCalls(20), minimumCalls: 20 }));
    expect(window).toBeGreaterThanOrEqual(20);
    expect(window).toBeLessThan(21.5);
  });

  it.each<[() => FailureRatioOptions, string]>([
    [() => ({ ratio: 0 }), 'failureRatio: ratio must be a ratio above 0, up to 1, got 0'],
    [() => ({ ratio: -0.5 }), 'failureRatio: ratio must be a ratio above 0, up to 1, got -0.5'],
    [() => ({ ratio: 50 }), 'failureRatio: ratio must be a ratio above 0, up to 1, got 50'],
    [() => ({ ratio: NaN }), 'failureRatio: ratio must be a ratio above 0, up to 1, got NaN'],
    [() => ({ minimumCalls: 0 }), 'failureRatio: minimumCalls must be a whole number of at least 1, got 0'],
    [() => ({ minimumCalls: 2.5 }), 'failureRatio: minimumCalls must be a whole number of at least 1, got 2.5'],
    [
      () => ({ window: lastCalls(10), minimumCalls: 11 }),
      'failureRatio: minimumCalls must be 10 or less, as its window (last 10 calls) never holds more, got 11',
    ],
    [() => ({ minimumCalls: 101 }), 'failureRatio: minimumCalls must be 100 or less, as its window (last 100 calls) never holds more, got 101'],
  ])('refuses %o with a RangeError: %s', (options, message) => {
    expect(() => failureRatio(options())).toThrow(RangeError);
    expect(() => failureRatio(options())).toThrow(message);
  });

  it('takes a ratio of 1, a full window as the minimum, and any minimum over a window of time', () => {
    expect(under(failureRatio({ ratio: 1, window: lastCalls(3), minimumCalls: 3 })).play('FFFF')).toBe(3);
    expect(under(failureRatio({ ratio: 1, window: lastMs(1), minimumCalls: 1_000 })).play('F'.repeat(2_000))).toBe(1_000);
  });

  it.each<[string, () => unknown, string]>([
    ['a string', () => '0.5', 'failureRatio expects an object of options (ratio, window, minimumCalls), got "0.5"'],
    ['a number', () => 0.5, 'failureRatio expects an object of options (ratio, window, minimumCalls), got 0.5: write { ratio: 0.5 }'],
    ['an unknown name', () => ({ rate: 0.5 }), 'failureRatio has no option "rate"; it has ratio, window, minimumCalls'],
    ['a number as a window', () => ({ window: 100 }), 'failureRatio: window must be a window, such as lastCalls(100) or lastMs(30_000), got 100'],
    ['null as a window', () => ({ window: null }), 'got null'],
    ['a factory uncalled', () => ({ window: lastCalls }), 'got the function lastCalls'],
    ['a rule as a window', () => ({ window: consecutive(5) }), 'got an object'],
    ['an inherited window', () => ({ window: Object.create(lastCalls(5)) as TripWindow }), 'got an object'],
  ])('refuses %s with a TypeError', (_, options, message) => {
    expect(() => failureRatio(options() as FailureRatioOptions)).toThrow(TypeError);
    expect(() => failureRatio(options() as FailureRatioOptions)).toThrow(message);
  });
});

describe('slowCallRatio', () => {
  const slow = (): TripRule => slowCallRatio({ slowAfter: 100, window: lastCalls(4), minimumCalls: 4 });

  /** Calls one after another, each with how long it took; it answers after how many the circuit opened. */
  function took(rig: Rig, ...times: (number | undefined)[]): number | undefined {
    for (const [made, time] of times.entries()) {
      rig.succeeds(rig.admit(), time);
      if (rig.machine.state === 'open') return made + 1;
    }
    return undefined;
  }

  it('is plain frozen data that says what it does, and that it wants to know how long attempts take', () => {
    const rule = slowCallRatio({ slowAfter: 2_000 });
    expect(rule.label).toBe('50 % of the last 20 to 100 calls took over 2 s');
    expect(rule['~timed']).toBe(true);
    expect(Object.isFrozen(rule)).toBe(true);
    const other = slowCallRatio({ slowAfter: 250, ratio: 0.8, window: lastMs(60_000), minimumCalls: 5 });
    expect(other.label).toBe('80 % of 5 or more calls in the last 60 s took over 250 ms');
  });

  it('has the defaults of failureRatio', () => {
    expect(took(under(slowCallRatio({ slowAfter: 1 })), ...Array.from({ length: 30 }, () => 2))).toBe(20);
    const rig = under(slowCallRatio({ slowAfter: 1 }));
    expect(took(rig, ...Array.from({ length: 200 }, (_, i) => (i < 100 ? 1 : 2)))).toBe(150);
  });

  it('calls slow what took longer than slowAfter, not what took exactly as long', () => {
    expect(took(under(slow()), 100, 100, 100, 100, 100)).toBeUndefined();
    expect(took(under(slow()), 1, 1, 100.25, 100.25)).toBe(4);
  });

  it('takes an outcome without an attempt for one that took no time', () => {
    expect(took(under(slow()), undefined, undefined, undefined, 101)).toBeUndefined();
    expect(took(under(slow()), undefined, undefined, 101, 101)).toBe(4);
  });

  it('goes by the time alone: a slow failure counts, a fast one does not', () => {
    const fast = under(slow());
    for (let made = 0; made < 100; made += 1) fast.fails(fast.admit(), 5);
    expect(fast.machine.state).toBe('closed');
    const late = under(slow());
    for (let made = 0; made < 4; made += 1) late.fails(late.admit(), 101);
    expect(late.machine.state).toBe('open');
  });

  it('counts for each circuit apart, and empties with a close', () => {
    const rule = slow();
    const [one, other] = [under(rule), under(rule)];
    took(one, 200, 200, 200);
    expect(took(other, 1, 1, 1, 200)).toBeUndefined();
    one.machine.reset();
    expect(took(one, 1, 1, 1, 200)).toBeUndefined();
  });

  it('R16 takes a good probe that is slower than slowAfter for a failed one', () => {
    const rig = under(slow());
    took(rig, 200, 200, 200, 200);
    rig.pass(1_000);
    const failures = rig.machine.failures;
    rig.succeeds(rig.admit(), 100.5);
    expect([rig.machine.state, rig.machine.reopenings, rig.machine.failures]).toEqual(['open', 1, failures + 1]);
    rig.pass(1_000);
    rig.succeeds(rig.admit(), 100);
    expect(rig.machine.state).toBe('closed');
  });

  it('R16 R5 lets a slow probe make the others stale, as a failed one does; one that is ignored says nothing, however slow', () => {
    const rig = under(slow(), { probes: 2, successThreshold: 2 });
    took(rig, 200, 200, 200, 200);
    rig.pass(1_000);
    const [ignored, late] = [rig.admit(), rig.admit()];
    rig.machine.record(ignored, 'ignore', rig.time, 1e9);
    expect(rig.machine.state).toBe('half-open');
    const good = rig.admit();
    rig.succeeds(late, 101);
    expect(rig.machine.state).toBe('open');
    expect(rig.succeeds(good, 1)).toBe(false);
  });

  it('R16 concerns no other rule: a probe may take as long as it likes', () => {
    for (const rule of [consecutive(3), failureRatio({ window: lastCalls(3) })]) {
      const rig = under(rule);
      rig.play('FFF');
      rig.pass(1_000);
      rig.succeeds(rig.admit(), 1e9);
      expect(rig.machine.state).toBe('closed');
    }
  });

  it.each<[() => SlowCallRatioOptions, string]>([
    [() => ({ slowAfter: 0 }), 'slowCallRatio: slowAfter must be a duration in milliseconds above 0, got 0'],
    [() => ({ slowAfter: NaN }), 'slowCallRatio: slowAfter must be a duration in milliseconds above 0, got NaN'],
    [() => ({ slowAfter: 1, ratio: 2 }), 'slowCallRatio: ratio must be a ratio above 0, up to 1, got 2'],
    [() => ({ slowAfter: 1, window: lastCalls(3), minimumCalls: 4 }), 'slowCallRatio: minimumCalls must be 3 or less'],
  ])('refuses %o with a RangeError: %s', (options, message) => {
    expect(() => slowCallRatio(options())).toThrow(RangeError);
    expect(() => slowCallRatio(options())).toThrow(message);
  });

  it.each<[unknown, string]>([
    [undefined, 'slowCallRatio: slowAfter must be a duration in milliseconds above 0, got undefined'],
    [{}, 'slowCallRatio: slowAfter must be a duration in milliseconds above 0, got undefined'],
    [2_000, 'got 2000: write { slowAfter: 2000 }'],
    [{ slowAfter: 1, window: 5 }, 'slowCallRatio: window must be a window'],
    [{ slowAfter: 1, slow: 5 }, 'slowCallRatio has no option "slow"; it has slowAfter, ratio, window, minimumCalls'],
  ])('refuses %o with a TypeError', (options, message) => {
    expect(() => slowCallRatio(options as SlowCallRatioOptions)).toThrow(TypeError);
    expect(() => slowCallRatio(options as SlowCallRatioOptions)).toThrow(message);
  });
});
