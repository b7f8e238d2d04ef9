/**
 * Which calls are the same: by a key that is made of their arguments, and by what they call.
 * @module
 */
import type { Call } from './call.ts';
import { functionOf, wrongType, type Check } from './options.ts';
import { show } from './text.ts';
import { disregard } from './thenable.ts';

/**
 * Makes the key of a call from its arguments, with the call's own `this`: calls of one key are the same. `undefined` is no
 * key: such a call goes by itself.
 */
export type CallKey = (this: any, ...args: any[]) => string | number | bigint | undefined;

/** Checks the option `key`. */
export const keyOption: Check<CallKey> = /* @__PURE__ */ functionOf('a function of the arguments that answers with a key');

/**
 * The key of a call. Without a `key` of its own, the layer takes the only argument, where that is a primitive.
 *
 * @throws TypeError when there is no such argument, or `key` answers with something else than a key.
 */
export function keyOf(owner: string, key: CallKey | undefined, { self, args }: Call): string | undefined {
  if (key === undefined) return plainKey(owner, args);
  const found: unknown = Reflect.apply(key, self, args);
  if (found === undefined || typeof found === 'string') return found;
  if ((typeof found === 'number' && !Number.isNaN(found)) || typeof found === 'bigint') return String(found);
  disregard(found);
  throw wrongType(`${owner}: what key(...) answers`, 'a string, a number, or undefined for a call that goes by itself', found);
}

function plainKey(owner: string, args: readonly unknown[]): string {
  if (args.length === 0) return '';
  const [only] = args;
  const text = args.length === 1 ? primitiveText(only) : undefined;
  if (text !== undefined) return text;
  const got = args.length === 1 ? `with ${show(only)}` : `with ${args.length} arguments`;
  throw new TypeError(
    `${owner}: key must be given where a call has more than one primitive argument, got a call ${got}: ` +
      `write ${owner}({ key: (...args) => … })`,
  );
}

/** A primitive as a text of its own: `7` and `'7'` are told apart. A symbol has none. */
function primitiveText(value: unknown): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol' || typeof value === 'function' || (typeof value === 'object' && value !== null)) return undefined;
  return String(value);
}

/**
 * Names what is called: the function, and the `this` it is called with. Two functions under one policy, or one method of two
 * objects, are not the same, whatever their arguments.
 */
export class Callees {
  readonly #numbers = new WeakMap<object, number>();
  #last = 0;

  /** A name for what a call calls; no two have the same. */
  nameOf({ task, self }: Call): string {
    const on = Object(self) === self ? `#${this.#number(self as object)}` : (primitiveText(self) ?? String(self));
    return `${this.#number(task.fn)} ${on} `;
  }

  #number(callee: object): number {
    let number = this.#numbers.get(callee);
    if (number === undefined) this.#numbers.set(callee, (number = this.#last += 1));
    return number;
  }
}
