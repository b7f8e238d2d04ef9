/**
 * What a circuit should do, told a second time: a fold over the log of what happened to it. It knows generations and
 * calls by number, keeps every call that ever began, and is a value: each entry of the log makes another one of it.
 */

import { isSlow, trips, type Entry as Heard, type Spec } from './recount.ts';

/** The options of the circuit under test. */
export interface Setup {
  readonly trip: Spec;
  readonly successThreshold: number;
  readonly probes: number;
  readonly probeLease: number | undefined;
  readonly recovery: (reopenings: number) => number;
}

/** The two clocks at the time of an entry. */
export interface Instant {
  readonly mono: number;
  readonly wall: number;
}

export type Entry = Instant &
  (
    | { readonly did: 'start'; readonly call: number; readonly floor: number | undefined }
    | { readonly did: 'finish'; readonly call: number; readonly verdict: boolean | 'ignore'; readonly took?: number | undefined }
    | { readonly did: 'open' | 'reset' | 'isolate' | 'release' }
    | { readonly did: 'restart'; readonly saved: Instant }
  );

/** A call that was admitted. `over`: it gave its slot back, or lost it; `revoked`: lost it to another. */
interface Call {
  readonly call: number;
  readonly generation: number;
  readonly probe: boolean;
  readonly until: number;
  readonly over: boolean;
  readonly revoked?: boolean;
}

/** What the log amounts to. */
export interface World {
  readonly is: 'closed' | 'open' | 'half-open' | 'isolated';
  readonly generation: number;
  readonly failures: number;
  /** Every outcome since the trip rule began to count. */
  readonly heard: readonly Heard[];
  readonly reopenings: number;
  readonly openedAt: Instant;
  /** How long the opening at `openedAt` lasts. */
  readonly lasts: number;
  /** The recovery time that was drawn for it. */
  readonly drawn: number;
  readonly successes: number;
  readonly isolations: number;
  readonly calls: readonly Call[];
  readonly turns: readonly string[];
}

/** A closed circuit to which nothing has happened. */
export const beginning: World = {
  is: 'closed',
  generation: 0,
  failures: 0,
  heard: [],
  reopenings: 0,
  openedAt: { mono: 0, wall: 0 },
  lasts: 0,
  drawn: 0,
  successes: 0,
  isolations: 0,
  calls: [],
  turns: [],
};

export function worldAfter(setup: Setup, log: readonly Entry[], before: World): World {
  return log.reduce((world, entry) => step(setup, world, entry), before);
}

/** The probes that hold a slot. */
export function probing(world: World): readonly Call[] {
  return world.calls.filter((call) => call.probe && !call.over && call.generation === world.generation);
}

/** When a caller would be admitted, as milliseconds from now on either clock. */
export function expectedWait(setup: Setup, world: World, at: Instant): number {
  switch (world.is) {
    case 'closed':
      return 0;
    case 'isolated':
      return Infinity;
    case 'open': {
      const onMono = world.lasts - (at.mono - world.openedAt.mono);
      const onWall = world.lasts - (at.wall - world.openedAt.wall);
      return Math.ceil(Math.max(0, Math.min(onMono, onWall)));
    }
    case 'half-open': {
      const holders = probing(world);
      if (holders.length < setup.probes) return 0;
      return Math.ceil(Math.max(0, Math.min(...holders.map((call) => call.until)) - at.mono));
    }
  }
}

/** Whether the call's outcome would still count. */
export function hasSay(world: World, id: number): boolean {
  const call = world.calls.find((one) => one.call === id);
  return call !== undefined && call.generation === world.generation && !(call.probe && call.over);
}

/** Enters another state, which begins a generation. */
function turn(world: World, is: World['is'], changes: Partial<World>): World {
  const turns = is === world.is ? world.turns : [...world.turns, `${world.is} to ${is}`];
  return { ...world, is, generation: world.generation + 1, successes: 0, ...changes, turns };
}

function close(world: World): World {
  return turn(world, 'closed', { failures: 0, heard: [], reopenings: 0 });
}

