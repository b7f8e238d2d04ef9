/** The scenario that is about memory. It runs many real calls, in a file of its own. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { breaker, deadline, policy, retry, timeout } from '../src/index.ts';
import { listenersOn } from './helpers/listeners.ts';

describe('when a signal lives as long as the process', () => {
  it('S14 B7 C8 100,000 calls on one signal that lives long leave nothing on it and in the heap', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { signal } = new AbortController();
    const listeners = listenersOn(signal);
    const guard = policy(breaker(), deadline(60_000), retry({ attempts: 2, delay: 0 }), timeout(30_000));
    let calls = 0;
    const work = (): Promise<number> | number => {
      calls += 1;
      if (calls % 100 === 0) throw new Error('now and then');
      return calls % 2 === 0 ? calls : Promise.resolve(calls);
    };
    const batch = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 100) await Promise.all(Array.from({ length: 100 }, () => guard.execute(work, signal)));
    };
    await batch(10_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    await batch(100_000);
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000);
    expect(listeners()).toBe(0);
  }, 30_000);
});
