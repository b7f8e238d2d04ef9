import { describe, expect, it } from 'vitest';
import { AGAIN, bring as bringOut, link, PASS, trackOf, type Stage } from '../../src/core/stage.ts';
import { forkOf, takeOver } from '../../src/core/fork.ts';
import { afterRound } from '../../src/core/round.ts';
import { callOf, speaking, type CallParts } from '../helpers/calls.ts';
import { deferred, failsTimes, outcomeOf, thrownBy } from '../helpers/functions.ts';
import { run as runProcess } from '../helpers/process.ts';

const [boom, other] = [new Error('boom'), new Error('other')];

const fails = (): never => {
  throw boom;
};

/** One call of `fn` through stages, the outermost first. */
function run(stages: readonly Stage[], fn: () => unknown, parts?: CallParts): unknown {
  return link(stages)(callOf(fn, parts));
}

/** What came of it, whether it answered at once or not. */
function ending(stages: readonly Stage[], fn: () => unknown, parts?: CallParts): ReturnType<typeof outcomeOf> {
  return outcomeOf((async () => run(stages, fn, parts))());
}

/** Answers with these in turn. */
function inTurn(...answers: (() => unknown)[]): () => unknown {
  return () => answers.shift()?.();
}

/** A promise that takes its time. */
const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value)));

const ways: readonly [string, () => unknown, () => unknown][] = [
  ['at once', () => 'value', fails],
  ['with a promise', () => Promise.resolve('value'), () => Promise.reject(boom)],
];

describe('PASS and AGAIN', () => {
  it('are the same words in every copy of the package, and different ones', () => {
    expect([PASS, AGAIN].map((word) => Symbol.keyFor(word))).toEqual(['breakwater.pass', 'breakwater.again']);
  });
});

describe('link', () => {
  it.each(ways)('goes in through the stages and out again, the other way round: %s', async (_, answers, rejects) => {
    const said: string[] = [];
    const stages = ['a', 'b'].map((name) => speaking(name, said));
    const fn = (inner: () => unknown) => (): unknown => (said.push('fn'), inner());
    expect(await ending(stages, fn(answers))).toEqual(['value', 'value']);
    expect(said.splice(0)).toEqual(['a in', 'b in', 'fn', 'b out: value', 'a out: value']);
    expect(await ending(stages, fn(rejects))).toEqual(['error', boom]);
    expect(said).toEqual(['a in', 'b in', 'fn', 'b out: Error: boom', 'a out: Error: boom']);
  });

  it('R25 answers at once where the function does, and with the one promise where no stage is around it', async () => {
    expect(run([{}], () => 7)).toBe(7);
    const promise = Promise.resolve(7);
    expect(run([], () => promise)).toBe(promise);
    expect(run([], () => 7)).toBe(7);
    await expect(run([], fails)).rejects.toBe(boom);
  });

  it('D1 throws in a synchronous call, and rejects in any other', async () => {
    for (const stages of [[], [{}], [{ error: () => PASS }]]) {
      expect(thrownBy(() => run(stages, fails, { sync: true }))).toBe(boom);
      await expect(run(stages, fails)).rejects.toBe(boom);
    }
  });

  it.each(ways)('gives each stage the call, and what the one inside it made of the outcome: %s', async (_, answers, rejects) => {
    const said: string[] = [];
    const change: Stage = {
      value: (call, value) => `${String(value)} of ${call.number}`,
      error: (call, error) => [call.number, error],
    };
    expect(await ending([speaking('a', said), change], answers)).toEqual(['value', 'value of 1']);
    expect(await ending([speaking('a', said), change], rejects)).toEqual(['value', [1, boom]]);
    expect(said).toEqual(['a in', 'a out: value of 1', 'a in', 'a out: 1,Error: boom']);
  });

  it.each(ways)('D1 takes another error in the place of an error, and of a value: %s', async (_, answers, rejects) => {
    const said: string[] = [];
    const change = (): never => {
      throw other;
    };
    for (const fn of [answers, rejects]) {
      expect(await ending([speaking('a', said), { value: change, error: change }], fn)).toEqual(['error', other]);
      expect(said.splice(0)).toEqual(['a in', 'a out: Error: other']);
    }
  });

  it.each([[undefined], [Number.NaN], [0], [''], [null]])('D2 D3 hands on %s, as a value and as an error', async (what) => {
    const throws = (): never => {
      throw what;
    };
    const pass: Stage = { value: () => PASS, error: () => PASS };
    for (const fn of [() => what, () => Promise.resolve(what)]) expect(await ending([pass], fn)).toEqual(['value', what]);
    for (const fn of [throws, () => Promise.reject(what)]) expect(await ending([pass], fn)).toEqual(['error', what]);
    expect(await ending([{ error: () => what }], fails)).toEqual(['value', what]);
  });

  it('does not show a stage what it made itself', async () => {
    const shown: unknown[] = [];
    const see = (_: unknown, what: unknown): unknown => (shown.push(what), 'changed');
    const turns: Stage = {
      value: see,
      error: (call, error) => {
        see(call, error);
        throw other;
      },
    };
    expect(await ending([turns], () => 1)).toEqual(['value', 'changed']);
    expect(await ending([turns], fails)).toEqual(['error', other]);
    expect(shown).toEqual([1, boom]);
  });

  it('counts the one attempt', async () => {
    const call = callOf(async () => call.started);
    expect(await link([{}])(call)).toBe(1);
  });
});

