/** Order, grouping and spelling change nothing: random parts, random runs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Policy, policy, type AnyPolicy } from '../../src/index.ts';
import { fresh, parts, scripts, type Parts } from '../helpers/arbitraries.ts';
import { play, type Trace } from '../helpers/script.ts';

/** Counts what the runs had in them: a property over nothing proves nothing. */
class Census {
  runs = 0;
  readonly #seen = new Map<string, number>();

  take(trace: Trace): void {
    this.runs += 1;
    const all = trace.lines.join('\n');
    for (const what of ['attempt-failed', 'retry-scheduled', 'timed-out', '"by":"breaker"', 'fell-back', '"to":"half-open"', 'left', 'Deadline', '"by":"bulkhead"']) {
      if (all.includes(what)) this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1);
    }
  }

  share(what: string): number {
    return (this.#seen.get(what) ?? 0) / this.runs;
  }
}

/** The layers in groups of groups: `cuts` says where, and how deep. */
function grouped(layers: readonly AnyPolicy[], cuts: readonly number[]): AnyPolicy {
  const [cut, ...rest] = cuts;
  if (cut === undefined || layers.length < 2) return policy(...layers);
  const at = 1 + (cut % (layers.length - 1));
  return policy(grouped(layers.slice(0, at), rest), grouped(layers.slice(at), rest.slice(1)));
}

function chained({ cache, coalesce, breaker, deadline, retry, hedge, rateLimit, bulkhead, timeout, fallback }: Parts): AnyPolicy {
  // Not in their order: timeout and fallback first.
  let chain = Policy as any;
  if (hedge !== undefined) chain = chain.hedge(hedge);
  if (cache !== undefined) chain = chain.cache(cache);
  if (rateLimit !== undefined) chain = chain.rateLimit(rateLimit);
  if (coalesce !== undefined) chain = chain.coalesce();
  if (timeout !== undefined) chain = chain.timeout(timeout);
  if (fallback !== undefined) chain = chain.fallback(fallback.answer, { handle: fallback.handle });
  if (bulkhead !== undefined) chain = chain.bulkhead(bulkhead);
  if (retry !== undefined) chain = chain.retry(retry);
  if (breaker !== undefined) chain = chain.breaker(breaker);
  if (deadline !== undefined) chain = chain.deadline(deadline);
  return chain as AnyPolicy;
}

describe('policy', () => {
  it('F1 any permutation and any grouping of the same parts is the same policy and behaves the same', { timeout: 60_000 }, async () => {
    const census = new Census();
    await fc.assert(
      fc.asyncProperty(
        parts,
        scripts,
        fc.array(fc.nat(), { minLength: 10, maxLength: 10 }),
        fc.array(fc.nat(), { maxLength: 9 }),
        async (some, script, order, cuts) => {
          const reference = await play((clock) => policy(...fresh(some), { clock }), script);
          const other = await play((clock) => {
            const shuffled = fresh(some)
              .map((part, i) => ({ part, key: order[i]! }))
              .sort((a, b) => a.key - b.key)
              .map(({ part }) => part);
            // The same part given once more is the same part.
            return policy(grouped(shuffled, cuts), ...shuffled.slice(0, 1), { clock });
          }, script);
          expect(other).toEqual(reference);
          expect(reference.armed).toBe(0);
          census.take(reference);
        },
      ),
      { numRuns: 200 },
    );
    // Not an empty property: about half of what is usual.
    expect(census.share('attempt-failed')).toBeGreaterThan(0.8);
    expect(census.share('retry-scheduled')).toBeGreaterThan(0.2);
    expect(census.share('timed-out')).toBeGreaterThan(0.3);
    expect(census.share('"by":"breaker"')).toBeGreaterThan(0.25);
    expect(census.share('"to":"half-open"')).toBeGreaterThan(0.3);
    expect(census.share('fell-back')).toBeGreaterThan(0.4);
    expect(census.share('Deadline')).toBeGreaterThan(0.15);
    expect(census.share('left')).toBeGreaterThan(0.2);
    expect(census.share('"by":"bulkhead"')).toBeGreaterThan(0.04);
  });
});

describe('the chain', () => {
  it('F2 behaves as the function form', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(parts, scripts, async (some, script) => {
        const composed = await play((clock) => policy(...fresh(some), { clock }), script);
        expect(await play((clock) => policy(chained(some), { clock }), script)).toEqual(composed);
      }),
      { numRuns: 150 },
    );
  });
});
