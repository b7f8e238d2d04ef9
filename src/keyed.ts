/**
 * `keyed(...)`: one policy a key, such as a circuit for each tenant or each model, made when it is first needed.
 * @module
 */
import type { Context } from './core/attempt.ts';
import type { Call, Task } from './core/call.ts';
import { clockOption, hostClock, type Clock } from './core/clock.ts';
import { duration, functionOf, optional, readOptions, wholeNumber } from './core/options.ts';
import { show } from './core/text.ts';
import { wrapFor, type Caller, type Fn } from './core/wrapping.ts';
import { differenceOf } from './keyed/difference.ts';
import { keep, leave, type Keeper } from './keyed/keepers.ts';
import { Entry, Shelf } from './keyed/shelf.ts';
import { isPolicy, type PolicyObject } from './policy.ts';
import type { AltOf, Answer, AnyPolicy, WrapOptions } from './types.ts';

/** What {@link keyed} takes besides its functions. */
export interface KeyedOptions {
  /**
   * How many policies are kept. Where one more is needed, the least recently used one that is idle gives way. Choose it
   * above the number of keys that may be in trouble, or under way, at once.
   * @default 1_000
   */
  readonly max?: number | undefined;
  /**
   * How long a policy is kept that is idle and not used, in milliseconds. It is dropped when another key comes in: there is
   * no timer.
   * @default 600_000
   */
  readonly idleAfter?: number | undefined;
  /**
   * Where time comes from. The policies have clocks of their own.
   * @default the host's own
   */
  readonly clock?: Clock | undefined;
}

/**
 * Policies by key: what {@link keyed} answers.
 * @typeParam A - the parameters that the key is made of
 * @typeParam K - the keys
 * @typeParam P - the policies
 */
export interface Keyed<A extends readonly unknown[], K, P extends AnyPolicy> {
  /**
   * A function with the same parameters and the same `this`, each call of which runs under the policy of its key. Like
   * {@link PolicyOf.wrap} it always answers with a promise. Its parameters begin with those of the key function.
   * @typeParam B - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   *
   * @example
   * ```ts
   * import { breaker, keyed } from 'breakwater';
   *
   * const tenants = keyed((tenant: string) => tenant, () => breaker({ failureThreshold: 1 }));
   * const load = tenants.wrap(async (tenant: string, id: number) => `document ${id} of ${tenant}`);
   * await load('acme', 7) // => 'document 7 of acme'
   * tenants.has('acme') // => true
   * ```
   * @throws TypeError when `fn` is not a function. A call rejects with an error that says so where the key function or the
   * factory throws, and where the factory answers no policy.
   */
  wrap<B extends readonly [...A, ...unknown[]], R, S extends B = B>(
    fn: (this: void, ...args: B) => R,
    options?: WrapOptions<S>,
  ): (...args: B) => Answer<R, AltOf<P>>['promise'];
  /**
   * The same for a function that uses `this`, which the key function is called with, too.
   * @typeParam This - what the function uses as `this`
   * @typeParam B - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   */
  wrap<This, B extends readonly [...A, ...unknown[]], R, S extends B = B>(
    fn: (this: This, ...args: B) => R,
    options?: WrapOptions<S>,
  ): (this: This, ...args: B) => Answer<R, AltOf<P>>['promise'];
  /**
   * Like {@link Keyed.wrap}, for a function that takes a {@link Context} first. The key function does not see it.
   * @typeParam B - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   *
   * @example
   * ```ts
   * import { keyed, timeout } from 'breakwater';
   *
   * const models = keyed((model: string) => model, (model) => timeout(model === 'big' ? 60_000 : 10_000));
   * const ask = models.wrapWithContext(async ({ attempt }, model: string) => `${model}, attempt ${attempt}`);
   * await ask('big') // => 'big, attempt 1'
   * ```
   * @throws TypeError when `fn` is not a function.
   */
  wrapWithContext<B extends readonly [...A, ...unknown[]], R, S extends B = B>(
    fn: (this: void, ctx: Context, ...args: B) => R,
    options?: WrapOptions<S>,
  ): (...args: B) => Answer<R, AltOf<P>>['promise'];
  /**
   * The same for a function that uses `this`, which the key function is called with, too.
   * @typeParam This - what the function uses as `this`
   * @typeParam B - the parameters of the function
   * @typeParam R - what the function answers with
   * @typeParam S - the parameters again, as the option `signal` sees them
   */
  wrapWithContext<This, B extends readonly [...A, ...unknown[]], R, S extends B = B>(
    fn: (this: This, ctx: Context, ...args: B) => R,
    options?: WrapOptions<S>,
  ): (this: This, ...args: B) => Answer<R, AltOf<P>>['promise'];
  /**
   * The policy of a key, which is made if need be: for `execute`, `circuit` and all else that a policy has. Ask for it anew
   * each time: what is kept in its stead may be another one by then.
   *
   * @throws TypeError when the factory answers no policy.
   * @throws Error when the factory throws; that is its `cause`.
   */
  for(key: K): P;
  /** The policy of a key where one is kept, else `undefined`. It does not count as a use. */
  peek(key: K): P | undefined;
  /** Whether a policy is kept for a key. It does not count as a use. */
  has(key: K): boolean;
  /** How many policies are kept. */
  readonly size: number;
  /** The keys whose policies are kept. */
  keys(): IterableIterator<K>;
  /** Drops the policy of a key, idle or not; calls that are under way end under it. Answers whether there was one. */
  delete(key: K): boolean;
  /**
   * Gives a key a policy of its own, in place of one that the factory would make. It is kept until it is deleted, and does
   * not count for `max`. Where the key has a policy with the same options already, that one is kept, and is the answer.
   *
   * @throws TypeError when it is no policy, and when the key has one with other options: the error shows both.
   *
   * @example
   * ```ts
   * import { breaker, keyed } from 'breakwater';
   *
   * const tenants = keyed((tenant: string) => tenant, () => breaker());
   * tenants.register('acme', breaker({ failureThreshold: 50 }));
   * String(tenants.for('acme')) // => 'breaker(50 in a row, 60 s) ▸ fn'
   * ```
   */
  register(key: K, policy: P): P;
}