describe('when a stage turns a call away', () => {
  it('goes outward from it: neither what is inside nor itself sees it', async () => {
    const said: string[] = [];
    const refusing = speaking('b', said, { admit: () => () => boom });
    const stages = [speaking('a', said), refusing, speaking('c', said)];
    expect(await ending(stages, () => said.push('fn'))).toEqual(['error', boom]);
    expect(said).toEqual(['a in', 'b in', 'a out: Error: boom']);
  });

  it('does the same with what its admission throws', async () => {
    const said: string[] = [];
    const stages = [speaking('a', said), speaking('b', said, { admit: fails }), speaking('c', said)];
    expect(await ending(stages, () => said.push('fn'))).toEqual(['error', boom]);
    expect(thrownBy(() => run(stages, () => said.push('fn'), { sync: true }))).toBe(boom);
    expect(said.slice(0, 3)).toEqual(['a in', 'b in', 'a out: Error: boom']);
    expect(said).toHaveLength(6);
  });

  it('makes the error once, of the call, when somebody looks at it first', async () => {
    const made: unknown[] = [];
    const refuse = (call: unknown): Error => (made.push(call), boom);
    const seen: unknown[] = [];
    const look: Stage = { error: (_, error) => (seen.push(made.length, error), PASS) };
    const call = callOf();
    const before: Stage = { value: () => PASS };
    await expect(link([look, look, before, { admit: () => refuse }])(call)).rejects.toBe(boom);
    expect([seen, made]).toEqual([[1, boom, 1, boom], [call]]);
  });

  it.each([true, false])('makes it at the end where no stage looks at it: sync is %s', async (sync) => {
    let made = 0;
    const refusing: Stage = { admit: () => () => ((made += 1), boom) };
    for (const stages of [[refusing], [{}, refusing], [{ value: () => PASS }, refusing]]) {
      expect(await ending(stages, () => 1, { sync })).toEqual(['error', boom]);
    }
    expect(made).toBe(3);
  });

  it.each([true, false])('never makes it where a stage answers unseen; those around it get the answer: sync is %s', async (sync) => {
    const said: string[] = [];
    let made = 0;
    const answering = speaking('b', said, { unseen: () => 'ready' });
    const stages = [speaking('a', said), answering, {}, { admit: () => () => ((made += 1), boom) }];
    expect(run(stages, () => 1, { sync })).toBe('ready');
    expect([made, said]).toEqual([0, ['a in', 'b in', 'a out: ready']]);
  });

  it('shows what is no refusal, or was looked at already, to the stage that would answer unseen', async () => {
    const said: string[] = [];
    const answering = speaking('a', said, { unseen: () => 'ready' });
    expect(await ending([answering], fails)).toEqual(['error', boom]);
    expect(await ending([answering, { error: () => PASS }, { admit: () => () => other }], fails)).toEqual(['error', other]);
    expect(await ending([answering, { admit: fails }], fails)).toEqual(['error', boom]);
    expect(said).toEqual(['a in', 'a out: Error: boom', 'a in', 'a out: Error: other', 'a in', 'a out: Error: boom']);
  });

  it('R21 shows it to the stage that would answer unseen where the caller has aborted', async () => {
    const signal = AbortSignal.abort('stop');
    const answering: Stage = { unseen: () => 'ready', error: () => PASS };
    expect(await ending([answering, { admit: () => () => boom }], () => 1, { signal })).toEqual(['error', boom]);
  });

  it('shows a stage the failure that follows after a round that was turned away', async () => {
    const admit = inTurn(() => () => other) as NonNullable<Stage['admit']>;
    const again = inTurn(() => AGAIN, () => PASS);
    const stages: Stage[] = [{ unseen: () => 'ready', error: (_, error) => [error] }, { error: again }, { admit }];
    expect(await ending(stages, fails)).toEqual(['value', [boom]]);
  });

  it('makes the error also of a round that is not the first', async () => {
    for (const again of [AGAIN, Promise.resolve(AGAIN)]) {
      const admit = inTurn(() => undefined, () => () => other) as NonNullable<Stage['admit']>;
      expect(await ending([{ admit, error: () => again }], fails)).toEqual(['error', other]);
    }
    const admit = inTurn(() => undefined, () => () => other) as NonNullable<Stage['admit']>;
    expect(await ending([{ admit, error: () => AGAIN }], fails, { sync: true })).toEqual(['error', other]);
  });
});

