import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, deadline, errors, fallback, policy, retry, timeout } from '../src/index.ts';
import type { AnyPolicy, Context } from '../src/index.ts';
import { deferred, hangs, outcomeOf } from './helpers/functions.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';

const boom = new Error('boom');
const guards: [string, () => AnyPolicy][] = [
  ['no layer', () => policy()],
  ['a breaker', () => breaker({ failureThreshold: 100 })],
  ['a deadline', () => deadline(5_000)],
  ['a retry', () => retry({ attempts: 1 })],
  ['a timeout', () => timeout(5_000)],
  ['a fallback', () => fallback('plan B', { handle: errors(CircuitOpenError) })],
  [
    'all of them',
    () =>
      policy(
        breaker(),
        deadline(5_000),
        retry({ attempts: 1 }),
        timeout(5_000),
        fallback(1, { handle: errors(CircuitOpenError) }),
      ),
  ],
];

describe('wrap', () => {
  it('keeps name, number of parameters, `this` and arguments', async () => {
    const counter = {
      base: 10,
      add: retry().wrap(function add(this: { base: number }, a: number, b: number) {
        return [this.base, a, b, arguments.length];
      }),
    };
    expect([counter.add.name, counter.add.length]).toEqual(['add', 2]);
    expect(await counter.add(1, 2)).toEqual([10, 1, 2, 2]);
    expect(await counter.add.call({ base: 20 }, 3, 4)).toEqual([20, 3, 4, 2]);
  });

  it('keeps them under each attempt', async () => {
    const seen: unknown[] = [];
    const wrapped = retry({ attempts: 3, delay: 0 }).wrap(function (this: unknown, ...args: unknown[]) {
      seen.push([this, ...args]);
      throw boom;
    });
    const self = {};
    await outcomeOf(wrapped.call(self as never, 1, undefined));
    expect(seen).toEqual([
      [self, 1, undefined],
      [self, 1, undefined],
      [self, 1, undefined],
    ]);
  });

  it('keeps what is odd about a name', () => {
    const symbol = Symbol('tag');
    const odd = { [symbol]: () => {} }[symbol] as () => void;
    expect(policy().wrap(odd).name).toBe('[tag]');
    expect(policy().wrap((() => () => {})()).name).toBe('');
    const sync = policy().wrapSync(function load(_a: number) {});
    const asked = policy().wrapWithContext(function load(_ctx: Context, _a: number) {});
    expect([sync.name, sync.length, asked.name, asked.length]).toEqual(['load', 1, 'load', 1]);
    expect(policy().wrapWithContext(() => {})).toHaveLength(0);
  });

  it.each([[undefined], [null], ['fn'], [{}], [policy()]])('refuses %s', (value) => {
    expect(() => retry().wrap(value as never)).toThrow(/^wrap expects a function, got /);
    expect(() => retry().wrapWithContext(value as never)).toThrow(TypeError);
    expect(() => policy().wrapSync(value as never)).toThrow(TypeError);
    expect(() => policy().executeSync(value as never)).toThrow(TypeError);
  });

  it.each(['wrap', 'wrapWithContext', 'execute', 'wrapSync', 'executeSync'] as const)(
    'says that the function was called too early: %s',
    async (member) => {
      const guard = policy() as unknown as Record<string, (given: unknown) => unknown>;
      const run = async (): Promise<unknown> => guard[member]!(Promise.resolve(1));
      await expect(run()).rejects.toThrow(
        `${member} expects a function, got an object of Promise: give it the function that makes the promise, uncalled`,
      );
    },
  );

  describe('with a signal', () => {
    it('takes one for every call', async () => {
      const controller = new AbortController();
      const wrapped = retry().wrap(hangs, { signal: controller.signal });
      const calls = [wrapped(), wrapped()].map(outcomeOf);
      controller.abort('all of you');
      expect(await Promise.all([...calls, outcomeOf(wrapped())])).toEqual(Array(3).fill(['error', 'all of you']));
    });

    it("finds the call's own among its arguments", async () => {
      const controller = new AbortController();
      const wrapped = retry().wrap((_id: number, _options?: { signal: AbortSignal }) => hangs(), {
        signal: (_id, options) => options?.signal,
      });
      const [mine, other] = [outcomeOf(wrapped(1, { signal: controller.signal })), outcomeOf(wrapped(2))];
      controller.abort('mine alone');
      expect(await mine).toEqual(['error', 'mine alone']);
      expect(await Promise.race([other, flush().then(() => 'pending')])).toBe('pending');
    });

    it('finds it for functions with a context, too: the arguments are those of the call', async () => {
      const controller = new AbortController();
      const wrapped = retry().wrapWithContext((_ctx, _signal: AbortSignal) => hangs(), { signal: (signal) => signal });
      const call = outcomeOf(wrapped(controller.signal));
      controller.abort('mine');
      expect(await call).toEqual(['error', 'mine']);
    });

    it('refuses what is none, at once or when it is found', async () => {
      expect(() => retry().wrap(hangs, { signal: new AbortController() as never })).toThrow(
        'wrap: signal must be an AbortSignal, got an object of AbortController',
      );
      expect(() => retry().wrap(hangs, { signals: [] } as never)).toThrow(
        'wrap has no option "signals"; it has signal',
      );
      const wrapped = retry().wrap(hangs, { signal: () => 7 as never });
      expect((await outcomeOf(wrapped()))[1]).toMatchObject({
        name: 'TypeError',
        message: 'wrap: what signal(...) finds must be an AbortSignal, got 7',
      });
      expect((await outcomeOf(retry().execute(hangs, 'stop' as never)))[1]).toMatchObject({
        message: 'execute: signal must be an AbortSignal, got "stop"',
      });
    });

    it('D1 rejects where finding it throws', async () => {
      const wrapped = retry().wrap(hangs, {
        signal: () => {
          throw boom;
        },
      });
      expect(await outcomeOf(wrapped())).toEqual(['error', boom]);
    });
  });
});

