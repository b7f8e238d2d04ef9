/**
 * The priority of a call, as a function of the user's tells it: foreign code, whose answer is checked.
 * @module
 */
import { show } from '../../core/text.ts';
import { disregard } from '../../core/thenable.ts';

/** Tells how urgent a call with these arguments is: higher goes first. */
export type Priority = (...args: any[]) => number;

/** A priority cannot be told: a mistake in the program, which says nothing about the other end. */
export class PriorityError extends TypeError {
  /** @internal See {@link isLocalRejection}. */
  get '~breakwater'(): readonly string[] {
    return ['PriorityError'];
  }

  get isLocalRejection(): boolean {
    return true;
  }

  override get name(): string {
    return 'TypeError';
  }
}

/**
 * The priority of a call with these arguments.
 *
 * @throws PriorityError where the function throws, or answers with anything but a number.
 */
export function priorityOf(priority: Priority, args: readonly unknown[]): number {
  let answer: unknown;
  try {
    answer = priority(...args);
  } catch (error) {
    throw new PriorityError('bulkhead: priority must answer with a number; it threw', { cause: error });
  }
  if (typeof answer === 'number' && !Number.isNaN(answer)) return answer;
  // A promise is no number, and nobody waits for it.
  disregard(answer);
  throw new PriorityError(`bulkhead: priority must answer with a number, got ${show(answer)}`);
}