describe('when a stage sends a call in again', () => {
  const rounds = [
    ['in a synchronous call', AGAIN, true],
    ['at once', AGAIN, false],
    ['with a promise of it', Promise.resolve(AGAIN), false],
  ] as const;

  it.each(rounds)('begins with that stage, and not further out: %s', async (_, again, sync) => {
    const said: string[] = [];
    const stages = [
      speaking('a', said),
      speaking('b', said, { error: inTurn(() => again, () => again, () => PASS) }),
      speaking('c', said),
    ];
    const fn = inTurn(fails, fails, () => 'third');
    expect(await ending(stages, fn, { sync })).toEqual(['value', 'third']);
    const failed = ['c in', 'c out: Error: boom', 'b out: Error: boom', 'b in'];
    expect(said).toEqual(['a in', 'b in', ...failed, ...failed, 'c in', 'c out: third', 'b out: third', 'a out: third']);
  });

  it.each(rounds)('goes in again for a value, too, and ends with the error that stands: %s', async (_, again, sync) => {
    const stage: Stage = { value: () => again, error: () => PASS };
    expect(await ending([{}, stage], inTurn(() => 1, () => 2, fails), { sync })).toEqual(['error', boom]);
  });

  it.each(rounds.slice(1))('goes in again after promises, too: %s', async (_, again) => {
    const stage: Stage = { value: () => PASS, error: () => again };
    const rejects = (): Promise<never> => Promise.reject(boom);
    expect(await ending([stage, {}], inTurn(rejects, fails, rejects, () => Promise.resolve('last')))).toEqual(['value', 'last']);
    const twice: Stage = { error: inTurn(() => again, () => again, () => PASS) };
    expect(await ending([twice], failsTimes(9, 'never'))).toMatchObject(['error', { message: 'failure 3' }]);
  });

  it.each(rounds)('goes out with what its own admission throws the second time: %s', async (_, again, sync) => {
    const said: string[] = [];
    const admit = inTurn(() => undefined, () => {
      throw other;
    }) as NonNullable<Stage['admit']>;
    const stages = [speaking('a', said), { admit, error: () => again }, speaking('c', said)];
    expect(await ending(stages, fails, { sync })).toEqual(['error', other]);
    expect(said).toEqual(['a in', 'c in', 'c out: Error: boom', 'a out: Error: other']);
  });

  it('lets two stages do so, the outer one with all that is inside it', async () => {
    const said: string[] = [];
    const twice = (): (() => unknown) => inTurn(() => AGAIN, () => PASS, () => AGAIN, () => PASS);
    const stages = [speaking('a', said, { error: twice() }), speaking('b', said, { error: twice() })];
    expect(await ending(stages, () => (said.push('fn'), fails()))).toEqual(['error', boom]);
    expect(said.filter((line) => line === 'fn')).toHaveLength(4);
    expect(said.filter((line) => line === 'a in')).toHaveLength(2);
    expect(said.filter((line) => line === 'b in')).toHaveLength(4);
  });

  it.each(rounds)('grows no stack however often it does so: %s', async (_, again, sync) => {
    let left = again === AGAIN ? 100_000 : 50_000;
    const stage: Stage = { error: () => ((left -= 1) > 0 ? again : 'bottom') };
    expect(await ending([{ error: () => PASS }, stage], fails, { sync })).toEqual(['value', 'bottom']);
    expect(left).toBe(0);
  });

  it('grows no stack when the function answers with promises, however often', async () => {
    let left = 200_000;
    const stage: Stage = { value: () => ((left -= 1) > 0 ? AGAIN : PASS) };
    expect(await ending([stage], async () => left)).toEqual(['value', 1]);
  });

  it('C8 keeps nothing of the rounds: neither where it waits in between nor where it does not', { timeout: 60_000 }, async () => {
    const ended = await runProcess(
      `
        import { retry } from 'breakwater';
        const clock = { now: () => 0, wall: () => 0, setTimer: (callback) => queueMicrotask(callback), clearTimer: () => {}, random: () => 0 };
        const heap = () => (globalThis.gc(), process.memoryUsage().heapUsed);
        const grown = async (delay, rounds) => {
          let [calls, before, after] = [0, 0, 0];
          const fn = async () => {
            calls += 1;
            if (calls === 2_000) before = heap();
            if (calls === 2_000 + rounds) after = heap();
            throw calls;
          };
          await retry({ attempts: 2_000 + rounds, delay, clock }).execute(fn).catch(() => {});
          return (after - before) / rounds;
        };
        console.log(JSON.stringify([await grown(0, 100_000), await grown(1, 20_000)]));
      `,
      ['--expose-gc'],
      50_000,
    );
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    // In bytes a round; promises that wait for each other would be hundreds.
    for (const grown of JSON.parse(ended.stdout) as number[]) expect(grown).toBeLessThan(30);
  });
});

