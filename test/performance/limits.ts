/** What a steady metric may come to: what the project wants, and what it reaches today. */
import { expect } from 'vitest';

/** A bound from above; without a goal it only keeps what is reached. */
export interface Limit {
  readonly goal?: number;
  /** What may not be exceeded today. */
  readonly ceiling: number;
}

/** Holds a metric to its ceiling; a failure names the goal as well. */
export function expectAtMost(what: string, value: number, { goal, ceiling }: Limit): void {
  expect(value, `${what}: goal ${goal ?? 'none'}, ceiling ${ceiling}`).toBeLessThanOrEqual(ceiling);
}
