/** Interleaving and medians: in each round every contender runs one batch, in an order that changes from round to round. */
import { runInThisContext } from 'node:vm';
import type { Kind } from './cases.ts';
import type { MeasuredCall } from './contender.ts';

/** How long a measurement may take. */
export interface Effort {
  readonly rounds: number;
  /** How long one batch takes, in milliseconds. */
  readonly batchMs: number;
  /** How long each contender runs at most before anything is measured, in milliseconds. */
  readonly warmMs: number;
}

/** What came out for one contender. */
export interface Timing {
  /** The median, in nanoseconds a call. */
  readonly ns: number;
  /** The median of its multiples of the bare call of the same round. */
  readonly times: number;
  /** The quarter of rounds that were cheaper lies below the first, the dearer quarter above the second. */
  readonly quartiles: readonly [number, number];
}

const BODIES: Readonly<Record<Kind, string>> = {
  answer: `async (call, n) => {
    let last;
    for (let i = 0; i < n; i++) last = await call();
    return last;
  }`,
  // Not try and catch: to throw into a function that awaits costs the host more than all that is measured here.
  rejection: `async (call, n) => {
    let last;
    const caught = (error) => { last = error; };
    for (let i = 0; i < n; i++) await call().then(undefined, caught);
    return last;
  }`,
  sync: `async (call, n) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += call();
    return sum;
  }`,
};

type Loop = (call: MeasuredCall, n: number) => Promise<unknown>;

/** After so many calls everything that is worth compiling has been compiled. */
const WARM = 30_000;
const SETTLING = 4;

/** A loop of its own for each contender: shared code would learn from the one what it then does to the other. */
function loopOf(kind: Kind, name: string): Loop {
  return runInThisContext(`(${BODIES[kind]}) // ${name}`, { filename: `loop of ${name}` }) as Loop;
}

class Runner {
  readonly name: string;
  readonly #call: MeasuredCall;
  readonly #loop: Loop;
  /** How many calls are a batch. */
  #n = 1;
  readonly samples: number[] = [];

  constructor(name: string, kind: Kind, call: MeasuredCall) {
    this.name = name;
    this.#call = call;
    this.#loop = loopOf(kind, name);
  }

  /** One batch, in milliseconds. The turn after it lets the host clear away what the batch left. */
  async #batch(): Promise<number> {
    const begun = performance.now();
    await this.#loop(this.#call, this.#n);
    const took = performance.now() - begun;
    await new Promise((resolve) => setImmediate(resolve));
    return took;
  }

  /** Runs warm, and finds how many calls fill a batch. */
  async warm({ warmMs, batchMs }: Effort): Promise<void> {
    for (let spent = 0, made = 0, took = 0; (spent < warmMs && made < WARM) || took < batchMs * 0.7; spent += took) {
      made += this.#n;
      took = await this.#batch();
      this.#n = Math.max(1, Math.ceil(this.#n * Math.min(2, batchMs / Math.max(took, 0.001))));
    }
  }

  async measure(keep: boolean): Promise<void> {
    const ns = ((await this.#batch()) * 1e6) / this.#n;
    if (keep) this.samples.push(ns);
  }
}

/**
 * Runs contenders side by side.
 *
 * @param calls - the contenders' calls by name, and how each is awaited; `bare` is what the others are compared with.
 */
export async function rounds(
  calls: ReadonlyMap<string, { readonly kind: Kind; readonly call: MeasuredCall }>,
  effort: Effort,
): Promise<Record<string, Timing>> {
  const runners = [...calls].map(([name, { kind, call }]) => new Runner(name, kind, call));
  for (const runner of runners) await runner.warm(effort);
  // What one does can undo what was compiled for another: the first rounds, side by side, are not kept.
  for (let round = -SETTLING; round < effort.rounds; round++) {
    for (const runner of shuffled(runners)) await runner.measure(round >= 0);
  }
  const base = runners.find(({ name }) => name === 'bare')?.samples ?? [];
  return Object.fromEntries(runners.map(({ name, samples }) => [name, timingOf(samples, base)]));
}

function timingOf(samples: readonly number[], base: readonly number[]): Timing {
  const times = samples.map((ns, i) => ns / (base[i] ?? Number.NaN));
  const at = (share: number): number => quantile(times, share);
  return { ns: quantile(samples, 0.5), times: at(0.5), quartiles: [at(0.25), at(0.75)] };
}

/** The value below which the given share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** A new order for each round, so that nobody always runs behind the same neighbour's garbage. */
function shuffled<T>(values: readonly T[]): T[] {
  const left = [...values];
  return values.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0]!);
}