describe('when a stage waits', () => {

  it.each([...ways, ['after a round', inTurn(() => 'value'), inTurn(fails)] as const])(
    'goes on as its promise says: %s',
    async (_, answers, rejects) => {
      const said: string[] = [];
      const outer = speaking('a', said);
      const pass: Stage = { value: () => later(PASS), error: () => later(PASS) };
      expect(await ending([outer, pass], answers)).toEqual(['value', 'value']);
      expect(await ending([outer, { error: () => later('instead') }], rejects)).toEqual(['value', 'instead']);
      expect(said).toEqual(['a in', 'a out: value', 'a in', 'a out: instead']);
    },
  );

  it('lets the error that it carries stand, by identity', async () => {
    const said: string[] = [];
    const stages = [speaking('a', said), { error: () => later(PASS) }];
    for (const fn of [fails, () => Promise.reject(boom)]) expect(await ending(stages, fn)).toEqual(['error', boom]);
    expect(said).toEqual(['a in', 'a out: Error: boom', 'a in', 'a out: Error: boom']);
  });

  it('goes outward with what its wait ends with, past itself', async () => {
    const said: string[] = [];
    const wait = (): Promise<never> => later(0).then(() => Promise.reject(other));
    const stages = [speaking('a', said), speaking('b', said, { value: wait, error: wait })];
    for (const fn of [() => 1, () => Promise.resolve(1)]) expect(await ending(stages, fn)).toEqual(['error', other]);
    for (const fn of [fails, () => Promise.reject(boom)]) expect(await ending(stages, fn)).toEqual(['error', other]);
    const [value, error] = ['b out: 1', 'b out: Error: boom'].map((own) => ['a in', 'b in', own, 'a out: Error: other']);
    expect(said).toEqual([value, value, error, error].flat());
  });

  it('lets several wait one after another, each for what the one inside it made', async () => {
    const add = (letter: string): Stage => ({ value: (_, value) => later(`${String(value)}${letter}`) });
    expect(await ending([add('c'), {}, add('b'), add('a')], () => '')).toEqual(['value', 'abc']);
    const answered = { value: (_: unknown, value: unknown) => `${String(value)}!` };
    expect(await ending([answered, { error: () => later('plan B') }], fails)).toEqual(['value', 'plan B!']);
  });

  it('settles once, with the promise that it gave at first', async () => {
    const promise = run([{ error: inTurn(() => later(AGAIN), () => later(AGAIN), () => PASS) }], fails) as Promise<unknown>;
    expect(promise).toBeInstanceOf(Promise);
    expect(await outcomeOf(promise)).toEqual(['error', boom]);
  });

  it('answers a refusal of a later round unseen', async () => {
    let made = 0;
    const admit = inTurn(() => undefined, () => () => ((made += 1), boom)) as NonNullable<Stage['admit']>;
    const again: Stage = { value: () => later(AGAIN) };
    expect(await ending([{ unseen: () => 'ready', error: () => PASS }, again, { admit }], () => 1)).toEqual(['value', 'ready']);
    expect(made).toBe(0);
  });
});

