import { describe, expect, it } from 'vitest';
import { constant, exponential, linear } from '../../src/backoff/backoff.ts';
import { backoffData, backoffLabel, withJitter } from '../../src/backoff/backoff-text.ts';

describe('backoffLabel', () => {
  it('tells the first delay, the growth, the ceiling and the jitter', () => {
    expect(backoffLabel(constant(500), 'none')).toBe('500 ms');
    expect(backoffLabel(linear({ first: 100, step: 50 }), 'equal')).toBe('100 ms +50 ms up to 30 s, equal jitter');
    expect(backoffLabel(exponential(), 'full')).toBe('500 ms ×2 up to 30 s, full jitter');
  });
});

describe('backoffData', () => {
  it('is plain data with the options that the kind has', () => {
    expect(backoffData(constant(500), 'none')).toEqual({ kind: 'constant', first: 500, jitter: 'none' });
    expect(backoffData(linear(), 'equal')).toEqual({
      kind: 'linear',
      first: 500,
      step: 500,
      max: 30_000,
      jitter: 'equal',
    });
    expect(backoffData(exponential(), 'full')).toEqual({
      kind: 'exponential',
      first: 500,
      factor: 2,
      max: 30_000,
      jitter: 'full',
    });
  });
});

describe('withJitter', () => {
  it('says nothing of a jitter that is none', () => {
    expect([withJitter('a list', 'none'), withJitter('a list', 'decorrelated')]).toEqual([
      'a list',
      'a list, decorrelated jitter',
    ]);
  });
});
