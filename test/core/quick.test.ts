import { invoke } from '../../src/core/race.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breaker, deadline, errors, fallback, policy, retry, retryBudget, timeout } from '../../src/index.ts';
import { goQuickly, NOT_NOW, quickly, quickWay } from '../../src/core/quick.ts';
import { AGAIN, PASS, type Gate, type Pass, type Stage } from '../../src/core/stage.ts';
import { stopwatch } from '../../src/core/stopwatch.ts';
import { envOf, speaking, taskOf } from '../helpers/calls.ts';
import { hangs, outcomeOf, thrownBy } from '../helpers/functions.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';
import { asked } from '../helpers/ways.ts';

const boom = new Error('boom');

const fails = (): never => {
  throw boom;
};

let before: boolean;
beforeEach(() => {
  before = quickly.on;
  quickly.on = true;
});
afterEach(() => {
  quickly.on = before;
});

/** A gate that lets calls in as long as it is open, and writes down what it is told. */
function gateOf(said: string[]): Gate & { open: boolean } {
  const pass: Pass = { succeeded: (value) => (said.push(`succeeded with ${String(value)}`), value) };
  return {
    open: true,
    enter() {
      said.push('enter');
      return this.open ? pass : undefined;
    },
    admitted: (call, given) => said.push(`admitted ${call.started} ${given === pass}`),
  };
}

describe('quickly', () => {
  it('is on unless a test shuts it', async () => {
    vi.resetModules();
    const loaded = await import('../../src/core/quick.ts');
    expect(loaded.quickly).not.toBe(quickly);
    expect(loaded.quickly).toEqual({ on: true });
  });
});

describe('quickWay', () => {
  it('is not there where the function is timed, or something runs around it', () => {
    expect(quickWay([stopwatch], envOf())).toBeUndefined();
    expect(quickWay([], envOf({ inside: (_, start) => start() }))).toBeUndefined();
  });

  it('is there where every stage allows for it', () => {
    const env = envOf();
    expect(quickWay([], env)).toEqual({ track: { stages: [], core: invoke }, env, gate: undefined });
    const gate = gateOf([]);
    const stages: Stage[] = [{ quick: true }, { quick: gate }, { quick: true }];
    expect(quickWay(stages, env)).toEqual({ track: { stages, core: invoke }, env, gate });
  });

  it('is not there where one has a say in every call, nor where two would have to be asked', () => {
    expect(quickWay([{ quick: true }, {}], envOf())).toBeUndefined();
    expect(quickWay([{ quick: gateOf([]) }, { quick: gateOf([]) }], envOf())).toBeUndefined();
  });
});