describe('a stage that does not simply let a call in', () => {
  const said: string[] = [];
  const through = (entry: Stage['admit'], fn: () => unknown = () => (said.push('fn'), 'value')) => {
    said.length = 0;
    return ending([speaking('outer', said), { admit: entry! }, speaking('inner', said)], fn);
  };

  it('answers it with a value: what is inside hears nothing of it', async () => {
    expect(await through(() => ({ value: 'kept' }))).toEqual(['value', 'kept']);
    expect(said).toEqual(['outer in', 'outer out: kept']);
  });

  it('lets it wait, and then in', async () => {
    const door = deferred<undefined>();
    const ended = through(() => door.promise);
    expect(said).toEqual(['outer in']);
    door.resolve(undefined);
    expect(await ended).toEqual(['value', 'value']);
    expect(said).toEqual(['outer in', 'inner in', 'fn', 'inner out: value', 'outer out: value']);
  });

  it.each([
    { after: 'a refusal', entry: () => later(() => boom), comes: ['error', boom] },
    { after: 'a value', entry: () => later({ value: 7 }), comes: ['value', 7] },
    { after: 'a wait that failed', entry: () => Promise.reject(boom), comes: ['error', boom] },
    { after: 'a wait that led to another', entry: () => later(later(() => other)), comes: ['error', other] },
  ])('lets it wait, and then not in: $after', async ({ entry, comes }) => {
    expect(await through(entry as Stage['admit'])).toEqual(comes);
    expect(said).toEqual(['outer in', `outer out: ${String(comes[1])}`]);
  });

  it('is asked again where its wait says so', async () => {
    const admit = inTurn(() => later(AGAIN), () => later(AGAIN), () => undefined);
    expect(await through(admit as Stage['admit'])).toEqual(['value', 'value']);
    expect(said).toEqual(['outer in', 'inner in', 'fn', 'inner out: value', 'outer out: value']);
  });

  it('hears what it answers then', async () => {
    expect(await through(inTurn(() => later(AGAIN), () => ({ value: 'ready' })) as Stage['admit'])).toEqual(['value', 'ready']);
    expect(said).not.toContain('fn');
    expect(await through(inTurn(() => later(AGAIN), () => () => other) as Stage['admit'])).toEqual(['error', other]);
    expect(said).not.toContain('fn');
  });

  it('brings out what the function fails with, as if nobody had waited', async () => {
    expect(await through(() => later(undefined), fails)).toEqual(['error', boom]);
    expect(await through(() => later(undefined), () => Promise.reject(other))).toEqual(['error', other]);
    expect(said).toEqual(['outer in', 'inner in', 'inner out: Error: other', 'outer out: Error: other']);
  });

  it('R4 asks the door after a wait: the stage that let the call in hears of it where the door has shut', async () => {
    const call = callOf(() => 'value');
    const door = { renew: () => boom };
    call.door = door as never;
    said.length = 0;
    const ended = outcomeOf(link([speaking('outer', said), speaking('line', said, { admit: () => later(undefined) }), speaking('inner', said)])(call) as Promise<unknown>);
    expect(await ended).toEqual(['error', boom]);
    expect(said).toEqual(['outer in', 'line in', 'line out: Error: boom', 'outer out: Error: boom']);
    door.renew = () => undefined as never;
    const other = callOf(() => 'value');
    other.door = door as never;
    expect(await link([{ admit: () => later(undefined) }])(other)).toBe('value');
  });

  it('does so in a later round, too', async () => {
    const admit = inTurn(() => undefined, () => later(undefined)) as NonNullable<Stage['admit']>;
    const value = inTurn(() => AGAIN, () => PASS);
    expect(await ending([{ value }, { admit }], inTurn(() => 1, () => 2))).toEqual(['value', 2]);
  });
});

