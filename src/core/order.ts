/**
 * The fixed order of the layers, and whether a layer can answer at once.
 * @module
 */

/** The kinds of layers, outermost first; the literals stand in this order, so that hovers print them in it. */
export type LayerKind =
  | 'cache'
  | 'coalesce'
  | 'breaker'
  | 'deadline'
  | 'retry'
  | 'hedge'
  | 'rateLimit'
  | 'bulkhead'
  | 'timeout'
  | 'chaos'
  | 'fallback';

/**
 * The fixed order, outermost first. Of the guards the breaker is the outermost: `cache` and `coalesce` stand in front of
 * them, and the fallback, which guards nothing, is named last. The one place where it is written.
 *
 * @example
 * ```ts
 * import { ORDER } from 'breakwater';
 *
 * ORDER.indexOf('breaker') < ORDER.indexOf('retry') // => true
 * ```
 */
export const ORDER: readonly LayerKind[] = /* @__PURE__ */ Object.freeze([
  'cache',
  'coalesce',
  'breaker',
  'deadline',
  'retry',
  'hedge',
  'rateLimit',
  'bulkhead',
  'timeout',
  'chaos',
  'fallback',
] as const);

/** The colour of a policy: whether every layer can answer without waiting. Both together mean: known only at run time. */
export type Mode = 'sync' | 'async';
