import { describe, expect, it } from 'vitest';
import { hedge, quantile } from '../../../src/index.ts';
import { delayOption } from '../../../src/layers/hedge/quantile.ts';
import { thrownBy } from '../../helpers/functions.ts';

describe('quantile', () => {
  it('has a window of the last 1000, of which 100 have to be there', () => {
    expect(quantile(0.95)).toMatchObject({ quantile: 0.95, window: 1_000, minimum: 100 });
    expect(quantile(0.5, { window: 20 })).toMatchObject({ window: 20, minimum: 20 });
    expect(quantile(0.5, { window: 20, minimum: 5 })).toMatchObject({ window: 20, minimum: 5 });
  });

  it.each([
    [() => quantile(1), 'quantile: share must be a number above 0 and below 1, such as 0.95, got 1'],
    [() => quantile(0), 'quantile: share must be a number above 0 and below 1, such as 0.95, got 0'],
    [() => quantile(95), 'quantile: share must be a number above 0 and below 1, such as 0.95, got 95'],
    [() => quantile(NaN), 'quantile: share must be a number above 0 and below 1, such as 0.95, got NaN'],
    [() => quantile('p95' as never), 'quantile: share must be a number above 0 and below 1, such as 0.95, got "p95"'],
    [() => quantile(0.5, { window: 0 }), 'quantile: window must be a whole number from 1 to 10000, got 0'],
    [() => quantile(0.5, { window: 10_001 }), 'quantile: window must be a whole number from 1 to 10000, got 10001'],
    [() => quantile(0.5, { minimum: 1.5 }), 'quantile: minimum must be a whole number from 1 to 10000, got 1.5'],
    [() => quantile(0.5, { window: 5, minimum: 6 }), 'quantile: minimum must be at most 5, which is what the window holds, got 6'],
    [() => quantile(0.5, { windows: 5 } as never), 'quantile has no option "windows"; it has window, minimum'],
  ])('D9 refuses what it cannot use: %s', (make, message) => {
    expect((thrownBy(make) as Error).message).toBe(message);
  });

  it('takes the bounds of what it can use', () => {
    expect(quantile(0.001, { window: 10_000, minimum: 10_000 }).minimum).toBe(10_000);
    expect(quantile(0.999, { window: 1 })).toMatchObject({ window: 1, minimum: 1 });
  });

  it('R27 is data: each hedge watches for itself', () => {
    const shared = quantile(0.5, { window: 4, minimum: 1 });
    expect(Object.isFrozen(shared)).toBe(true);
    const [one, other] = [shared['~watch'](), shared['~watch']()];
    one.note(5);
    expect([one.value, other.value]).toEqual([5, undefined]);
  });

  it.each([
    [0.95, 'p95'],
    [0.5, 'p50'],
    [0.999, 'p99.9'],
    [0.29, 'p29'],
  ])('is written as a percentile: %d', (share, text) => {
    expect(String(hedge({ after: quantile(share) }))).toBe(`hedge after ${text} ▸ fn`);
  });
});

describe('delayOption', () => {
  it('takes a duration above 0 or a quantile', () => {
    const p95 = quantile(0.95);
    expect([delayOption(200, 'x'), delayOption(0.5, 'x'), delayOption(Infinity, 'x'), delayOption(p95, 'x')]).toEqual([200, 0.5, Infinity, p95]);
  });

  it.each([[undefined, TypeError], ['200', TypeError], [null, TypeError], [{ quantile: 0.9 }, TypeError], [() => 5, TypeError], [0, RangeError], [-1, RangeError], [NaN, RangeError]])(
    'C3 refuses anything else: %s',
    (value, kind) => {
      expect(() => delayOption(value, 'hedge: after')).toThrow(kind);
      expect(() => delayOption(value, 'hedge: after')).toThrow('hedge: after must be a duration in milliseconds above 0');
    },
  );

  it('shows who hands quantile over uncalled what to write', () => {
    expect(() => delayOption(quantile, 'hedge: after')).toThrow('hedge: after must be a quantile, got the function quantile: call it, as in quantile(0.95)');
  });
});
