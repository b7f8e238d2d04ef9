/**
 * The errors that a policy itself raises. They are told by a brand, not by their class, which two copies do not share.
 * @module
 */
import { show } from './text.ts';

/** What an error of this package takes besides its own facts. */
export interface PolicyErrorOptions {
  /**
   * What led to it: the call's own last error, or its last bad value.
   * @default none
   */
  readonly cause?: unknown;
}

/**
 * The base of every error that a policy itself raises, as opposed to the errors of the function it runs.
 *
 * `instanceof` reads a brand, so it also recognises an error that came from the other copy of this package (ESM and CJS
 * in one process).
 *
 * @example
 * ```ts
 * import { CircuitOpenError, PolicyError } from 'breakwater';
 *
 * const error: unknown = new CircuitOpenError(1_500);
 * error instanceof PolicyError // => true
 * ```
 */
export class PolicyError extends Error {
  /** @internal The brand of the class itself; a subclass written elsewhere has none of its own. */
  static readonly '~brand': string = 'PolicyError';
  /**
   * Whether the errors that policies make have a stack. Capturing one is most of what a rejection costs, and it leads to a
   * timer or to a circuit, not to what went wrong; so by default they have none, and their `stack` says so. It holds for
   * this copy of the package and from now on.
   * @default false
   */
  static stackTraces: boolean = false;

  /**
   * For classes derived from it; the package makes none of this class itself.
   *
   * @param message - what went wrong.
   * @param options - the cause, where there is one.
   */
  constructor(message?: string, options?: PolicyErrorOptions) {
    // The host would look for a cause up the prototypes of the options, too.
    super(message, options !== undefined && Object.hasOwn(options, 'cause') ? { cause: options.cause } : undefined);
  }

  /** @internal The brands of an instance, the base first: the same words in every copy and version of this package. */
  get '~breakwater'(): readonly string[] {
    return ['PolicyError'];
  }

  /** The name of the class, also after minification. */
  override get name(): string {
    return 'PolicyError';
  }

  /**
   * Whether it was the policy that turned the call away, or gave it up, so that the error itself says nothing about the
   * other end (its `cause`, where there is one, may). Such an error is never counted as a failure and never retried.
   */
  get isLocalRejection(): boolean {
    return false;
  }

  /** Recognises an instance of any copy of this package by its brand; a class derived elsewhere by its prototype. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, '~brand')) return Function.prototype[Symbol.hasInstance].call(this, value);
    return brandsOf(value).includes(this['~brand']);
  }

  /** Plain data for a log: name, message, the error's own facts, and the cause as far as it can be told. */
  toJSON(): Record<string, unknown> {
    return plain(this, 0);
  }

  /** @internal What an error of this class knows besides name, message and cause. */
  get '~facts'(): Record<string, unknown> {
    return {};
  }
}

/**
 * The circuit is open: the call was turned away without a try, or it lost its further attempts when the circuit opened
 * around it. Then `cause` is the call's own last error (or last bad value).
 *
 * It satisfies cockatiel's `isBrokenCircuitError`.
 *
 * @example
 * ```ts
 * import { CircuitOpenError } from 'breakwater';
 *
 * const error = new CircuitOpenError(1_500);
 * error.retryAfterMs // => 1500
 * error.retryAfter // => 2
 * ```
 */
export class CircuitOpenError extends PolicyError {
  /** @internal */
  static override readonly '~brand': string = 'CircuitOpenError';
  /** Milliseconds, whole and at least 1, until the circuit may admit a call again; `Infinity` while it is isolated. */
  readonly retryAfterMs: number;

  /**
   * A circuit makes it; a test may, too.
   *
   * @param retryAfterMs - time until the circuit may admit a call again, in milliseconds; rounded up, at least 1.
   * @param options - the cause, where there is one.
   */
  constructor(retryAfterMs: number, options?: PolicyErrorOptions & { readonly message?: string | undefined }) {
    const wait = Math.max(1, Math.ceil(retryAfterMs));
    super(options?.message ?? `The circuit is open: no call is made. It may be tried again in ${wait} ms.`, options);
    this.retryAfterMs = wait;
  }

  /** @internal */
  override get '~breakwater'(): readonly string[] {
    return ['PolicyError', 'CircuitOpenError'];
  }

  override get name(): string {
    return 'CircuitOpenError';
  }

  /**
   * Marks the error for cockatiel's `isBrokenCircuitError`.
   * @hidden
   */
  get isBrokenCircuitError(): true {
    return true;
  }

  override get isLocalRejection(): boolean {
    return true;
  }

  /** The same time in whole seconds, rounded up: the unit of the HTTP header `Retry-After` (RFC 9110, section 10.2.3). */
  get retryAfter(): number {
    return Math.ceil(this.retryAfterMs / 1000);
  }

  /** @internal */
  override get '~facts'(): Record<string, unknown> {
    return { retryAfterMs: this.retryAfterMs, retryAfter: this.retryAfter };
  }
}

/**
 * The circuit was isolated by hand ({@link Circuit.isolate}); it admits nothing until it is released.
 *
 * @example
 * ```ts
 * import { CircuitIsolatedError, CircuitOpenError } from 'breakwater';
 *
 * const error = new CircuitIsolatedError();
 * error instanceof CircuitOpenError // => true
 * error.retryAfterMs // => Infinity
 * ```
 */
export class CircuitIsolatedError extends CircuitOpenError {
  /** @internal */
  static override readonly '~brand': string = 'CircuitIsolatedError';

