/** A process that keeps many breakers under one trip rule, each called once. */
import { contender } from '../contenders/index.ts';
import { settledHeap } from '../heap.ts';
import { answer } from '../contender.ts';
import { reply, task } from './task.ts';

const { name, id, n } = task<{ readonly name: string; readonly id: string; readonly n: number }>();
const { windows } = await contender(name);
const make = windows?.[id];

/** With what lies outside of the heap: the memory of typed arrays that are not small. */
async function bytes(): Promise<number> {
  const heap = await settledHeap();
  return heap + process.memoryUsage().arrayBuffers;
}

if (make === undefined) reply(null);
else {
  for (let i = 0; i < 100; i++) await make().execute(answer);
  const before = await bytes();
  const all = [];
  for (let i = 0; i < n; i++) {
    const one = make();
    await one.execute(answer);
    all.push(one);
  }
  const each = ((await bytes()) - before) / n;
  // Read once more, so that nothing is collected before it is measured.
  reply(all.length === n ? each : null);
}