describe('goQuickly', () => {
  const stagesOf = (said: string[], gate: Gate): Stage[] => [
    speaking('a', said, { quick: true }),
    speaking('b', said, { quick: gate }),
  ];

  /** Takes the quick way with `fn`, with what the stages say of it. */
  function go(fn: () => unknown, env = envOf()): { out: unknown; said: string[] } {
    const said: string[] = [];
    const way = quickWay(stagesOf(said, gateOf(said)), env);
    if (way === undefined) throw new Error('no way');
    return { said, out: goQuickly(way, taskOf(fn), undefined, []) };
  }

  const limited = () => envOf({ limit: { ms: 50, repeated: false, expired: (attempt) => attempt.cut(boom) } });

  it.each([['without a limit', envOf], ['in time', limited]])('asks no stage about a promise that answers: %s', async (_, env) => {
    const given = env();
    const { out, said } = go(async () => 7, given);
    expect(out).toBeInstanceOf(Promise);
    expect(said).toEqual(['enter']);
    expect(await out).toBe(7);
    expect(said).toEqual(['enter', 'succeeded with 7']);
    expect((given.clock as VirtualClock).armed).toBe(0);
  });

  it.each([['without a limit', envOf], ['in time', limited]])('brings anything else out as the usual way does: %s', async (_, env) => {
    const made = [env(), env(), env()] as const;
    const value = go(() => 7, made[0]);
    expect([value.out, value.said]).toEqual([7, ['enter', 'admitted 1 true', 'b out: 7', 'a out: 7']]);
    const lines = ['enter', 'admitted 1 true', 'b out: Error: boom', 'a out: Error: boom'];
    const said: string[] = [];
    const way = quickWay(stagesOf(said, gateOf(said)), made[1]);
    expect(thrownBy(() => way && goQuickly(way, taskOf(fails), undefined, []))).toBe(boom);
    expect(said).toEqual(lines);
    const rejects = go(() => Promise.reject(boom), made[2]);
    await expect(rejects.out).rejects.toBe(boom);
    expect(rejects.said).toEqual(lines);
    for (const { clock } of made) expect((clock as VirtualClock).armed).toBe(0);
  });

  it('ends what takes too long', async () => {
    const env = limited();
    const { out, said } = go(hangs, env);
    const ended = outcomeOf(out as Promise<unknown>);
    await (env.clock as VirtualClock).to(50);
    expect(await ended).toEqual(['error', boom]);
    expect(said).toEqual(['enter', 'admitted 1 true', 'b out: Error: boom', 'a out: Error: boom']);
  });

  it('R22 answers with the reason where the limit ended the attempt before its function threw', async () => {
    // A clock that calls back at once: the limit is over when the function starts.
    const clock = new VirtualClock();
    clock.setTimer = (callback) => callback();
    for (const fn of [fails, () => Promise.reject(boom)]) {
      await expect(timeout({ after: 10, clock }).execute(fn)).rejects.toMatchObject({ name: 'TimeoutError' });
    }
  });

  it.each([
    ['is shut', (gate: Gate & { open: boolean }) => void (gate.open = false)],
    ['throws', (gate: Gate & { open: boolean }) => void Object.assign(gate, { enter: fails })],
  ])('does nothing where the gate %s', (_, shut) => {
    const said: string[] = [];
    const gate = gateOf(said);
    shut(gate);
    const way = quickWay(stagesOf(said, gate), envOf());
    expect(way && goQuickly(way, taskOf(() => said.push('fn')), undefined, [])).toBe(NOT_NOW);
    expect(said.filter((line) => line !== 'enter')).toEqual([]);
  });

  it('R25 hands on the very promise where nothing is around the function', () => {
    const [promise, way] = [Promise.resolve(7), quickWay([], envOf())];
    expect(way && goQuickly(way, taskOf(() => promise), undefined, [])).toBe(promise);
  });

  it("passes the call's own this and arguments on, after a context where one is asked for", () => {
    const way = quickWay([], envOf());
    const fn = function (this: unknown, ...args: unknown[]): unknown[] {
      return [this, ...args];
    };
    expect(way && goQuickly(way, taskOf(fn), 'me', [1, 2])).toEqual(['me', 1, 2]);
    const got = way && (goQuickly(way, taskOf(fn, { withContext: true }), 'me', [1]) as unknown[]);
    expect(got).toEqual(['me', expect.objectContaining({ attempt: 1 }), 1]);
  });

  it('makes an attempt only where there is a limit to it', async () => {
    const made: (number | undefined)[] = [];
    const stage: Stage = { quick: true, error: (call) => (made.push(call.made?.limit?.ms), PASS) };
    for (const env of [envOf(), limited()]) {
      const way = quickWay([stage], env);
      for (const fn of [fails, () => Promise.reject(boom)]) {
        await outcomeOf((async () => way && goQuickly(way, taskOf(fn), undefined, []))());
      }
    }
    expect(made).toEqual([undefined, undefined, 50, 50]);
    const seen: unknown[] = [];
    const way = quickWay([{ quick: true, error: (call) => (seen.push(call.made), PASS) }], envOf());
    expect(thrownBy(() => way && goQuickly(way, taskOf(fails), undefined, []))).toBe(boom);
    expect(seen).toEqual([undefined]);
  });

  it('goes on the usual way with attempts that follow', async () => {
    const started: number[] = [];
    let stage: Stage = {};
    stage = { quick: true, error: (call) => (started.push(call.started), call.started < 3 ? AGAIN : PASS) };
    const way = quickWay([stage], envOf());
    await expect(way && goQuickly(way, taskOf(() => Promise.reject(boom)), undefined, [])).rejects.toBe(boom);
    expect(started).toEqual([1, 2, 3]);
  });
});

