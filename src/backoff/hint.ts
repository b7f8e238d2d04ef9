/**
 * The other end's hint when to come back: the header `Retry-After` (RFC 9110, section 10.2.3), and `retry-after-ms` as
 * the SDKs of OpenAI and Anthropic read it.
 * @module
 */
import { MAX_DELAY } from './backoff-data.ts';
import { httpDate } from './http-date.ts';
import { peek } from './peek.ts';

/**
 * How long the other end asked to wait, in milliseconds, above 0 and at most 2147483647; `undefined` where it asked
 * nothing that can be read, or for a time that is over. Looks at `retry-after-ms`, then at `Retry-After` (seconds, also
 * decimal, or an HTTP date), in `source.headers`, then in `source.response.headers`; each may be `Headers`, or a plain
 * object with names in any case. Never throws.
 *
 * @param source - an error or a value, such as an SDK's error or a `Response`.
 * @param now - the time that a date is compared with, in milliseconds since the epoch; left out, `Date.now()`.
 *
 * @example
 * ```ts
 * import { retryAfterHint } from 'breakwater';
 *
 * retryAfterHint({ headers: { 'Retry-After': '1.5' } }) // => 1500
 * retryAfterHint(new Error('no headers')) // => undefined
 * ```
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110, section 10.2.3}: `Retry-After`.
 */
export function retryAfterHint(source: unknown, now: number = Date.now()): number | undefined {
  return fromHeaders(peek(source, 'headers'), now) ?? fromHeaders(peek(peek(source, 'response'), 'headers'), now);
}

function fromHeaders(headers: unknown, now: number): number | undefined {
  return wait(milliseconds(header(headers, 'retry-after-ms'), 1)) ?? wait(after(header(headers, 'retry-after'), now));
}

/** A header's value by its name in lower case. */
function header(headers: unknown, name: string): unknown {
  let value: unknown;
  try {
    // Most errors have no headers: those are looked for in an empty object, not by an error.
    const fields = Object(headers) as Record<string, unknown>;
    if (typeof fields['get'] === 'function') return fields['get'](name);
    const found = Object.keys(fields).find((key) => key.toLowerCase() === name);
    if (found !== undefined) value = fields[found];
  } catch {
    // Headers that throw when they are read: no value.
  }
  return value;
}

function after(value: unknown, now: number): number {
  const ms = milliseconds(value, 1_000);
  return Number.isNaN(ms) && typeof value === 'string' ? httpDate(value.trim(), now) - now : ms;
}

/** A decimal number, or one as text, times `unit`, to a thousandth (1.1 s is 1100 ms); NaN where it is none. */
function milliseconds(value: unknown, unit: number): number {
  const readable = typeof value === 'number' || (typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value));
  return readable ? Math.round(Number(value) * unit * 1_000) / 1_000 : NaN;
}

function wait(ms: number): number | undefined {
  return ms > 0 ? Math.min(MAX_DELAY, ms) : undefined;
}