function openNow(setup: Setup, world: World, at: Instant, failures: number, reopenings: number): World {
  const drawn = setup.recovery(reopenings);
  return turn(world, 'open', { failures, reopenings, drawn, lasts: drawn, openedAt: { mono: at.mono, wall: at.wall } });
}

function step(setup: Setup, world: World, entry: Entry): World {
  switch (entry.did) {
    case 'start':
      return begin(setup, world, entry);
    case 'finish':
      return end(setup, world, entry);
    case 'open':
      return world.is === 'isolated' ? world : openNow(setup, world, entry, world.failures, world.reopenings);
    case 'reset':
      return world.is === 'isolated' ? world : close(world);
    case 'isolate':
      if (world.is === 'isolated') return { ...world, isolations: world.isolations + 1 };
      return turn(world, 'isolated', { isolations: 1 });
    case 'release':
      if (world.is !== 'isolated') return world;
      return world.isolations === 1 ? close(world) : { ...world, isolations: world.isolations - 1 };
    case 'restart':
      return restart(setup, world, entry);
  }
}

function begin(setup: Setup, world: World, entry: Entry & { did: 'start' }): World {
  if (expectedWait(setup, world, entry) > 0) return world;
  if (world.is === 'closed') {
    const call = { call: entry.call, generation: world.generation, probe: false, until: Infinity, over: false };
    return { ...world, calls: [...world.calls, call] };
  }
  const half = world.is === 'open' ? turn(world, 'half-open', {}) : world;
  const [drawn, given] = [world.drawn, entry.floor ?? Infinity].map((ms) => (ms === Infinity ? 60_000 : ms));
  const lease = setup.probeLease ?? Math.max(drawn!, given!);
  const holders = probing(half);
  const loser =
    holders.length < setup.probes ? undefined : [...holders].sort((a, b) => a.until - b.until || a.call - b.call)[0];
  const probe = { call: entry.call, generation: half.generation, probe: true, until: entry.mono + lease, over: false };
  const others = half.calls.map((call) => (call === loser ? { ...call, over: true, revoked: true } : call));
  return { ...half, calls: [...others, probe] };
}

function end(setup: Setup, world: World, entry: Entry & { did: 'finish' }): World {
  if (!hasSay(world, entry.call)) return world;
  const { verdict } = entry;
  if (world.is === 'closed') {
    if (verdict === 'ignore') return world;
    const failures = verdict ? world.failures + 1 : 0;
    const heard = [...world.heard, { at: entry.mono, failed: verdict, took: entry.took }];
    return trips(setup.trip, heard, failures) ? openNow(setup, world, entry, failures, 0) : { ...world, failures, heard };
  }
  const calls = world.calls.map((call) => (call.call === entry.call ? { ...call, over: true } : call));
  const after = { ...world, calls };
  if (verdict === 'ignore') return after;
  const failed = verdict || isSlow(setup.trip, entry.took);
  if (failed) return openNow(setup, after, entry, world.failures + 1, world.reopenings + 1);
  const successes = world.successes + 1;
  return successes === setup.successThreshold ? close(after) : { ...after, successes };
}

/** Saved at one time, restored at another by a process whose monotonic clock has nothing to do with the first one's. */
function restart(setup: Setup, world: World, entry: Entry & { did: 'restart' }): World {
  const generation = world.generation + 1;
  if (world.is === 'closed') return { ...world, generation, heard: [] };
  if (world.is === 'isolated') return { ...beginning, generation, calls: world.calls, turns: world.turns };
  const drawn = setup.recovery(world.reopenings);
  // JSON cannot say that a time never ends: it is saved as the largest whole number.
  const rest = world.is === 'open' ? Math.min(expectedWait(setup, world, entry.saved), 2 ** 53 - 1) : 0;
  const away = Math.max(0, entry.wall - entry.saved.wall);
  const lasts = Math.min(Math.max(0, rest - away), drawn);
  const openedAt = { mono: entry.mono, wall: entry.wall };
  return { ...world, generation, is: 'open', heard: [], successes: 0, drawn, lasts, openedAt };
}
