/**
 * Makes two errors reachable from the one that surfaces.
 * @module
 */

/**
 * The error of a handler that failed, with `original` as its cause: set on it, or at the end of the causes it has. One
 * that the original itself was caused by stays as it is. Where nothing can be set (a primitive, a frozen error), an
 * `AggregateError` holds both.
 */
export function withCause(error: unknown, original: unknown): unknown {
  try {
    return linked(error, original);
  } catch {
    // A proxy or a getter that throws when it is read: it is passed on as it is.
    return both(error, original);
  }
}

/** The causes that were set here: an error that a handler throws again and again tells of the latest call, not of all. */
const given = new WeakMap<Error, unknown>();

function linked(error: unknown, original: unknown): unknown {
  const behind = causesOf(original);
  const seen = new Set<unknown>();
  let last = error;
  // An error out of the original's own causes, as a handler throws that unwraps it, is linked with it already: a cause set
  // on that would change the call's own error, and lead in a circle.
  while (isError(last) && !seen.has(last) && !behind.has(last)) {
    seen.add(last);
    const { cause } = last;
    if (!Object.hasOwn(last, 'cause') || cause === undefined || (given.has(last) && given.get(last) === cause)) {
      if (!Reflect.defineProperty(last, 'cause', { value: original, writable: true, configurable: true, enumerable: false })) break;
      given.set(last, original);
      return error;
    }
    last = cause;
  }
  return last === original || behind.has(last) ? error : both(error, original);
}

/** An error with all the errors that led to it; the walk ends where one cannot be read. */
function causesOf(original: unknown): ReadonlySet<unknown> {
  const causes = new Set<unknown>();
  try {
    for (let one = original; isError(one) && !causes.has(one); one = one.cause) causes.add(one);
  } catch {
    // What was found so far has to do.
  }
  return causes;
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}

function both(error: unknown, original: unknown): AggregateError {
  return new AggregateError([error, original], 'The fallback failed, too: see errors', { cause: original });
}
