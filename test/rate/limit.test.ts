import { describe, expect, it } from 'vitest';
import { limitsOption } from '../../src/rate/limit.ts';
import { slidingWindow } from '../../src/rate/sliding-window.ts';
import { tokenBucket } from '../../src/rate/token-bucket.ts';

const at = 'rateLimit: limit';
const expects = 'a limit made by tokenBucket({ limit, per }) or slidingWindow({ limit, per }), or a list of these';

describe('limitsOption', () => {
  it('makes a list of one limit, and takes several as they are', () => {
    const [one, other] = [tokenBucket({ limit: 1, per: 1 }), slidingWindow({ limit: 1, per: 1 })];
    expect(limitsOption(one, at)).toEqual([one]);
    expect(limitsOption([one, other], at)).toEqual([one, other]);
  });

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [10, '10'],
    [{ limit: 10, per: 1_000 }, 'an object'],
    [tokenBucket, 'the function tokenBucket'],
    [{ '~start': true }, 'an object'],
  ])('refuses %s with a TypeError', (value, got) => {
    expect(() => limitsOption(value, at)).toThrow(TypeError);
    expect(() => limitsOption(value, at)).toThrow(`${at} must be ${expects}, got ${got}`);
    expect(() => limitsOption([tokenBucket({ limit: 1, per: 1 }), value], at)).toThrow(`${at}[1] must be ${expects}, got ${got}`);
  });

  it('refuses an empty list with a RangeError', () => {
    expect(() => limitsOption([], at)).toThrow(RangeError);
    expect(() => limitsOption([], at)).toThrow(`${at} must name at least one limit, got an array of 0`);
  });
});
