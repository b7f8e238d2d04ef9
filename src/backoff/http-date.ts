/**
 * Reads a date as HTTP writes it: the three forms of RFC 9110, section 5.6.7, all of them in UTC. `Date.parse` alone
 * will not do: it finds a date in much that is none, and takes the third form for local time.
 * @module
 */

/** `Sun, 06 Nov 1994 08:49:37 GMT`, and the older `Sunday, 06-Nov-94 08:49:37 GMT`. */
const WITH_ZONE = /^[a-z]{3,9}, (\d\d)[ -]([a-z]{3})[ -](\d\d|\d{4}) (\d\d:\d\d:\d\d) GMT$/i;

/** The form of C's asctime(): `Sun Nov  6 08:49:37 1994`. */
const ASCTIME = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})$/i;

const FIFTY_YEARS = 50 * 365.25 * 24 * 3_600_000;

/**
 * The date in milliseconds since the epoch, NaN where it is none. A year of two digits is taken in the century of
 * `wall` (milliseconds since the epoch), the century before it where that were more than 50 years ahead.
 */
export function httpDate(text: string, wall: number): number {
  const asctime = ASCTIME.exec(text);
  if (asctime) return utc(asctime[2]!, asctime[1]!, asctime[4]!, asctime[3]!);
  const zoned = WITH_ZONE.exec(text);
  if (!zoned) return NaN;
  const [, day, month, year, time] = zoned as unknown as [string, string, string, string, string];
  if (year.length === 4) return utc(day, month, year, time);
  const century = Math.floor(new Date(wall).getUTCFullYear() / 100);
  const date = utc(day, month, `${century}${year}`, time);
  return date - wall > FIFTY_YEARS ? utc(day, month, `${century - 1}${year}`, time) : date;
}

function utc(day: string, month: string, year: string, time: string): number {
  return Date.parse(`${month} ${day} ${year} ${time} GMT`);
}