describe('a stage around all that is inside it', () => {
  it('runs it for forks of the call, as often as it likes, and its outcome goes out through the stages outside', async () => {
    const said: string[] = [];
    const around: Stage['around'] = async (call, inside) => {
      const both = [1, 2].map((number) => inside(forkOf(call, [], number)));
      return (await Promise.all(both)).join();
    };
    let calls = 0;
    const ended = await ending([speaking('outer', said), { around }, speaking('inner', said)], async () => (calls += 1));
    expect(ended).toEqual(['value', '1,2']);
    expect(said).toEqual(['outer in', 'inner in', 'inner in', 'inner out: 1', 'inner out: 2', 'outer out: 1,2']);
  });

  it('may answer at once, throw, and stand inside of another', async () => {
    expect(await ending([{ around: () => 'at once' }], fails)).toEqual(['value', 'at once']);
    expect(await ending([{ around: fails }], () => 1)).toEqual(['error', boom]);
    const twice: Stage = { around: async (call, inside) => [await inside(forkOf(call, [], 1)), await inside(forkOf(call, [], 2))] };
    expect(await ending([twice, {}, twice], inTurn(() => 1, () => 2, () => 3, () => 4))).toEqual(['value', [[1, 2], [3, 4]]]);
  });

  it('R23 takes over what a fork leaves to be done after the round', async () => {
    const said: string[] = [];
    const permit: Stage = {
      value: (call) => (afterRound(call, () => said.push('handed on')), PASS),
    };
    const around: Stage['around'] = async (call, inside) => {
      const fork = forkOf(call, [], 3);
      const value = await inside(fork);
      said.push('the fork is over');
      takeOver(call, fork);
      return value;
    };
    const alone = callOf(() => 'alone');
    await link([{ around }, permit])(alone);
    expect(said.splice(0)).toEqual(['the fork is over', 'handed on']);
    const call = callOf(() => 'value');
    expect(await link([speaking('outer', said), { around }, permit])(call)).toBe('value');
    expect(said).toEqual(['outer in', 'the fork is over', 'outer out: value', 'handed on']);
    expect([call.number, call.started]).toEqual([3, 1]);
  });
});

