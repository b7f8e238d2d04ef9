/** A process in which many timeouts of one contender are due at the same instant. */
import { contender } from '../contenders/index.ts';
import { quantile } from '../rounds.ts';
import { reply, task } from './task.ts';

const { name, n, rounds } = task<{ readonly name: string; readonly n: number; readonly rounds: number }>();
const { limit } = await contender(name);
if (limit === undefined) throw new Error(`${name} has no timeout`);
const MS = 50;
const call = limit.make(MS);
const never = (): Promise<never> => new Promise(() => {});

/** From the moment at which all are due until all have rejected, in milliseconds. The thread is held until then. */
async function burst(): Promise<number> {
  const settled = Promise.allSettled(Array.from({ length: n }, () => call(never)));
  for (const due = performance.now() + MS + 5; performance.now() < due; );
  const begun = performance.now();
  await settled;
  return performance.now() - begun;
}

const samples: number[] = [];
await burst();
for (let round = 0; round < rounds; round++) samples.push(await burst());
reply(quantile(samples, 0.5));
