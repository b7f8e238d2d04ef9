/**
 * Reads a property of something that came from outside.
 * @module
 */

/** The property of an object; `undefined` for what is no object, and where a getter or a proxy throws. */
export function peek(thing: unknown, name: PropertyKey): unknown {
  if (typeof thing !== 'object') return undefined;
  let found: unknown;
  try {
    found = (thing as Record<PropertyKey, unknown>)[name];
  } catch {
    // null, or a getter or a proxy that throws: nothing was found.
  }
  return found;
}
