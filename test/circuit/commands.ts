/** The commands of the model test: all that can happen to a circuit, with results that come late and out of order. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { CircuitMachine, type CircuitRules, type Permit } from '../../src/circuit/circuit.ts';
import { readSnapshot } from '../../src/circuit/snapshot.ts';
import { beginning, expectedWait, hasSay, probing, worldAfter, type Entry, type Setup, type World } from './model.ts';
import { ruleOf, specs, type Spec } from './recount.ts';

/** The model's side: the log, and the clocks. */
export class Story {
  readonly setup: Setup;
  readonly log: Entry[] = [];
  readonly at = { mono: 0, wall: 1_000_000 };
  calls = 0;
  /** Whether it was ever isolated by more than one handle. */
  nested = false;

  constructor(setup: Setup) {
    this.setup = setup;
  }

  #told = 0;
  #world: World = beginning;

  /** What the log amounts to so far. */
  get world(): World {
    this.#world = worldAfter(this.setup, this.log.slice(this.#told), this.#world);
    this.#told = this.log.length;
    return this.#world;
  }
}

/** The real side: the machine, its clocks, the permits that it gave, and the transitions that it told. */
export class Real {
  readonly at = { mono: 0, wall: 1_000_000 };
  readonly time = { now: (): number => this.at.mono, wall: (): number => this.at.wall };
  readonly permits = new Map<number, Permit>();
  readonly turns: string[] = [];
  readonly #setup: Setup;
  machine: CircuitMachine;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.machine = new CircuitMachine(this.rules, this.time);
  }

  /** Those of a new circuit: its trip rule has counted nothing. */
  get rules(): CircuitRules {
    return {
      ...this.#setup,
      trip: ruleOf(this.#setup.trip)['~start'](() => {}),
      // `to` is what it says, and `state` what stands while it says so: they agree, or the transition has no match.
      changed: ({ from, to }) => {
        this.turns.push(`${from} to ${to}${this.machine.state === to ? '' : ` while ${this.machine.state}`}`);
      },
    };
  }
}

type Command = fc.Command<Story, Real>;

/** Every reading, after every command; readings change nothing, so each is taken twice. */
function compare(story: Story, real: Real): void {
  const { world } = story;
  const { machine, time } = real;
  story.nested ||= world.isolations > 1;
  const wait = expectedWait(story.setup, world, story.at);
  for (let twice = 0; twice < 2; twice += 1) {
    expect({
      state: machine.state,
      failures: machine.failures,
      reopenings: machine.reopenings,
      isOpen: machine.isOpen(time),
      retryAfterMs: machine.retryAfterMs(time),
      turns: real.turns,
    }).toEqual({
      state: world.is,
      failures: world.failures,
      reopenings: world.reopenings,
      isOpen: wait > 0,
      retryAfterMs: wait,
      turns: world.turns,
    });
  }
  for (const [call, permit] of real.permits) expect(machine.holds(permit)).toBe(hasSay(world, call));
  const holding = [...real.permits.values()].filter((permit) => permit.probe && machine.holds(permit));
  expect(holding.length).toBe(probing(world).length);
  expect(holding.length).toBeLessThanOrEqual(story.setup.probes);
}

function command(
  text: string,
  run: (story: Story, real: Real) => void,
  check?: (story: Readonly<Story>) => boolean,
): Command {
  return {
    check: (story) => check?.(story) ?? true,
    run(story, real) {
      run(story, real);
      compare(story, real);
    },
    toString: () => text,
  };
}

/** A call comes to the door. `floor` is what its policy gives a probe. */
function startCall(floor: number | undefined): Command {
  return command(`start(${floor ?? ''})`, (story, real) => {
    const call = (story.calls += 1);
    const saidOpen = real.machine.isOpen(real.time);
    const permit = real.machine.admit(real.time, floor);
    expect(permit === undefined).toBe(saidOpen);
    story.log.push({ did: 'start', call, floor, ...story.at });
    expect(permit !== undefined).toBe(hasSay(story.world, call));
    if (permit === undefined) return;
    expect(permit.probe).toBe(story.world.is === 'half-open');
    real.permits.set(call, permit);
  });
}

/** The outcome of any call that was ever admitted, also one that had its outcome: `pick` counts from the youngest. */
function finish(pick: number, verdict: boolean | 'ignore', took: number | undefined): Command {
  const word = verdict === 'ignore' ? 'ignored' : verdict ? 'failure' : 'success';
  return command(
    `finish(${pick}, ${word}, ${took})`,
    (story, real) => {
      const { calls } = story.world;
      const { call } = calls[calls.length - 1 - (pick % calls.length)]!;
      const had = hasSay(story.world, call);
      story.log.push({ did: 'finish', call, verdict, took, ...story.at });
      expect(real.machine.record(real.permits.get(call)!, verdict, real.time, took)).toBe(had);
    },
    (story) => story.world.calls.length > 0,
  );
}

