/**
 * A process that measures the bytes a call allocates. The young generation is so large that nothing is collected while a
 * batch runs: the heap has grown by what the batch allocated, garbage included.
 */
import { caseOf, type Kind } from '../cases.ts';
import type { MeasuredCall } from '../contender.ts';
import { contenders } from '../contenders/index.ts';
import { quantile } from '../rounds.ts';
import { settledHeap } from '../heap.ts';
import { reply, task } from './task.ts';

interface Task {
  readonly id: string;
  readonly n: number;
  readonly rounds: number;
  /** The only one that is measured; everybody, where it is left out. */
  readonly name?: string;
}

const { id, n, rounds, name: only } = task<Task>();
const { kind, bare } = caseOf(id);

const WARM = 20;
const WARM_MS = 1_000;

async function run(how: Kind, call: MeasuredCall, times: number): Promise<void> {
  if (how === 'sync') for (let i = 0; i < times; i++) call();
  else if (how === 'answer') for (let i = 0; i < times; i++) await call();
  else {
    for (let i = 0; i < times; i++) {
      try {
        await call();
      } catch {
        // What it fails with is part of what it allocates.
      }
    }
  }
}

const bytes: Record<string, number> = {};
for (const { name, calls } of await contenders()) {
  if (only !== undefined && only !== name) continue;
  const call = calls[id]?.();
  if (call === undefined) continue;
  const how = name === 'bare' ? bare : kind;
  // Code that has not been compiled to the end allocates more.
  const until = performance.now() + WARM_MS;
  for (let round = 0; round < WARM && performance.now() < until; round++) await run(how, call, n);
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await settledHeap();
    await run(how, call, n);
    samples.push((process.memoryUsage().heapUsed - before) / n);
  }
  bytes[name] = quantile(samples, 0.5);
}
reply(bytes);
