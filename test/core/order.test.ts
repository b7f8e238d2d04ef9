import { describe, expect, it } from 'vitest';
import { ORDER } from '../../src/core/order.ts';

describe('ORDER', () => {
  it('is the one order, outermost first, the fallback last', () => {
    expect(ORDER).toEqual([
      'cache', 'coalesce', 'breaker', 'deadline', 'retry', 'hedge', 'rateLimit', 'bulkhead', 'timeout', 'chaos', 'fallback',
    ]);
  });

  it('cannot be changed', () => {
    expect(() => (ORDER as string[]).reverse()).toThrow(TypeError);
    expect(ORDER[2]).toBe('breaker');
  });
});