/**
 * One policy a key: for circuits a tenant, a model or a host, so that one that fails takes nobody else with it. A key's
 * policy is made at its first call.
 *
 * At most `max` are kept. Where one more is needed, the least recently used one gives way that is idle: without a call
 * under way, its circuit closed, its other parts at rest. One that is not is never dropped. Where all are kept and none is
 * idle, a call of a new key runs under a policy that is made for it, and is kept as long as calls of that key are under way.
 *
 * @param keyOf - makes the key out of the arguments of a call. Any value is a key; two are the same as in a `Map`.
 * @param make - makes the policy of a key.
 * @param options - how many are kept, and for how long.
 * @typeParam A - the parameters that the key is made of
 * @typeParam K - the keys
 * @typeParam P - the policies
 * @throws TypeError when `keyOf` or `make` is not a function, or an option is unknown or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { breaker, keyed, policy, retry, timeout } from 'breakwater';
 *
 * const tenants = keyed(
 *   (tenant: string) => tenant,
 *   () => policy(breaker({ failureThreshold: 2 }), retry({ attempts: 1 }), timeout(10_000)),
 * );
 * const load = tenants.wrap(async (tenant: string) => {
 *   if (tenant === 'broken') throw new Error('down');
 *   return `the data of ${tenant}`;
 * });
 * for (let i = 0; i < 3; i++) await load('broken').catch(() => {});
 * tenants.for('broken').circuit.state // => 'open'
 * await load('acme') // => 'the data of acme'
 * ```
 */
export function keyed<A extends readonly unknown[], K, P extends AnyPolicy>(
  keyOf: (...args: A) => K,
  make: (key: K) => P,
  options?: KeyedOptions,
): Keyed<A, K, P> {
  const settings = readOptions<Settings>('keyed', options, {
    max: optional(wholeNumber(1), 1_000),
    idleAfter: optional(duration, 600_000),
    clock: optional(clockOption, hostClock),
  });
  const key = functionOf<Fn>('a function that makes a key of the arguments')(keyOf, 'keyed: the first argument');
  const factory = functionOf<(key: unknown) => unknown>('a function that makes the policy of a key')(make, 'keyed: the second argument');
  return new KeyedPolicies(key, factory, settings) as Keyed<never, unknown, never> as never;
}

interface Settings {
  readonly max: number;
  readonly idleAfter: number;
  readonly clock: Clock;
}

/** A policy with its key, which counts its calls, whoever makes them. */
class Slot extends Entry<unknown, Slot> implements Keeper {
  readonly policy: PolicyObject;
  readonly #of: KeyedPolicies;

  constructor(key: unknown, policy: PolicyObject, of: KeyedPolicies) {
    super(key);
    this.policy = policy;
    this.#of = of;
  }

  began(): void {
    this.calls += 1;
    this.#of['~began'](this);
  }

  ended(): void {
    this.calls -= 1;
    this.#of['~ended'](this);
  }
}

/** The object behind every `keyed`. */
class KeyedPolicies implements Keyed<readonly unknown[], unknown, never>, Caller {
  readonly #keyOf: Fn;
  readonly #make: (key: unknown) => unknown;
  readonly #settings: Settings;
  readonly #shelf: Shelf<unknown, Slot>;
  /** Those for which there is no room: each as long as calls are under way. */
  readonly #passing = new Map<unknown, Slot>();