  /**
   * A circuit makes it; a test may, too.
   *
   * @param options - the cause, where there is one.
   */
  constructor(options?: PolicyErrorOptions) {
    super(Infinity, { ...options, message: 'The circuit was isolated by hand: no call is made until it is released.' });
  }

  /** @internal */
  override get '~breakwater'(): readonly string[] {
    return ['PolicyError', 'CircuitOpenError', 'CircuitIsolatedError'];
  }

  override get name(): string {
    return 'CircuitIsolatedError';
  }

  /**
   * Marks the error for cockatiel's `isIsolatedCircuitError`.
   * @hidden
   */
  get isIsolatedCircuitError(): true {
    return true;
  }
}

/**
 * One attempt took longer than its timeout allows.
 *
 * It satisfies cockatiel's `isTaskCancelledError`. A signal that {@link timeout} aborted has it as its reason.
 *
 * @example
 * ```ts
 * import { TimeoutError } from 'breakwater';
 *
 * new TimeoutError(30_000).message // => 'The attempt was not finished after 30000 ms.'
 * ```
 */
export class TimeoutError extends PolicyError {
  /** @internal */
  static override readonly '~brand': string = 'TimeoutError';
  /** The time that the attempt had, in milliseconds. */
  readonly after: number;

  /**
   * A timeout makes it; a test may, too.
   *
   * @param after - the time that the attempt had, in milliseconds.
   * @param options - the cause, where there is one.
   */
  constructor(after: number, options?: PolicyErrorOptions) {
    super(`The attempt was not finished after ${after} ms.`, options);
    this.after = after;
  }

  /** @internal */
  override get '~breakwater'(): readonly string[] {
    return ['PolicyError', 'TimeoutError'];
  }

  override get name(): string {
    return 'TimeoutError';
  }

  /**
   * Marks the error for cockatiel's `isTaskCancelledError`.
   * @hidden
   */
  get isTaskCancelledError(): true {
    return true;
  }

  /** @internal */
  override get '~facts'(): Record<string, unknown> {
    return { after: this.after };
  }
}

/**
 * The time for the whole call, attempts and waits together, is over, or the next wait would not end within it.
 *
 * @example
 * ```ts
 * import { DeadlineExceededError } from 'breakwater';
 *
 * new DeadlineExceededError(0).isLocalRejection // => true
 * new DeadlineExceededError(2).isLocalRejection // => false
 * ```
 */
export class DeadlineExceededError extends PolicyError {
  /** @internal */
  static override readonly '~brand': string = 'DeadlineExceededError';
  /** How many attempts had started. With none, the deadline says nothing about the other end: a local rejection. */
  readonly attempts: number;

  /**
   * A deadline makes it; a test may, too.
   *
   * @param attempts - how many attempts of the call had started.
   * @param options - the cause: the call's own last error, where there was one.
   */
  constructor(attempts: number, options?: PolicyErrorOptions) {
    super(`The deadline of the call ended after ${attempts} attempt${attempts === 1 ? '' : 's'}.`, options);
    this.attempts = attempts;
  }

  /** @internal */
  override get '~breakwater'(): readonly string[] {
    return ['PolicyError', 'DeadlineExceededError'];
  }

  override get name(): string {
    return 'DeadlineExceededError';
  }

  override get isLocalRejection(): boolean {
    return this.attempts === 0;
  }

  /** @internal */
  override get '~facts'(): Record<string, unknown> {
    return { attempts: this.attempts };
  }
}

/** Makes an error of a policy, without a stack unless {@link PolicyError.stackTraces} asks for one. */
export function withoutStack<E extends PolicyError>(make: () => E): E {
  const before = (Error as { stackTraceLimit?: unknown }).stackTraceLimit;
  if (PolicyError.stackTraces || typeof before !== 'number' || !limitStacks(0)) return make();
  try {
    const error = make();
    error.stack = `${error.name}: ${error.message}\n    (no stack was captured: PolicyError.stackTraces = true asks for one)`;
    return error;
  } finally {
    limitStacks(before);
  }
}

/** False where the host's `Error` cannot be changed. */
function limitStacks(to: number): boolean {
  try {
    return Reflect.set(Error, 'stackTraceLimit', to);
  } catch {
    return false;
  }
}

/** Whether an error says that the call was turned away by a policy, or misused: it says nothing about the other end. */
export function isLocalRejection(error: unknown): boolean {
  return brandsOf(error).length > 0 && (error as PolicyError).isLocalRejection;
}

/** The brands of anything; none for what is not ours, also where a getter or a proxy throws. */
function brandsOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return NONE;
  try {
    const brands: unknown = (value as { '~breakwater'?: unknown })['~breakwater'];
    return Array.isArray(brands) ? brands : NONE;
  } catch {
    return NONE;
  }
}

const NONE: readonly string[] = [];

/** An error as plain data. A chain is followed for eight causes: far enough for a log, and an end for one that is a circle. */
function plain(error: Error, depth: number): Record<string, unknown> {
  const facts: Record<string, unknown> = { name: error.name, message: error.message };
  if (error instanceof PolicyError) Object.assign(facts, error['~facts']);
  if ('cause' in error && depth < 8) facts['cause'] = told(error.cause, depth + 1);
  return facts;
}

/** A cause as far as a log can take it: one that JSON refuses (a circle, a bigint) must not lose the whole line. */
function told(cause: unknown, depth: number): unknown {
  try {
    if (isErrorLike(cause)) return plain(cause, depth);
    return JSON.stringify(cause) === undefined && cause !== undefined ? show(cause) : cause;
  } catch {
    return show(cause);
  }
}

/** Also an error of another realm, such as a `vm` context, a worker or an iframe. */
function isErrorLike(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}
