/** A process that keeps many breakers of one contender, and then drops them. */
import { contender } from '../contenders/index.ts';
import { settledHeap } from '../heap.ts';
import { countTimers } from '../timers.ts';
import { reply, task } from './task.ts';

/** What came out. */
export interface Breakers {
  readonly n: number;
  /** Bytes of one that was made, and of one that was called once. */
  readonly made: number;
  readonly used: number;
  /** Timers of one while it idles, of those also that keep no process alive. */
  readonly timers: number;
  /** The share of the bytes that came back once they were dropped. */
  readonly collected: number;
  /** How many of a hundred could still be reached then. */
  readonly alive: number;
}

const { name, n } = task<{ readonly name: string; readonly n: number }>();
const { breaker } = await contender(name);
if (breaker === undefined) throw new Error(`${name} has no breaker`);
const timers = countTimers();
const few: object[] = [];
for (let i = 0; i < 100; i++) few.push(breaker.make());
for (const one of few) await breaker.use(one);
const each = timers.armed() / few.length;
timers.stop();

const before = await settledHeap();
let all: object[] | undefined = [];
for (let i = 0; i < n; i++) all.push(breaker.make());
const made = (await settledHeap()) - before;
for (const one of all) await breaker.use(one);
const used = (await settledHeap()) - before;
// Read once more, so that nothing is collected before it is dropped.
const held = all.length;
const refs = all.slice(0, 100).map((one) => new WeakRef(one));
all = undefined;
const left = (await settledHeap()) - before;
const collected = 1 - Math.max(0, left) / used;
const alive = refs.filter((ref) => ref.deref() !== undefined).length;
const answer: Breakers = { n: held, made: made / n, used: used / n, timers: each, collected, alive };
reply(answer);
