/**
 * For the tests of delays: the context of a failed attempt, and a source drawn dry.
 * @module
 */
import type { DelayContext, DelayRule } from '../../src/backoff/delays.ts';

/** What a delay is told after attempt `attempt` failed with an error. */
export function failed(attempt: number, error: unknown = new Error('failed')): DelayContext {
  return { attempt, error, signal: new AbortController().signal };
}

/** The first `count` delays of one call. */
export function delaysOf(rule: DelayRule, count: number, random: () => number = () => 0.5): unknown[] {
  const source = rule.start(random);
  return Array.from({ length: count }, (_, index) => source.next(failed(index + 1)));
}
