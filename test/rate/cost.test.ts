import { describe, expect, it } from 'vitest';
import { isLocalRejection, PolicyError } from '../../src/core/errors.ts';
import { CostError } from '../../src/core/rate-limited-error.ts';
import { costsOf, usedOf } from '../../src/rate/cost.ts';
import type { LimitOptions } from '../../src/rate/limit.ts';
import { tokenBucket } from '../../src/rate/token-bucket.ts';
import { thrownBy } from '../helpers/functions.ts';

const limit = (options: Pick<LimitOptions, 'cost' | 'used'> = {}) => tokenBucket({ limit: 10, per: 1_000, ...options });

describe('costsOf', () => {
  it('is 1 a call where nothing tells it', () => {
    expect(costsOf([limit(), limit()], ['a'])).toEqual([1, 1]);
  });

  it("asks with the call's own arguments", () => {
    expect(costsOf([limit(), limit({ cost: (text: string, n: number) => text.length * n })], ['four', 2])).toEqual([1, 8]);
  });

  it.each([0, 0.5, Number.MAX_VALUE])('takes %d', (cost) => {
    expect(costsOf([limit({ cost: () => cost })], [])).toEqual([cost]);
  });

  it.each<[unknown, string]>([
    [-1, '-1'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    ['3', '"3"'],
    [undefined, 'undefined'],
    [Promise.resolve(3), 'an object of Promise'],
  ])('refuses %s', (cost, got) => {
    const error = thrownBy(() => costsOf([limit({ cost: () => cost as number })], []));
    expect(error).toBeInstanceOf(CostError);
    expect((error as Error).message).toBe(`rateLimit: cost must answer with a number, 0 or more, got ${got}`);
  });

  it('takes the rejection of a promise that it refuses', async () => {
    const cost = (): never => Promise.reject(new Error('no cost')) as never;
    expect(() => costsOf([limit({ cost })], [])).toThrow(CostError);
    await Promise.resolve();
  });

  it('tells of one that throws, with what it threw', () => {
    const bug = new Error('a bug');
    const cost = (): number => {
      throw bug;
    };
    expect(thrownBy(() => costsOf([limit({ cost })], []))).toMatchObject({
      message: 'rateLimit: cost must answer with a number, 0 or more; it threw',
      cause: bug,
    });
  });
});

describe('CostError', () => {
  it('is a TypeError that says nothing about the other end, and no error of a policy', () => {
    const error = new CostError('no');
    expect(error).toBeInstanceOf(TypeError);
    expect([error.name, isLocalRejection(error), error instanceof PolicyError]).toEqual(['TypeError', true, false]);
  });
});

describe('usedOf', () => {
  const none = (error: unknown): never => {
    throw error;
  };

  it('is the cost where nothing tells it, or it does not know', () => {
    expect(usedOf([limit(), limit({ used: () => undefined })], [3, 4], 'value', [], none)).toEqual([3, 4]);
  });

  it("asks with the value and the call's own arguments", () => {
    const used = (value: { readonly tokens: number }, factor: number): number => value.tokens * factor;
    expect(usedOf([limit(), limit({ used })], [3, 4], { tokens: 7 }, [2], none)).toEqual([3, 14]);
  });

  it.each([0, 2.5])('takes %d', (used) => {
    expect(usedOf([limit({ used: () => used })], [3], 'value', [], none)).toEqual([used]);
  });

  it.each([-1, NaN, Infinity, '3', null])('reports %s, and the cost stands', (used) => {
    const reported: unknown[] = [];
    expect(usedOf([limit({ used: () => used as number })], [3], 'value', [], (error) => reported.push(error))).toEqual([3]);
    expect(reported).toHaveLength(1);
    expect((reported[0] as Error).message).toContain('rateLimit: used must answer with a number, 0 or more, got');
  });

  it('reports what it throws, and the cost stands', () => {
    const reported: unknown[] = [];
    const used = (): number => {
      throw 'a bug';
    };
    expect(usedOf([limit({ used })], [3], 'value', [], (error) => reported.push(error))).toEqual([3]);
    expect(reported).toEqual(['a bug']);
  });
});
