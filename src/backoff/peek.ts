/**
 * Reads a property of something that came from outside.
 * @module
 */

/** The property of an object; `undefined` for what is no object, and where a getter or a proxy throws. */
export function peek(thing: unknown, name: PropertyKey): unknown {
  if (typeof thing !== 'object' || thing === null) return undefined;
  try {
    return (thing as Record<PropertyKey, unknown>)[name];
  } catch {
    return undefined;
  }
}