describe('a stage around all that is inside it, with none outside', () => {
  it.each(['value', 'error'] as const)('R23 does what a fork leaves to be done, when it has come to an end: %s', async (kind) => {
    const said: string[] = [];
    const permit: Stage = {
      value: (call) => (afterRound(call, () => said.push('handed on')), PASS),
      error: (call) => (afterRound(call, () => said.push('handed on')), PASS),
    };
    const around: Stage['around'] = (call, inside) => {
      const fork = forkOf(call, [], 1);
      return Promise.resolve(inside(fork)).finally(() => takeOver(call, fork));
    };
    const call = callOf(async () => {
      if (kind === 'error') throw new Error('down');
      return 'well';
    });
    const out = Promise.resolve(link([{ around }, permit])(call));
    expect([await out.catch((error: Error) => error.message), said]).toEqual([kind === 'value' ? 'well' : 'down', ['handed on']]);
  });
});

describe('afterRound', () => {
  it('R23 waits until all stages have seen the outcome, in each round anew', async () => {
    const said: string[] = [];
    const permit: Stage = { value: (call) => (afterRound(call, () => said.push(`done ${call.number}`)), PASS) };
    const again: Stage = { value: inTurn(() => AGAIN, () => PASS), admit: (call) => (call.next(), undefined) };
    await ending([speaking('outer', said), again, permit], inTurn(() => 1, () => 2));
    expect(said).toEqual(['outer in', 'done 2', 'outer out: 2', 'done 3']);
  });
});

describe('bring', () => {
  const pass: Stage = { value: () => PASS, error: () => PASS };

  /** Brings out what came of a function that was run inside the stages. */
  function bring(stages: readonly Stage[], failed: boolean, result: unknown, pending?: Promise<unknown>): unknown {
    const call = callOf();
    call.at = stages.length;
    return bringOut(trackOf(stages), call, failed, result, pending);
  }

  it('R25 hands the promise on that an error came with, where nothing became of the error', () => {
    const pending = Promise.reject(boom);
    expect(bring([pass, {}], true, boom, pending)).toBe(pending);
    expect(bring([{ error: () => 'plan B' }], true, boom, pending)).toBe('plan B');
    const change = (): never => {
      throw other;
    };
    expect(thrownBy(() => bring([{ error: change }], true, boom, pending))).toBe(other);
    return expect(pending).rejects.toBe(boom);
  });

  it('hands no promise on where there is none, nor for a value', () => {
    expect(thrownBy(() => bring([pass], true, boom))).toBe(boom);
    expect(bring([pass], false, 7, Promise.resolve(7))).toBe(7);
    expect(thrownBy(() => bring([{ value: fails }, pass], false, 7, Promise.resolve(7)))).toBe(boom);
  });
});

describe('a rejection that nobody handles', () => {
  it('R25 D7 is told by the host once, whichever way it came; and not where somebody handles it', { timeout: 60_000 }, async () => {
    const ended = await runProcess(
      `
        import { breaker, deadline, fallback, policy, retry, timeout } from 'breakwater';
        const told = [];
        process.on('unhandledRejection', ({ message }) => told.push(message));
        const guards = {
          none: policy(),
          breaker: breaker({ failureThreshold: 100 }),
          retry: retry({ attempts: 2, delay: 0 }),
          timeout: timeout(60_000),
          all: policy(breaker({ failureThreshold: 100 }), retry({ attempts: 2, delay: 1 }), timeout(60_000), deadline(60_000)),
          fallback: fallback((error) => { throw error; }),
        };
        const { signal } = new AbortController();
        for (const [name, guard] of Object.entries(guards)) {
          const functions = { throws: () => { throw new Error(name + ' throws'); }, rejects: () => Promise.reject(new Error(name + ' rejects')) };
          for (const fn of Object.values(functions)) {
            guard.execute(fn).catch(() => {});
            guard.execute(fn, signal).catch(() => {});
            guard.execute(fn);
            guard.execute(() => fn(), signal);
          }
        }
        setTimeout(() => console.log(told.sort().join()), 50);
      `,
      [],
      50_000,
    );
    const names = ['all', 'breaker', 'fallback', 'none', 'retry', 'timeout'];
    const lines = names.flatMap((name) => ['rejects', 'throws'].flatMap((how) => [`${name} ${how}`, `${name} ${how}`]));
    expect(ended).toEqual({ code: 0, stderr: '', stdout: `${lines.join()}\n` });
  });
});
