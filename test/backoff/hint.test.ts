import { afterEach, describe, expect, it, vi } from 'vitest';
import { retryAfterHint } from '../../src/backoff/hint.ts';

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);
const inOneMinute = 'Mon, 23 Nov 2026 12:01:00 GMT';
const oneMinuteAgo = 'Mon, 23 Nov 2026 11:59:00 GMT';

/** Every place and shape in which a header can come. */
const carriers: [string, (headers: Record<string, string>) => unknown][] = [
  ['Headers', (headers) => ({ headers: new Headers(headers) })],
  ['plain headers', (headers) => ({ headers })],
  ['Headers of a response', (headers) => ({ response: { headers: new Headers(headers) } })],
  ['plain headers of a response', (headers) => ({ response: { headers } })],
  ['a Response', (headers) => new Response(null, { status: 429, headers })],
  ['an error', (headers) => Object.assign(new Error('429'), { headers: new Headers(headers) })],
];

const read = (headers: object): number | undefined => retryAfterHint({ headers }, NOW);

describe('retryAfterHint', () => {
  describe.each(carriers)('in %s', (_, carry) => {
    it.each<[string, string, number | undefined]>([
      ['Retry-After', '1', 1_000],
      ['Retry-After', '0.3', 300],
      ['Retry-After', '0', undefined],
      ['Retry-After', '-1', undefined],
      ['Retry-After', 'garbage', undefined],
      ['Retry-After', oneMinuteAgo, undefined],
      ['Retry-After', inOneMinute, 60_000],
      ['Retry-After', '3600', 3_600_000],
      ['Retry-After', '9999999', 2 ** 31 - 1],
      ['retry-after-ms', '300', 300],
    ])('S10 reads %s: %s as %s ms', (name, value, ms) => {
      expect(retryAfterHint(carry({ [name]: value }), NOW)).toBe(ms);
    });
  });

  it('R17 prefers milliseconds, where they can be read', () => {
    expect(read({ 'retry-after': '5', 'retry-after-ms': '300' })).toBe(300);
    expect(read({ 'retry-after': '5', 'retry-after-ms': '0' })).toBe(5_000);
    expect(read({ 'retry-after': '5', 'retry-after-ms': 'soon' })).toBe(5_000);
    expect(read({ 'retry-after': '5', 'retry-after-ms': inOneMinute })).toBe(5_000);
  });

  it('R17 takes a hint of nothing, or less, for none', () => {
    for (const value of ['0', '0.0', '-0', '-1', '', ' ', inOneMinute.replace('01:00', '00:00'), 0, -0, -5]) {
      expect(read({ 'retry-after': value })).toBeUndefined();
    }
  });

  it.each(['NaN', 'Infinity', '1e3', '0x10', '5s', 's5', '5.', '.5', '1,000', '1 2', '+5', '1.5.5', '5 x', 'x 5'])(
    'R17 takes the unreadable %j for none',
    (value) => {
      expect(read({ 'retry-after': value })).toBeUndefined();
      expect(read({ 'retry-after-ms': value })).toBeUndefined();
    },
  );

  it('prefers the headers of the thing itself to those of its response, where they can be read', () => {
    const response = { headers: { 'retry-after': '7' } };
    expect(retryAfterHint({ headers: { 'retry-after': '5' }, response }, NOW)).toBe(5_000);
    expect(retryAfterHint({ headers: { 'retry-after': '0' }, response }, NOW)).toBe(7_000);
  });

  it('finds a plain header in any case, own ones only', () => {
    expect([read({ 'RETRY-AFTER': '1' }), read({ 'Retry-After-MS': '20' })]).toEqual([1_000, 20]);
    expect(read(Object.create({ 'retry-after': '1' }) as object)).toBeUndefined();
    expect(read({ 'x-retry-after': '1', 'retry-after-x': '1', undefined: '1' })).toBeUndefined();
  });

  it('takes a number for what it is, and any other kind of value for none', () => {
    expect([read({ 'retry-after': 1.5 }), read({ 'retry-after-ms': 250.5 })]).toEqual([1_500, 250.5]);
    for (const value of [NaN, null, undefined, true, 5n, ['5'], { valueOf: () => 5 }]) {
      expect(read({ 'retry-after': value })).toBeUndefined();
    }
  });

  it('is exact to a thousandth of a millisecond', () => {
    expect([read({ 'retry-after': '1.1' }), read({ 'retry-after': '0.0000001' })]).toEqual([1_100, undefined]);
    expect(read({ 'retry-after-ms': '0.001' })).toBe(0.001);
  });

  it('ignores white space around the value', () => {
    expect([read({ 'retry-after': ' 2 ' }), read({ 'retry-after': `\t${inOneMinute}  ` })]).toEqual([2_000, 60_000]);
  });

  it('C2 cuts a hint to the longest time that a timer takes', () => {
    for (const value of ['9'.repeat(400), 'Fri, 01 Jan 9999 00:00:00 GMT', Infinity]) {
      expect(read({ 'retry-after': value })).toBe(2 ** 31 - 1);
    }
  });

  it('takes a plain header called get for a header', () => {
    expect(read({ get: 'x', 'retry-after': '1' })).toBe(1_000);
  });

  it('asks a get with its own object as this', () => {
    const headers = {
      wait: '4',
      get(name: string): string | null {
        return name === 'retry-after' ? this.wait : null;
      },
    };
    expect(read(headers)).toBe(4_000);
  });

  it('never throws, whatever it is given', () => {
    const boom = (): never => {
      throw new Error('boom');
    };
    const hostile = new Proxy({}, { get: boom, has: boom, ownKeys: boom });
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const headers = [hostile, revoked, { get: boom }, null, 'retry-after: 5', 5, () => 5, { get: () => hostile }];
    for (const junk of [hostile, revoked, null, undefined, 5, 'text', Symbol('x'), () => 5]) {
      expect(retryAfterHint(junk, NOW)).toBeUndefined();
    }
    for (const junk of headers) {
      expect(retryAfterHint({ headers: junk }, NOW)).toBeUndefined();
      expect(retryAfterHint({ response: junk }, NOW)).toBeUndefined();
      expect(retryAfterHint({ headers: junk, response: { headers: { 'retry-after': '1' } } }, NOW)).toBe(1_000);
    }
  });

  it('reads no date where the time is not known', () => {
    expect(retryAfterHint({ headers: { 'retry-after': inOneMinute } }, NaN)).toBeUndefined();
    expect(retryAfterHint({ headers: { 'retry-after': '1' } }, NaN)).toBe(1_000);
  });

  describe('when no time is given', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it('compares a date with the time of day', () => {
      vi.useFakeTimers({ now: NOW });
      expect(retryAfterHint({ headers: { 'retry-after': inOneMinute } })).toBe(60_000);
    });
  });
});
