import { describe, expect, it } from 'vitest';
import { httpDate } from '../../src/backoff/http-date.ts';

const NOVEMBER_1994 = Date.UTC(1994, 10, 6, 8, 49, 37);
const WALL = Date.UTC(2026, 0, 1);

describe('httpDate', () => {
  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ])('reads %s', (text) => {
    expect(httpDate(text, WALL)).toBe(NOVEMBER_1994);
  });

  it('reads the third form with a day of two digits, in UTC as well', () => {
    expect(httpDate('Wed Nov 16 08:49:37 1994', WALL)).toBe(NOVEMBER_1994 + 10 * 86_400_000);
  });

  it('takes a year of two digits for one at most 50 years ahead', () => {
    const year = (text: string, wall: number): number => new Date(httpDate(text, wall)).getUTCFullYear();
    expect(year('Thursday, 01-Jan-26 00:00:01 GMT', WALL)).toBe(2026);
    expect(year('Tuesday, 31-Dec-75 00:00:00 GMT', WALL)).toBe(2075);
    expect(year('Wednesday, 01-Jan-76 00:00:00 GMT', WALL)).toBe(2076);
    expect(year('Wednesday, 01-Jan-76 12:00:01 GMT', WALL)).toBe(1976);
    expect(year('Friday, 02-Jan-76 00:00:00 GMT', WALL)).toBe(1976);
    expect(year('Wednesday, 01-Jan-76 12:00:00 GMT', WALL)).toBe(2076);
    expect(year('Friday, 01-Jan-99 00:00:00 GMT', Date.UTC(1998, 5, 1))).toBe(1999);
  });

  it.each([
    '',
    'soon',
    '1',
    'May 2099',
    '2099-01-01T00:00:00Z',
    'x Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT x',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 06 Nov 1994 08:49 GMT',
    'Sun, 06 Nov 1994 08:49:37 PST',
    'Sun, 06 Nov 194 08:49:37 GMT',
    'Sun, 06/Nov/1994 08:49:37 GMT',
    'Sun, 66 Nov 1994 08:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 28:49:37 GMT',
    'x Sun Nov  6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994 x',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov  6 08:49:37 94',
  ])('finds no date in %j', (text) => {
    expect(httpDate(text, WALL)).toBeNaN();
  });

  it('finds no date of two digits where there is no time to compare it with', () => {
    expect(httpDate('Sunday, 06-Nov-94 08:49:37 GMT', NaN)).toBeNaN();
  });
});
