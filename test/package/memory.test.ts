/** What a call and a breaker take of the heap, in processes of their own on the built package. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Workers } from '../bench/process.ts';
import type { Breakers } from '../bench/workers/breakers.ts';
import type { Flight } from '../bench/workers/flight.ts';
import { expectAtMost, type Limit } from '../performance/limits.ts';

const name = 'breakwater';
let workers: Workers;

beforeAll(async () => {
  workers = await Workers.start(join(inject('consumer'), 'node_modules/breakwater/dist'), undefined);
});
afterAll(() => workers.stop());

/** A worker's answer; without one the test fails here. */
async function run<T>(worker: Parameters<Workers['run']>[0], task: object): Promise<T> {
  const answer = await workers.run<T>(worker, task, 50_000);
  if (answer === undefined) throw new Error(`${worker} was not finished in time`);
  return answer;
}

/** Bytes a call, what the bare call allocates included (some 250). */
const calls: readonly (readonly [string, Limit])[] = [
  ['breaker.execute', { goal: 500, ceiling: 950 }],
  ['retry.execute', { goal: 500, ceiling: 1_000 }],
  ['fallback.execute', { goal: 500, ceiling: 950 }],
  ['four.execute', { goal: 1_200, ceiling: 1_700 }],
];

describe('a call', () => {
  it.each(calls)('allocates no more than it may: %s', async (id, limit) => {
    const bytes = await run<Record<string, number>>('bytes', { id, n: 3_000, rounds: 5, name });
    expectAtMost(`bytes of ${id}`, bytes[name] ?? Number.NaN, limit);
  });

  it('holds little while it is in flight, and leaves nothing behind', async () => {
    const { bytes, timers, listeners } = await run<Flight>('flight', { name, n: 10_000 });
    expectAtMost('bytes in flight', bytes, { goal: 1_200, ceiling: 1_400 });
    expectAtMost('timers in flight', timers[0], { goal: 1, ceiling: 1 });
    expectAtMost('listeners in flight', listeners[0], { goal: 1, ceiling: 1 });
    expect([timers[1], listeners[1]]).toEqual([0, 0]);
  });
});

describe('a breaker', () => {
  it('D8 is small, holds no timer, and is collected when it is dropped', async () => {
    const { made, used, timers, collected, alive } = await run<Breakers>('breakers', { name, n: 10_000 });
    expectAtMost('bytes of a breaker', made, { goal: 300, ceiling: 430 });
    expectAtMost('bytes of a breaker that was called', used, { goal: 300, ceiling: 2_100 });
    expect(timers).toBe(0);
    expect(alive).toBe(0);
    expect(collected).toBeGreaterThan(0.95);
  });
});
