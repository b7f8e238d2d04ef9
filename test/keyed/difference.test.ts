import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../src/keyed/difference.ts';
import { breaker, fallback, policy, Policy, retry, timeout } from '../../src/index.ts';

const layer = (options: Record<string, unknown>): { kind: string; options: Record<string, unknown> } => ({ kind: 'retry', options });

describe('differenceOf', () => {
  it('is nothing between policies of the same options, however they were written', () => {
    const one = policy(fallback(null), timeout(5_000), breaker(), retry({ delay: [1, 2, 3] })).describe();
    const other = Policy.breaker({ failureThreshold: 5 }).retry({ attempts: 3, delay: [1, 2, 3] }).timeout(5_000).fallback(null).describe();
    expect(differenceOf(one, other)).toBeUndefined();
    expect(differenceOf([], [])).toBeUndefined();
  });

  it.each([
    [[layer({ a: 1 })], [layer({ a: 2 })], 'retry: a is 1, not 2'],
    [[layer({ a: 1, b: 1 })], [layer({ a: 1, b: Infinity })], 'retry: b is 1, not Infinity'],
    [[layer({ a: 1 })], [layer({})], 'retry: a is 1, not undefined'],
    [[layer({})], [layer({ a: null })], 'retry: a is undefined, not null'],
    [[layer({ a: null })], [layer({ a: {} })], 'retry: a is null, not {}'],
    [[layer({ a: {} })], [layer({ a: null })], 'retry: a is {}, not null'],
    [[layer({ a: {} })], [layer({ a: 1 })], 'retry: a is {}, not 1'],
    [[layer({ a: 1 })], [layer({ a: {} })], 'retry: a is 1, not {}'],
    [[layer({ a: [1, 2] })], [layer({ a: [1, 3] })], 'retry: a is [1,2], not [1,3]'],
    [[layer({ a: [1] })], [layer({ a: [1, 2] })], 'retry: a is [1], not [1,2]'],
    [[layer({ a: [] })], [layer({ a: {} })], 'retry: a is [], not {}'],
    [[layer({ a: { b: 1 } })], [layer({ a: { c: 1 } })], 'retry: a is {"b":1}, not {"c":1}'],
    [[layer({ a: { b: undefined } })], [layer({ a: { c: undefined } })], 'retry: a is {}, not {}'],
    [[layer({ a: 1 }), layer({ a: 1 })], [layer({ a: 1 }), layer({ a: 3 })], 'retry: a is 1, not 3'],
    [[layer({ a: 1 })], [], 'its parts are retry, not nothing'],
    [[layer({}), layer({})], [layer({})], 'its parts are retry, retry, not retry'],
  ])('is told: %#', (one, other, told) => {
    expect(differenceOf(one, other)).toBe(told);
  });

  it('is none between NaN and NaN, nor between the same in depth', () => {
    const data = { a: Number.NaN, b: [{ c: [null, { d: 1 }] }] };
    expect(differenceOf([layer(data)], [layer(structuredClone(data))])).toBeUndefined();
  });
});
