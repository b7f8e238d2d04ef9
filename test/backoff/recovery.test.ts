import { IterableBackoff } from 'cockatiel';
import { describe, expect, it } from 'vitest';
import { constant, exponential, linear } from '../../src/backoff/backoff.ts';
import { recoveryRule } from '../../src/backoff/recovery.ts';

const AT = 'breaker: recoveryTimeout';
const half = (): number => 0.5;

describe('recoveryRule', () => {
  it('takes a number for the time of every opening', () => {
    const rule = recoveryRule(60_000, AT);
    const time = rule.start(half);
    expect([time(0), time(1), time(7)]).toEqual([60_000, 60_000, 60_000]);
    expect([rule.label, rule.describe]).toEqual(['60 s', 60_000]);
  });

  it('is one and the same for the same number, as long as no other is asked for', () => {
    const rule = recoveryRule(60_000, AT);
    expect(recoveryRule(60_000, AT)).toBe(rule);
    expect(recoveryRule(50_000, AT).describe).toBe(50_000);
  });

  it('takes 0 and Infinity, and gives no negative zero', () => {
    expect([0, -0, Infinity].map((ms) => recoveryRule(ms, AT).start(half)(0))).toEqual([0, 0, Infinity]);
    expect([recoveryRule(-0, AT).describe, recoveryRule(Infinity, AT).label]).toEqual([0, 'never']);
  });

  it.each([NaN, -1])('C3 refuses %s', (value) => {
    expect(() => recoveryRule(value, AT)).toThrow(
      new RangeError(`breaker: recoveryTimeout must be a duration in milliseconds, 0 or more, got ${value}`),
    );
  });

  it.each([undefined, null, '60000', 5n, {}, [1, 2], [].values(), () => 5, exponential, { next: 5 }])(
    'C3 refuses %s',
    (value) => {
      expect(() => recoveryRule(value, AT)).toThrow(TypeError);
      expect(() => recoveryRule(value, AT)).toThrow(
        /^breaker: recoveryTimeout must be a duration in milliseconds or a backoff, got /,
      );
    },
  );

  describe('with a backoff', () => {
    it('R8 grows with the reopenings, without jitter where none was given', () => {
      const rule = recoveryRule(exponential({ first: 1_000, max: 5_000 }), AT);
      const time = rule.start(half);
      expect([0, 1, 2, 3, 0, 1].map(time)).toEqual([1_000, 2_000, 4_000, 5_000, 1_000, 2_000]);
      expect(rule.label).toBe('1 s ×2 up to 5 s');
      expect(rule.describe).toEqual({ kind: 'exponential', first: 1_000, factor: 2, max: 5_000, jitter: 'none' });
    });

    it('R8 goes by the index, wherever a restored circuit begins', () => {
      expect(recoveryRule(linear({ first: 10, step: 10 }), AT).start(half)(4)).toBe(50);
    });

    it('R8 spreads the time where the backoff has a jitter', () => {
      const rule = recoveryRule(constant(1_000, { jitter: 'equal' }), AT);
      expect([rule.start(half)(0), rule.label]).toEqual([750, '1 s, equal jitter']);
    });

    it('R8 begins decorrelated times anew after a close', () => {
      const time = recoveryRule(exponential({ first: 100, jitter: 'decorrelated' }), AT).start(() => 1);
      expect([0, 1, 2, 0, 1].map(time)).toEqual([300, 900, 2_700, 300, 900]);
    });
  });

  describe('with a cockatiel backoff', () => {
    it('R8 follows its chain, one link a reopening, and begins anew after a close', () => {
      const rule = recoveryRule(new IterableBackoff([10, 20, 30]), AT);
      const [time, other] = [rule.start(half), rule.start(half)];
      expect([0, 1, 2, 3, 0, 1].map(time)).toEqual([10, 20, 30, 30, 10, 20]);
      expect(other(0)).toBe(10);
      expect([rule.label, rule.describe]).toEqual(['a cockatiel backoff', 'a cockatiel backoff']);
    });

    it('R8 gives the same time for the same index, which an opening by hand asks again', () => {
      const time = recoveryRule(new IterableBackoff([10, 20, 30]), AT).start(half);
      expect([0, 1, 1, 2].map(time)).toEqual([10, 20, 20, 30]);
    });

    it('R8 draws once a reopening', () => {
      const counting = countingBackoff();
      expect([0, 1, 2].map(recoveryRule(counting, AT).start(half))).toEqual([1, 2, 3]);
      expect(counting.draws.length).toBe(3);
    });

    it('R8 catches up with a restored circuit, as far as makes a difference', () => {
      const counting = countingBackoff();
      const time = recoveryRule(counting, AT).start(half);
      expect([time(5), counting.draws.length]).toEqual([6, 6]);
      expect([time(1e9), counting.draws.length]).toEqual([71, 71]);
    });

    it('tells it the opening as the attempt, and a signal that never aborts', () => {
      const counting = countingBackoff();
      recoveryRule(counting, AT).start(half)(2);
      expect(counting.draws).toMatchObject([1, 2, 3].map((attempt) => ({ attempt, result: { error: undefined } })));
      expect(counting.draws.map(({ signal }) => signal instanceof AbortSignal && signal.aborted)).toEqual([
        false,
        false,
        false,
      ]);
    });

    it('never throws: it tells the error and uses the time before, at first 60 s', () => {
      const broken = new IterableBackoff([NaN]);
      expect(recoveryRule(broken, AT).start(half)(0)).toBe(60_000);
      const errors: unknown[] = [];
      const time = recoveryRule(new IterableBackoff([10, -1]), AT).start(half, (error) => errors.push(error));
      expect([0, 1, 2].map(time)).toEqual([10, 10, 10]);
      const message =
        'breaker: recoveryTimeout: the duration that the cockatiel backoff gives must be a finite number of ' +
        'milliseconds, 0 or more, got -1';
      expect(errors).toEqual([new RangeError(message), new RangeError(message)]);
    });
  });
});

/** A chain that counts its draws, and remembers what it was told. */
function countingBackoff(): { duration: number; draws: { signal?: AbortSignal }[]; next(context: object): any } {
  return {
    duration: 0,
    draws: [],
    next(context) {
      this.draws.push(context);
      return { ...this, duration: this.draws.length };
    },
  };
}