describe('wrapWithContext', () => {
  it('gives the context first, then the arguments', async () => {
    const load = retry({ attempts: 3, delay: 0 }).wrapWithContext(({ attempt, signal }, id: string) => {
      if (attempt < 3) throw boom;
      return [id, attempt, signal.aborted];
    });
    expect(await load('a')).toEqual(['a', 3, false]);
  });

  it('R22 gives a context that can be spread', async () => {
    const spread = await timeout(50).wrapWithContext((ctx) => ({ ...ctx }))();
    expect(Object.keys(spread)).toEqual(['signal', 'attempt']);
    expect(spread.signal).toBeInstanceOf(AbortSignal);
  });
});

describe.each(guards)('R24 the colour of a policy with %s', (_, make) => {
  it('R24 D1 always answers with a promise, and never throws synchronously', async () => {
    const fns: [() => unknown, 'value' | 'error', unknown][] = [
      [() => 7, 'value', 7],
      [() => Promise.resolve(7), 'value', 7],
      [
        () => {
          throw boom;
        },
        'error',
        boom,
      ],
      [() => Promise.reject(boom), 'error', boom],
    ];
    for (const [fn, kind, result] of fns) {
      const guard = make();
      for (const out of [guard.execute(fn), guard.wrap(fn)(), guard.wrapWithContext(fn)()]) {
        expect(out).toBeInstanceOf(Promise);
        expect(await outcomeOf(out)).toEqual([kind, result]);
      }
    }
  });

  it('R24 rejects where execute is given no function', async () => {
    const out = make().execute(undefined as never);
    expect((await outcomeOf(out))[1]).toMatchObject({
      name: 'TypeError',
      message: 'execute expects a function, got undefined',
    });
  });

  it('D3 takes any value as a success', async () => {
    const guard = make();
    for (const value of [
      undefined,
      null,
      false,
      0,
      NaN,
      '',
      7n,
      Symbol.iterator,
      {},
      [],
      () => {},
      new Error('as a value'),
    ]) {
      expect(await outcomeOf(guard.execute(() => value))).toEqual(['value', value]);
      expect(await outcomeOf(guard.execute(async () => value))).toEqual(['value', value]);
    }
    expect(guard.circuit?.failures ?? 0).toBe(0);
  });

  it('D4 B14 passes whatever is thrown by identity', async () => {
    for (const thrown of [
      undefined,
      null,
      0,
      false,
      '',
      'text',
      NaN,
      7n,
      Symbol.iterator,
      {},
      Object.freeze(new Error('frozen')),
      () => {},
      [],
      Object.create(null),
    ] as unknown[]) {
      for (const fn of [
        () => Promise.reject(thrown),
        () => {
          throw thrown;
        },
      ]) {
        const [kind, error] = await outcomeOf(make().execute(fn));
        expect(kind).toBe('error');
        expect(Object.is(error, thrown)).toBe(true);
      }
    }
  });
});

