/** All that the bench measures, part by part. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ALLOCATING, CASES, type Case } from './cases.ts';
import { ONE_KEY } from './contenders/one-key.ts';
import { entryOf, imports } from './imports.ts';
import type { Workers } from './process.ts';
import type { Effort, Timing } from './rounds.ts';
import { ours, PEERS, sizeOf, type Size } from './sizes.ts';
import { WINDOWED } from './windows.ts';
import type { Breakers } from './workers/breakers.ts';
import type { Flight } from './workers/flight.ts';

/** A value for each contender that has one. */
export type ByName<T> = Readonly<Record<string, T>>;

/** What a part that has a limit of time came to: the whole, or a smaller number of the same and the limit that it missed. */
export interface Bounded<T> {
  readonly result: T | undefined;
  /** The seconds within which the whole was not finished. */
  readonly missed: number | undefined;
}

/** What came out. A part that was not asked for is left out. */
export interface Results {
  readonly machine: string;
  readonly versions: ByName<string>;
  readonly speed: ByName<ByName<Timing>>;
  readonly bytes: ByName<ByName<number>>;
  readonly flight: ByName<Bounded<Flight>>;
  readonly burst: ByName<number | undefined>;
  readonly breakers: ByName<Bounded<Breakers>>;
  /** Bytes of a breaker under each trip rule. */
  readonly windows: ByName<ByName<number | undefined>>;
  readonly sizes: ByName<Readonly<Partial<Record<'breaker' | 'four' | 'all', Size>>>>;
  readonly imports: ByName<number>;
}

/** What is asked for. */
export interface Plan {
  readonly root: string;
  readonly dist: string;
  /** Matches a part and a case, or a contender, such as `time.breaker.wrap` and `flight.opossum`. */
  readonly only: RegExp;
  readonly quick: boolean;
  readonly progress: (line: string) => void;
}

/** Those who take part besides the bare call, in the order of the columns. */
export const NAMES: readonly string[] = ['lower bound', 'breakwater', ...PEERS.map(({ name }) => name)];

/** Those among them whose breakers go by a window. */
const COUNTING = NAMES.filter((name) => /^(?:breakwater|cockatiel)/.test(name));

/** What is not finished after so many seconds is tried with less. */
export const LIMIT_S = 20;

/** Runs what the plan asks for. */
export async function measure(workers: Workers, plan: Plan): Promise<Results> {
  const { root, dist, only, quick, progress } = plan;
  const effort: Effort = quick ? { rounds: 25, batchMs: 2, warmMs: 300 } : { rounds: 45, batchMs: 4, warmMs: 600 };
  /** Does something for each name, one after the other, where the part was asked for. */
  const each = async <T, V>(part: string, list: readonly T[], name: (one: T) => string, work: (one: T) => Promise<V>) => {
    const found: Record<string, V> = {};
    for (const one of list) {
      if (!only.test(`${part}.${name(one)}`)) continue;
      progress(`${part}: ${name(one)}`);
      found[name(one)] = await work(one);
    }
    return found;
  };
  const self = (name: string): string => name;

  const idOf = ({ id }: Case): string => id;

  const speed = await each('time', CASES, idOf, async ({ id }) => {
    return (await workers.run<ByName<Timing>>('speed', { id, effort })) ?? {};
  });
  const bytes = await each('bytes', ALLOCATING, idOf, async ({ id }) => {
    return (await workers.run<ByName<number>>('bytes', { id, n: 3_000, rounds: quick ? 3 : 5 })) ?? {};
  });
  const flight = await each('flight', ['bare', ...NAMES], self, (name) => bounded<Flight>(workers, 'flight', name, quick));
  const burst = await each('burst', NAMES, self, (name) =>
    workers.run<number>('burst', { name, n: 20_000, rounds: 5 }, LIMIT_S * 1_000),
  );
  const breakers = await each('breakers', [...NAMES, ONE_KEY], self, (name) => bounded<Breakers>(workers, 'breakers', name, quick));
  const windows = await each('windows', WINDOWED, ({ id }) => id, async ({ id, n }) => {
    const found: Record<string, number | undefined> = {};
    for (const name of COUNTING) found[name] = (await workers.run<number | null>('windows', { name, id, n })) ?? undefined;
    return found;
  });
  const packages = [ours(dist), ...PEERS];
  const sizes = await each('sizes', packages, ({ name }) => name, async ({ from, breaker, four }) => ({
    breaker: await sizeOf(breaker, from, root),
    ...(four === undefined ? {} : { four: await sizeOf(four, from, root) }),
    all: await sizeOf(from === 'opossum' ? breaker : '*', from, root),
  }));
  const specifiers = new Map([['breakwater', entryOf(dist)], ...PEERS.map(({ name, from }) => [name, from] as const)]);
  const loaded = await each('imports', ['all'], self, () => imports(specifiers, root, quick ? 7 : 25));
  return {
    machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, Node ${process.versions.node}`,
    versions: versions(root, dist),
    speed,
    bytes,
    flight,
    burst,
    breakers,
    windows,
    sizes,
    imports: loaded['all'] ?? {},
  };
}

/** 100,000 of it within the limit, or else 10,000. */
async function bounded<T>(workers: Workers, part: 'flight' | 'breakers', name: string, quick: boolean): Promise<Bounded<T>> {
  const run = (n: number): Promise<T | undefined> => workers.run<T>(part, { name, n }, LIMIT_S * 1_000);
  const whole = quick ? undefined : await run(100_000);
  if (whole !== undefined) return { result: whole, missed: undefined };
  return { result: await run(10_000), missed: quick ? undefined : LIMIT_S };
}

function versions(root: string, dist: string): ByName<string> {
  const versionIn = (folder: string): string =>
    (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
  const peers = PEERS.map(({ name, from }) => [name, versionIn(join(root, 'node_modules', from))] as const);
  return Object.fromEntries([['breakwater', versionIn(join(dist, '..'))], ...peers]);
}
