import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lru } from '../../src/cache/lru.ts';

/** What is kept at a time, by key. */
function kept<T>(lru: Lru<T>, now: number, keys: string): string {
  return keys.split('').filter((key) => lru.get(key, now) !== undefined).join('');
}

describe('Lru', () => {
  it('gives back the very value, in a box', () => {
    const lru = new Lru<unknown>(3);
    const value = {};
    lru.set('a', value, 10, 0);
    lru.set('b', undefined, 10, 0);
    expect(lru.get('a', 0)?.value).toBe(value);
    expect(lru.get('b', 0)).toHaveProperty('value', undefined);
    expect(lru.get('c', 0)).toBeUndefined();
  });

  it('lets go of what was not read or written for the longest time', () => {
    const lru = new Lru<number>(3);
    for (const [i, key] of ['a', 'b', 'c'].entries()) lru.set(key, i, 100, 0);
    lru.get('a', 0);
    lru.set('d', 3, 100, 0);
    expect(kept(lru, 0, 'abcd')).toBe('acd');
    lru.set('a', 9, 100, 0);
    lru.set('e', 4, 100, 0);
    expect(kept(lru, 0, 'acde')).toBe('ade');
    expect(lru.get('a', 0)?.value).toBe(9);
  });

  it('keeps a value until it expires, and not at that moment', () => {
    const lru = new Lru<number>(3);
    lru.set('a', 1, 10, 0);
    expect(lru.get('a', 9)).toBeDefined();
    expect(lru.get('a', 10)).toBeUndefined();
    expect(lru.get('a', 9)).toBeUndefined();
  });

  it('lets go of what has expired before what is good, however recently it was read', () => {
    const lru = new Lru<number>(3);
    lru.set('a', 1, 100, 0);
    lru.set('b', 2, 10, 0);
    lru.set('c', 3, 10, 0);
    expect(kept(lru, 9, 'abc')).toBe('abc');
    lru.set('d', 4, 100, 10);
    lru.set('e', 5, 100, 10);
    expect(kept(lru, 10, 'abcde')).toBe('ade');
  });

  it('does not keep what has expired already, and forgets what it stood for', () => {
    const lru = new Lru<number>(1);
    lru.set('a', 1, 100, 0);
    lru.set('b', 2, 5, 5);
    expect(kept(lru, 5, 'ab')).toBe('a');
    lru.set('a', 2, 5, 5);
    expect(kept(lru, 5, 'ab')).toBe('');
  });

  it('forgets by key, and all', () => {
    const lru = new Lru<number>(9);
    for (const key of 'abc') lru.set(key, 1, 100, 0);
    lru.delete('b');
    lru.delete('x');
    expect([kept(lru, 0, 'abc'), lru.size(0)]).toEqual(['ac', 2]);
    lru.clear();
    expect([kept(lru, 0, 'abc'), lru.size(0)]).toEqual(['', 0]);
    lru.set('d', 1, 100, 0);
    expect(lru.size(0)).toBe(1);
  });

  it('keeps one value a key, which expires when the last one says', () => {
    const lru = new Lru<number>(9);
    lru.set('a', 1, 10, 0);
    lru.set('a', 2, 20, 0);
    expect([lru.size(10), lru.size(19), lru.size(20)]).toEqual([1, 1, 0]);
    lru.set('a', 3, 40, 30);
    lru.get('a', 40);
    lru.set('a', 4, 60, 50);
    expect(lru.size(59)).toBe(1);
  });

  it('has no bound where the maximum is Infinity, and no end where a value does not expire', () => {
    const lru = new Lru<number>(Infinity);
    for (let i = 0; i < 5_000; i++) lru.set(`${i}`, i, Infinity, 0);
    expect(lru.size(1e12)).toBe(5_000);
  });

  it('agrees with a list that is sorted anew each time', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step = fc.oneof(
      fc.record({ does: fc.constant('set' as const), key, lives: fc.oneof(fc.constant(50), fc.nat(80), fc.constant(Infinity)) }),
      fc.record({ does: fc.constantFrom('get' as const, 'delete' as const), key }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.nat(40) }),
      fc.record({ does: fc.constantFrom('size' as const, 'clear' as const) }),
    );
    const census = { expired: 0, evicted: 0, hits: 0 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60, size: 'max' }), (max, steps) => {
        const lru = new Lru<number>(max);
        let now = 0;
        let model: { key: string; value: number; expiresAt: number }[] = [];
        const expire = (): void => {
          const good = model.filter(({ expiresAt }) => expiresAt > now);
          census.expired += model.length - good.length;
          model = good;
        };
        for (const [i, one] of steps.entries()) {
          if (one.does === 'wait') now += one.ms;
          else if (one.does === 'set') {
            model = model.filter((slot) => slot.key !== one.key);
            expire();
            if (one.lives > 0) {
              while (model.length >= max) {
                model.shift();
                census.evicted += 1;
              }
              model.push({ key: one.key, value: i, expiresAt: now + one.lives });
            }
            lru.set(one.key, i, now + one.lives, now);
          } else if (one.does === 'get') {
            const slot = model.find((other) => other.key === one.key && other.expiresAt > now);
            if (slot !== undefined) {
              census.hits += 1;
              model = [...model.filter((other) => other !== slot), slot];
            }
            expect(lru.get(one.key, now)?.value).toBe(slot?.value);
          } else if (one.does === 'delete') {
            model = model.filter((slot) => slot.key !== one.key);
            lru.delete(one.key);
          } else if (one.does === 'clear') {
            if (i % 3 === 0) {
              model = [];
              lru.clear();
            }
          } else {
            expire();
            expect(lru.size(now)).toBe(model.length);
          }
        }
        expire();
        expect(lru.size(now)).toBe(model.length);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(...Object.values(census))).toBeGreaterThan(200);
  });
});
