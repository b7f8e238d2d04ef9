/** The fixed order, exhaustively: every pair of layers, and every permutation of five of them. */
import { describe, expect, it } from 'vitest';
import {
  breaker, bulkhead, cache, coalesce, deadline, errors, fallback, hedge, ORDER, Policy, policy, rateLimit, results, retry, slidingWindow,
  timeout, type AnyPolicy,
} from '../src/index.ts';
import { chaos } from '../src/testing/index.ts';
import { permutations } from './helpers/permutations.ts';
import { BAD, play, type Script, type Trace } from './helpers/script.ts';

/** Fresh parts: what has a state is used in one policy. */
const parts = {
  cache: () => cache({ ttl: 8, staleIfError: 100 }),
  coalesce: () => coalesce(),
  'breaker that holds': () => breaker({ failureThreshold: 2, recoveryTimeout: 500, counts: 'attempts', whenOpen: 'wait', ramp: { every: 10 } }),
  breaker: () => breaker({ failureThreshold: 2, recoveryTimeout: 500, counts: 'attempts' }),
  deadline: () => deadline(450),
  retry: () => retry({ attempts: 3, delay: [40, 120], handle: [errors(Error), results((value) => value === BAD)] }),
  hedge: () => hedge({ after: 30 }),
  rateLimit: () => rateLimit({ limit: slidingWindow({ limit: 2, per: 60 }) }),
  bulkhead: () => bulkhead({ limit: 1, queue: 1, maxWait: 60 }),
  timeout: () => timeout(100),
  chaos: () => chaos({ enabled: true, latency: 3 }),
  fallback: () => fallback((error, { attempt, outcome }) => `answer to ${'value' in outcome ? outcome.value : String(error)} after ${attempt}`),
};
type Kind = keyof typeof parts;
const kinds = Object.keys(parts) as Kind[];
/** The layers of the core: of more there would be too many orders. */
const five: readonly Kind[] = ['breaker', 'deadline', 'retry', 'timeout', 'fallback'];

/** Every layer has something to do: failures, bad values, hangs, an open circuit, its recovery, an abort, a late success. */
const script: Script = [
  { at: 0, acts: [{ does: 'returns', takes: 0 }] },
  { at: 10, acts: [{ does: 'throws', takes: 20 }, { does: 'returns', takes: 0 }] },
  { at: 200, acts: [{ does: 'hangs', takes: 0 }] },
  { at: 210, acts: [{ does: 'returns bad', takes: 5 }] },
  { at: 215, acts: [{ does: 'returns', takes: 90 }] },
  { at: 400, acts: [{ does: 'throws', takes: 0 }] },
  { at: 900, acts: [{ does: 'hangs', takes: 0 }], abortsAt: 950 },
  { at: 960, acts: [{ does: 'throws', takes: 10 }] },
  { at: 1_500, acts: [{ does: 'returns', takes: 30 }] },
  { at: 1_510, acts: [{ does: 'returns', takes: 30 }] },
];

/** Where calls are held, one that fails for ever is held for ever, unless its caller leaves. */
const scriptFor = (order: readonly Kind[]): Script =>
  order.includes('breaker that holds') ? script.map((call) => ({ abortsAt: 3_000, ...call })) : script;

type Build = Parameters<typeof play>[0];
const fresh = (order: readonly Kind[]): AnyPolicy[] => order.map((kind) => parts[kind]());
const built = (order: readonly Kind[]): Build => (clock) => policy(...fresh(order), { clock });
const reference = new Map<string, Promise<Trace>>();
/** What the parts do in the order of the names; each set is played once. */
function expected(order: readonly Kind[]): Promise<Trace> {
  const sorted = kinds.filter((kind) => order.includes(kind));
  const key = sorted.join();
  const known = reference.get(key) ?? play(built(sorted), scriptFor(order));
  reference.set(key, known);
  return known;
}

describe('policy', () => {
  const pairs = kinds
    .flatMap((a) => kinds.filter((b) => b !== a).map((b) => ({ a, b })))
    .filter(({ a, b }) => !(a.startsWith('breaker') && b.startsWith('breaker')));

  it('F1 has every kind of layer there is in its pairs', () => {
    expect([...new Set(kinds.map((kind) => (kind === 'breaker that holds' ? 'breaker' : kind)))].sort()).toEqual([...ORDER].sort());
  });

  it.each(pairs)('F1 $a and $b compose the same in either order', async ({ a, b }) => {
    const trace = await play(built([a, b]), scriptFor([a, b]));
    expect(trace).toEqual(await expected([a, b]));
    expect(trace.layers).toHaveLength(2);
    expect(trace.lines.length).toBeGreaterThan(script.length * 3);
    expect(trace.armed).toBe(0);
  });

  it('F1 all five compose the same in each of 120 orders, as a list, in groups and as a chain', async () => {
    const whole = await expected(five);
    expect(whole.text).toBe('breaker(2 in a row, 500 ms) ▸ deadline 450 ms ▸ retry ×3 ▸ timeout 100 ms ▸ fn, else fallback');
    const orders = permutations(five);
    expect(orders).toHaveLength(120);
    for (const [i, order] of orders.entries()) {
      const made = fresh(order);
      const at = 1 + (i % 4);
      // A third each: flat, grouped at a place that moves, and a chain of ready-made parts.
      const builds: Build[] = [
        (clock) => policy(...made, { clock }),
        (clock) => policy(policy(...made.slice(0, at)), policy(...made.slice(at)), { clock }),
        (clock) => policy(made.reduce<AnyPolicy>((chain, part) => (chain as typeof Policy).with(part), Policy), { clock }),
      ];
      expect(await play(builds[i % 3]!, script), order.join(' ')).toEqual(whole);
    }
  });

  it('F1 the run is not an empty one: every kind of event was heard and every state was seen', async () => {
    const { lines } = await expected(five);
    const heard = lines.join('\n');
    for (const type of ['attempt-failed', 'retry-scheduled', 'timed-out', 'rejected', 'fell-back', 'state-changed']) expect(heard).toContain(type);
    for (const state of ['begins, closed', 'begins, open, isOpen true', 'begins, open, isOpen false', 'begins, half-open, isOpen true']) {
      expect(heard).toContain(state);
    }
    expect(heard).toContain('fails: caller 6 left');
    // The deadline, which comes last here, is heard where retries alone would go on.
    expect((await expected(['deadline', 'retry'])).lines.join('\n')).toContain('DeadlineExceededError');
  });
});