function byHand(did: 'open' | 'reset' | 'isolate' | 'release', times = 1): Command {
  return command(`${did} ×${times}`, (story, real) => {
    for (let time = 0; time < times; time += 1) {
      story.log.push({ did, ...story.at });
      real.machine[did](real.time);
    }
  });
}

/** Time passes: on the monotonic clock, and on the wall clock as far as that one likes (backwards too). */
function pass(mono: number, wall: number): Command {
  return command(`pass(${mono}, ${wall})`, (story, real) => {
    for (const at of [story.at, real.at]) {
      at.mono += mono;
      at.wall += wall;
    }
  });
}

/** The circuit is saved through JSON, and restored `away` later by a process whose monotonic clock starts at `origin`. */
function restart(away: number, origin: number): Command {
  return command(`restart(${away}, ${origin})`, (story, real) => {
    const json = JSON.stringify(real.machine.toJSON(real.time));
    const saved = { ...story.at };
    for (const at of [story.at, real.at]) {
      at.mono = origin;
      at.wall += away;
    }
    story.log.push({ did: 'restart', saved, ...story.at });
    real.machine = new CircuitMachine(real.rules, real.time, readSnapshot(JSON.parse(json), 'restart'));
  });
}

const span = fc.constantFrom(0.25, 10, 99.75, 100, 100, 250);
const verdict = fc.constantFrom<boolean | 'ignore'>(true, true, true, false, false, 'ignore');
const floor = fc.constantFrom(undefined, 30, 400, Infinity);
const someCall = fc.oneof(fc.nat(2), fc.nat(12));

const starting = floor.map(startCall);
const took = fc.constantFrom(undefined, 20, 50, 50.25);
const finishing = fc.tuple(someCall, verdict, took).map(([pick, what, ms]) => finish(pick, what, ms));
const passing = span.map((ms) => pass(ms, ms));
const skewed = fc
  .tuple(fc.constantFrom(0, 0, 10, 100), fc.constantFrom(-3_600_000, -50, 0, 0.5, 50, 100, 400))
  .map(([mono, wall]) => pass(mono, wall));
const restarting = fc
  .tuple(fc.constantFrom(-500, 0, 60, 1_000), fc.constantFrom(0, 5e9))
  .map(([away, origin]) => restart(away, origin));

const hand = fc.constantFrom('open' as const, 'reset' as const).map(byHand);
const isolating = fc.constantFrom(1, 2).map((handles) => byHand('isolate', handles));
const releasing = fc.constant(byHand('release'));

/** Of its commands `fc.commands` takes one like the other: what should come more often is given more often. */
function often(times: number, what: fc.Arbitrary<Command>): readonly fc.Arbitrary<Command>[] {
  return Array.from({ length: times }, () => what);
}

/** Ordinary traffic many times over, and now and then a hand, a clock that jumps, or a restart. */
export const commands: fc.Arbitrary<Iterable<Command>> = fc.commands(
  [
    ...often(5, starting),
    ...often(5, finishing),
    ...often(4, passing),
    fc.oneof({ weight: 4, arbitrary: skewed }, { weight: 4, arbitrary: releasing }, hand, isolating, restarting),
  ],
  { maxCommands: 100, size: 'max' },
);

const recoveries: Record<string, (reopenings: number) => number> = {
  constant: () => 100,
  growing: (reopenings) => 50 * 2 ** Math.min(reopenings, 6),
  none: () => 0,
  never: () => Infinity,
};

/** Recovery times that end, but for a few. */
const recovery = fc
  .oneof(
    { weight: 5, arbitrary: fc.constant('constant') },
    { weight: 4, arbitrary: fc.constant('growing') },
    { weight: 2, arbitrary: fc.constant('none') },
    { weight: 1, arbitrary: fc.constant('never') },
  )
  .map((name) => recoveries[name]!);

export const setups: fc.Arbitrary<Setup> = fc.record({
  trip: fc.oneof(fc.integer({ min: 1, max: 3 }).map((failures): Spec => ({ of: 'consecutive', failures })), specs(4)),
  successThreshold: fc.integer({ min: 1, max: 3 }),
  probes: fc.integer({ min: 1, max: 3 }),
  probeLease: fc.constantFrom(undefined, undefined, 20, 150),
  recovery,
});
