/** The error of a bulkhead: a file of its own, for those who use one. */
import { PolicyError, type PolicyErrorOptions } from './errors.ts';
import { showMs } from './text.ts';

/**
 * A bulkhead turned the call away: as many attempts as may were under way, and as many calls as may waited already; or the
 * call waited for as long as it may. Where an attempt of the call had failed before, `cause` is its error (or its bad value).
 *
 * It satisfies cockatiel's `isBulkheadRejectedError`.
 *
 * @example
 * ```ts
 * import { BulkheadRejectedError } from 'breakwater';
 *
 * const error = new BulkheadRejectedError(5, 100);
 * error.reason // => 'full'
 * error.isLocalRejection // => true
 * new BulkheadRejectedError(5, 100, 30_000).reason // => 'waited'
 * ```
 */
export class BulkheadRejectedError extends PolicyError {
  /** @internal */
  static override readonly '~brand': string = 'BulkheadRejectedError';
  /** How many attempts may be under way at once. */
  readonly limit: number;
  /** How many calls may wait. */
  readonly queue: number;
  /** How long it was let wait, in milliseconds; 0 where it was turned away at once. */
  readonly waitedMs: number;

  /**
   * A bulkhead makes it; a test may, too.
   *
   * @param limit - how many attempts may be under way at once.
   * @param queue - how many calls may wait.
   * @param waitedMs - how long the call was let wait, in milliseconds; 0 where it was turned away at once.
   * @param options - the cause, where there is one.
   */
  constructor(limit: number, queue: number, waitedMs: number = 0, options?: PolicyErrorOptions) {
    super(messageOf(limit, queue, waitedMs), options);
    this.limit = limit;
    this.queue = queue;
    this.waitedMs = waitedMs;
  }

  /** @internal */
  override get '~breakwater'(): readonly string[] {
    return ['PolicyError', 'BulkheadRejectedError'];
  }

  override get name(): string {
    return 'BulkheadRejectedError';
  }

  /** `'full'`: there was no room to wait. `'waited'`: it waited for as long as it may, and its turn did not come. */
  get reason(): 'full' | 'waited' {
    return this.waitedMs > 0 ? 'waited' : 'full';
  }

  /**
   * Marks the error for cockatiel's `isBulkheadRejectedError`.
   * @hidden
   */
  get isBulkheadRejectedError(): true {
    return true;
  }

  override get isLocalRejection(): boolean {
    return true;
  }

  /** @internal */
  override get '~facts'(): Record<string, unknown> {
    const { reason, limit, queue, waitedMs } = this;
    return { reason, limit, queue, waitedMs };
  }
}

function messageOf(limit: number, queue: number, waitedMs: number): string {
  if (waitedMs > 0) return `No permit of the bulkhead (limit ${limit}) came free within ${showMs(waitedMs)}: no call is made.`;
  const waiting = queue === 0 ? 'none may wait' : `${queue} wait already`;
  return `The bulkhead is full: ${limit} under way, ${waiting}. No call is made.`;
}