describe('a policy', () => {
  const plain = () => policy(breaker(), retry(), timeout(60_000), fallback('plan B'));

  it('lets plain calls take the quick way', async () => {
    for (const guard of [plain(), policy(), breaker(), retry(), timeout(5), fallback(1), policy(breaker(), timeout(5))]) {
      expect(await asked(() => guard.execute(async () => 1))).toBe(1);
    }
    expect(await asked(plain().wrap(async () => 1))).toBe(1);
    expect(await asked(plain().wrapWithContext(async () => 1))).toBe(1);
  });

  it('lets none take it that somebody can abort, or that is nested, or that answers at once', async () => {
    const { signal } = new AbortController();
    const inner = retry().wrap(async () => 1);
    const sync = policy(breaker(), fallback(1));
    for (const call of [
      () => plain().execute(async () => 1, signal),
      plain().wrap(async () => 1, { signal }),
      plain().wrap(async () => 1, { signal: () => signal }),
      plain().wrap(inner),
      () => plain().execute(inner),
      () => sync.executeSync(() => 1),
      sync.wrapSync(() => 1),
    ]) {
      expect(await asked(call)).toBe(0);
    }
  });

  it.each(['onEvent', 'onSuccess', 'onFailure'] as const)('lets none take it while somebody listens: %s', async (listen) => {
    const guard = plain();
    const ends = guard[listen](() => {});
    expect(await asked(() => guard.execute(async () => 1))).toBe(0);
    ends.dispose();
    expect(await asked(() => guard.execute(async () => 1))).toBe(1);
  });

  it('lets none take it where a layer has a say in every call', async () => {
    const handle = errors(TypeError);
    for (const part of [
      deadline(5_000),
      retry({ budget: retryBudget({ tokens: 10, ratio: 0.1 }) }),
      retry({ handle }),
      breaker({ handle }),
      fallback(1, { handle }),
      timeout({ after: 5_000, mode: 'cooperative' }),
    ]) {
      expect(await asked(() => part.execute(async () => 1))).toBe(0);
    }
  });

  it('takes the usual way where the circuit is not closed, and counts the call once', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 10, clock });
    circuit.open();
    await outcomeOf(circuit.execute(async () => 1));
    expect(circuit.stats()).toMatchObject({ admitted: 0, rejected: 1 });
    await clock.to(10);
    expect(await circuit.execute(async () => circuit.state)).toBe('half-open');
    expect(circuit.stats()).toMatchObject({ admitted: 1, rejected: 1, succeeded: 1, failed: 0 });
    expect(await circuit.execute(async () => circuit.state)).toBe('closed');
    expect(circuit.stats()).toMatchObject({ admitted: 2, succeeded: 2 });
  });

  it('A2 gives no say to the outcome of a call that came in before the circuit opened', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    for (const fn of [async () => (await flush(), 1), async () => (await flush(), fails())]) {
      const late = outcomeOf(circuit.execute(fn));
      circuit.open();
      circuit.reset();
      await late;
    }
    expect([circuit.state, circuit.failures]).toEqual(['closed', 0]);
    expect(circuit.stats()).toMatchObject({ admitted: 2, succeeded: 0, failed: 0, stale: 2 });
  });

  it('answers with its fallback where the circuit cannot be made', async () => {
    const clock = new VirtualClock();
    const saved = breaker({ clock });
    saved.open();
    const circuit = breaker({ clock, initialState: saved.toJSON() });
    clock.wall = fails;
    const guard = policy(circuit, fallback((error: unknown) => error));
    expect(await guard.execute(async () => 1)).toBe(boom);
  });
});
