/**
 * Makes two errors reachable from the one that surfaces.
 * @module
 */

/**
 * The error of a handler that failed, with `original` as its cause: set on it, or at the end of the causes it has. Where
 * nothing can be set (a primitive, a frozen error), an `AggregateError` holds both.
 */
export function withCause(error: unknown, original: unknown): unknown {
  try {
    return linked(error, original);
  } catch {
    // A proxy or a getter that throws when it is read: it is passed on as it is.
    return both(error, original);
  }
}

function linked(error: unknown, original: unknown): unknown {
  const seen = new Set<unknown>();
  let last = error;
  while (isError(last) && !seen.has(last) && last !== original) {
    seen.add(last);
    if (!Object.hasOwn(last, 'cause') || last.cause === undefined) {
      return Reflect.defineProperty(last, 'cause', { value: original, writable: true, configurable: true, enumerable: false })
        ? error
        : both(error, original);
    }
    last = last.cause;
  }
  return last === original ? error : both(error, original);
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}

function both(error: unknown, original: unknown): AggregateError {
  return new AggregateError([error, original], 'The fallback failed, too: see errors', { cause: original });
}
