import { describe, expect, it } from 'vitest';
import { isWithin } from '../../src/cache/freshness.ts';

describe('isWithin', () => {
  it.each([
    { of: 'an entry of now', storedAt: 1_000, within: true },
    { of: 'one that is nearly too old', storedAt: 901, within: true },
    { of: 'one that is just too old', storedAt: 900, within: false },
    { of: 'one that is dated a little ahead', storedAt: 1_099, within: true },
    { of: 'one that is dated too far ahead', storedAt: 1_100, within: false },
    { of: 'one that is dated nowhere', storedAt: Infinity, within: false },
  ])('says of $of: $within', ({ storedAt, within }) => {
    expect(isWithin(storedAt, 1_000, 100)).toBe(within);
  });

  it('has no time at all for nobody, and any time where it does not end', () => {
    expect(isWithin(1_000, 1_000, 0)).toBe(false);
    expect(isWithin(0, 1_000_000, Infinity)).toBe(true);
  });
});
