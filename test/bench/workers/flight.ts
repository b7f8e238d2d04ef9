/** A process that holds many calls of one contender in flight, under a timeout and one signal of their caller's. */
import { getEventListeners, setMaxListeners } from 'node:events';
import { LONG } from '../contender.ts';
import { contender } from '../contenders/index.ts';
import { settledHeap } from '../heap.ts';
import { reply, task } from './task.ts';

/** What came out. */
export interface Flight {
  readonly n: number;
  /** Bytes of the heap that a call in flight holds, its function's own promise included. */
  readonly bytes: number;
  /** How long it took to start them all, and from the moment the functions answer until all calls have, in milliseconds. */
  readonly startMs: number;
  readonly settleMs: number;
  /** While they are in flight, and when they are over: timers that keep the process alive, listeners on the signal. */
  readonly timers: readonly [number, number];
  readonly listeners: readonly [number, number];
}

const { name, n } = task<{ readonly name: string; readonly n: number }>();
const { limit } = await contender(name);
if (limit === undefined) throw new Error(`${name} has no timeout`);
const { signal } = new AbortController();
setMaxListeners(0, signal);
const timers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
const listeners = (): number => getEventListeners(signal, 'abort').length;

const call = limit.make(LONG);
let open = (): void => {};
const gate = new Promise<void>((resolve) => (open = resolve));
const fn = async (): Promise<number> => {
  await gate;
  return 1;
};
for (let i = 0; i < 2_000; i++) await call(async () => 1, signal);

const pending: Promise<unknown>[] = [];
const before = await settledHeap();
const begun = performance.now();
for (let i = 0; i < n; i++) pending.push(call(fn, signal));
const startMs = performance.now() - begun;
const bytes = ((await settledHeap()) - before) / n;
const during = { timers: timers(), listeners: listeners() };
const all = Promise.all(pending);
const released = performance.now();
open();
await all;
const settleMs = performance.now() - released;
const answer: Flight = {
  n,
  bytes,
  startMs,
  settleMs,
  timers: [during.timers, timers()],
  listeners: [during.listeners, listeners()],
};
reply(answer);