  constructor(keyOf: Fn, make: (key: unknown) => unknown, settings: Settings) {
    this.#keyOf = keyOf;
    this.#make = make;
    this.#settings = settings;
    this.#shelf = new Shelf(settings, (entry) => leave(entry.policy, entry));
  }

  // What these take and answer is typed, and documented, in Keyed.
  wrap(fn: unknown, options?: unknown): never {
    return wrapFor(this, 'wrap', fn, false, options) as never;
  }

  wrapWithContext(fn: unknown, options?: unknown): never {
    return wrapFor(this, 'wrapWithContext', fn, true, options) as never;
  }

  for(key: unknown): never {
    const entry = this.#entry(key);
    this.#shelf.use(entry, this.#now);
    return entry.policy as never;
  }

  peek(key: unknown): never {
    return this.#shelf.get(key)?.policy as never;
  }

  has(key: unknown): boolean {
    return this.#shelf.get(key) !== undefined;
  }

  get size(): number {
    return this.#shelf.size;
  }

  keys(): IterableIterator<unknown> {
    return this.#shelf.keys();
  }

  delete(key: unknown): boolean {
    const [entry, passing] = [this.#shelf.get(key), this.#passing.get(key)];
    if (passing !== undefined) this.#pass(passing);
    if (entry !== undefined) this.#shelf.drop(entry);
    return entry !== undefined;
  }

  register(key: unknown, given: unknown): never {
    if (!isPolicy(given)) throw new TypeError(`keyed.register expects a policy for the key ${show(key)}, got ${show(given)}`);
    const there = this.#shelf.get(key) ?? this.#passing.get(key);
    const policy = given as PolicyObject;
    if (there !== undefined) {
      const difference = differenceOf(there.policy.describe(), policy.describe());
      if (difference !== undefined) {
        const both = `${String(there.policy)} is there, got ${String(policy)}`;
        throw new TypeError(`keyed.register: the key ${show(key)} has a policy with other options: ${both} (${difference})`);
      }
    }
    const entry = there ?? new Slot(key, policy, this);
    this.#passing.delete(key);
    this.#shelf.fix(entry);
    return entry.policy as never;
  }

  get #now(): number {
    const { idleAfter, clock } = this.#settings;
    return idleAfter === Infinity ? 0 : clock.now();
  }

  /** @internal A call of the policy of its key. */
  '~call'(task: Task, self: unknown, args: readonly unknown[], signal: AbortSignal | undefined, outer: Call | undefined): unknown {
    return this.#entry(this.#key(self, args)).policy['~call'](task, self, args, signal, outer);
  }

  #key(self: unknown, args: readonly unknown[]): unknown {
    let key: unknown;
    try {
      key = Reflect.apply(this.#keyOf, self, args);
    } catch (error) {
      throw new Error(`keyed: the key function threw ${told(error)}`, { cause: error });
    }
    if (key instanceof Promise) throw new TypeError('keyed: the key function must answer the key at once, got a promise');
    return key;
  }

  /** The entry of a key: the one that is kept, else the one under which calls are under way, else a new one. */
  #entry(key: unknown): Slot {
    const kept = this.#shelf.get(key);
    if (kept !== undefined) return kept;
    const passing = this.#passing.get(key);
    const entry = passing ?? new Slot(key, this.#made(key), this);
    // The factory may have asked for its own key.
    const meanwhile = this.#shelf.get(key);
    if (meanwhile !== undefined) return meanwhile;
    if (passing === undefined) keep(entry.policy, entry);
    if (this.#shelf.keep(entry, this.#now)) this.#passing.delete(key);
    return entry;
  }

  #made(key: unknown): PolicyObject {
    let made: unknown;
    try {
      made = this.#make(key);
    } catch (error) {
      throw new Error(`keyed: the factory threw for the key ${show(key)}: ${told(error)}`, { cause: error });
    }
    if (isPolicy(made)) return made as PolicyObject;
    const instead = typeof made === 'function' ? ': call it' : made instanceof Promise ? ': it cannot wait' : '';
    throw new TypeError(`keyed: the factory must answer a policy, got ${show(made)} for the key ${show(key)}${instead}`);
  }

  /** @internal A call begins. */
  '~began'(entry: Slot): void {
    if (!this.#shelf.keeps(entry) && !this.#passing.has(entry.key)) this.#passing.set(entry.key, entry);
  }

  /** @internal A call is over. */
  '~ended'(entry: Slot): void {
    if (this.#shelf.keeps(entry)) this.#shelf.use(entry, this.#now);
    else if (entry.calls === 0) this.#pass(entry);
  }

  /** An entry that was never kept is over. */
  #pass(entry: Slot): void {
    if (this.#passing.get(entry.key) === entry) this.#passing.delete(entry.key);
    leave(entry.policy, entry);
  }
}

function told(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : show(error);
}