describe('execute', () => {
  it('R24 does not throw an open circuit out of a map over many calls', async () => {
    const circuit = breaker();
    circuit.open();
    const guarded = circuit.wrap(async (id: number) => id);
    const calls = [1, 2, 3].map((id) => guarded(id));
    for (const call of calls) expect((await outcomeOf(call))[1]).toBeInstanceOf(CircuitOpenError);
  });

  it('is bound to nothing: it can be passed on', async () => {
    const guard = retry({ attempts: 2, delay: 0 });
    const execute = guard.execute.bind(guard);
    expect(await execute(({ attempt }) => attempt)).toBe(1);
  });
});

describe('a retry', () => {
  it('B13 rethrows the last error itself, and changes nothing about it', async () => {
    const frozen = [1, 2, 3].map((n) => Object.freeze(new Error(`failure ${n}`)));
    const errorsLeft = [...frozen];
    const call = retry({ attempts: 3, delay: 0 }).execute(() => Promise.reject(errorsLeft.shift()));
    expect((await outcomeOf(call))[1]).toBe(frozen[2]);
    const plain = new Error('plain');
    const keys = Reflect.ownKeys(plain);
    await outcomeOf(
      policy(breaker(), retry({ attempts: 2, delay: 0 }), timeout(500)).execute(() => Promise.reject(plain)),
    );
    expect(Reflect.ownKeys(plain)).toEqual(keys);
  });

  it.each([[undefined], [null], [0], ['text'], [false]])(
    'B14 repeats what rejects with %s, and rejects with it',
    async (thrown) => {
      let calls = 0;
      const call = retry({ attempts: 3, delay: 0 }).execute(() => ((calls += 1), Promise.reject(thrown)));
      expect(await outcomeOf(call)).toEqual(['error', thrown]);
      expect(calls).toBe(3);
    },
  );
});

describe('a delay function', () => {
  it('B15 that throws, rejects, or answers with junk ends the call with its own error, and is reported', async () => {
    const broken = new Error('broken delay');
    for (const delay of [
      () => {
        throw broken;
      },
      () => Promise.reject(broken),
      () => NaN,
      () => 'soon',
      () => -1,
    ] as (() => number)[]) {
      const reported: unknown[] = [];
      const circuit = breaker({ failureThreshold: 5 });
      const guard = policy(circuit, retry({ attempts: 3, delay }), {
        onListenerError: (error) => reported.push(error),
      });
      expect(await outcomeOf(guard.execute(() => Promise.reject(boom)))).toEqual(['error', boom]);
      expect(reported).toHaveLength(1);
      expect(reported[0]).toBeInstanceOf(Error);
      expect(circuit.failures).toBe(1);
    }
  });
});

describe('late answers', () => {
  it('D2 a value whose `then` cannot be read is one failure, and gives a probe back', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 10, clock });
    const hostile = {
      get then(): never {
        throw boom;
      },
    };
    for (const guard of [circuit, policy(circuit, retry({ attempts: 1 }), timeout(5))]) {
      circuit.open();
      await clock.advance(10);
      expect(await outcomeOf(guard.execute(() => hostile))).toEqual(['error', boom]);
      expect(circuit.state).toBe('open');
      await clock.advance(10);
      expect(await guard.execute(() => 7)).toBe(7);
      expect([circuit.state, clock.armed]).toEqual(['closed', 0]);
    }
  });

  it('R25 D2 a thenable is read once, however many layers it passes', async () => {
    const pending = deferred<string>();
    let reads = 0;
    const thenable = {
      get then() {
        reads += 1;
        return pending.promise.then.bind(pending.promise);
      },
    };
    const guard = policy(breaker(), deadline(5_000), retry(), timeout(5_000), fallback('plan B'));
    const call = guard.execute(() => thenable);
    pending.resolve('value');
    expect(await call).toBe('value');
    expect(reads).toBe(1);
  });
});
