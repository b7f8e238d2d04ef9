/** The errors of a rate limit: a file of their own, for those who use one. */
import { PolicyError, type PolicyErrorOptions } from './errors.ts';

/**
 * A rate limit turned the call away: there is nothing left to take now, too many wait already, or the wait would be too long.
 *
 * @example
 * ```ts
 * import { RateLimitedError } from 'breakwater';
 *
 * const error = new RateLimitedError(1_500);
 * error.retryAfterMs // => 1500
 * error.retryAfter // => 2
 * error.isLocalRejection // => true
 * ```
 */
export class RateLimitedError extends PolicyError {
  /** @internal */
  static override readonly '~brand': string = 'RateLimitedError';
  /** Milliseconds, whole and at least 1, until such a call could go, as things stand; at the earliest. */
  readonly retryAfterMs: number;

  /**
   * A rate limit makes it; a test may, too.
   *
   * @param retryAfterMs - time until such a call could go, in milliseconds; rounded up, at least 1.
   * @param options - the cause, where there is one.
   */
  constructor(retryAfterMs: number, options?: PolicyErrorOptions & { readonly message?: string | undefined }) {
    const wait = Math.max(1, Math.ceil(retryAfterMs));
    const why = options?.message ?? 'The rate limit is reached: no call is made.';
    super(`${why} It may be tried again in ${wait} ms.`, options);
    this.retryAfterMs = wait;
  }

  /** @internal */
  override get '~breakwater'(): readonly string[] {
    return ['PolicyError', 'RateLimitedError'];
  }

  override get name(): string {
    return 'RateLimitedError';
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

/** A cost cannot be told: a mistake in the program, which says nothing about the other end. */
export class CostError extends TypeError {
  /** @internal See {@link isLocalRejection}. */
  get '~breakwater'(): readonly string[] {
    return ['CostError'];
  }

  get isLocalRejection(): boolean {
    return true;
  }

  override get name(): string {
    return 'TypeError';
  }
}
