import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, deadline, errors, fallback, policy, retry, timeout } from '../src/index.ts';
import type { AnyPolicy, Context, PolicyEvent } from '../src/index.ts';
import { isPolicy } from '../src/policy.ts';
import { deferred, hangs, outcomeOf, thrownBy } from './helpers/functions.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';

const boom = new Error('boom');
const guards: [string, () => AnyPolicy][] = [
  ['no layer', () => policy()],
  ['a breaker', () => breaker({ failureThreshold: 100 })],
  ['a deadline', () => deadline(5_000)],
  ['a retry', () => retry({ attempts: 1 })],
  ['a timeout', () => timeout(5_000)],
  ['a fallback', () => fallback('plan B', { handle: errors(CircuitOpenError) })],
  ['all of them', () => policy(breaker(), deadline(5_000), retry({ attempts: 1 }), timeout(5_000), fallback(1, { handle: errors(CircuitOpenError) }))],
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
    expect(seen).toEqual([[self, 1, undefined], [self, 1, undefined], [self, 1, undefined]]);
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
    expect(() => retry().wrap(value as never)).toThrow(/^the function to run must be a function, got /);
    expect(() => retry().wrapWithContext(value as never)).toThrow(TypeError);
    expect(() => policy().wrapSync(value as never)).toThrow(TypeError);
    expect(() => policy().executeSync(value as never)).toThrow(TypeError);
  });

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
      const [mine, other] = [outcomeOf(wrapped(1, { signal: controller.signal })), outcomeOf(wrapped(2, undefined))];
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
      expect(() => retry().wrap(hangs, { signal: new AbortController() as never })).toThrow('wrap: signal must be an AbortSignal, got an object of AbortController');
      expect(() => retry().wrap(hangs, { signals: [] } as never)).toThrow('wrap has no option "signals"; it has signal');
      const wrapped = retry().wrap(hangs, { signal: () => 7 as never });
      expect((await outcomeOf(wrapped()))[1]).toMatchObject({ name: 'TypeError', message: 'wrap: what signal(...) finds must be an AbortSignal, got 7' });
      expect((await outcomeOf(retry().execute(hangs, 'stop' as never)))[1]).toMatchObject({ message: 'execute: signal must be an AbortSignal, got "stop"' });
    });

    it('D1 rejects where finding it throws', async () => {
      const wrapped = retry().wrap(hangs, { signal: () => { throw boom; } });
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
      [() => { throw boom; }, 'error', boom],
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
    expect((await outcomeOf(out))[1]).toMatchObject({ name: 'TypeError', message: 'the function to run must be a function, got undefined' });
  });

  it('D3 takes any value as a success', async () => {
    const guard = make();
    for (const value of [undefined, null, false, 0, NaN, '', 7n, Symbol.iterator, {}, [], () => {}, new Error('as a value')]) {
      expect(await outcomeOf(guard.execute(() => value))).toEqual(['value', value]);
      expect(await outcomeOf(guard.execute(async () => value))).toEqual(['value', value]);
    }
    expect(guard.circuit?.failures ?? 0).toBe(0);
  });

  it('D4 B14 passes whatever is thrown by identity', async () => {
    for (const thrown of [undefined, null, 0, false, '', 'text', NaN, 7n, Symbol.iterator, {}, Object.freeze(new Error('frozen')), () => {}, [], Object.create(null)] as unknown[]) {
      for (const fn of [() => Promise.reject(thrown), () => { throw thrown; }]) {
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

describe('wrapSync and executeSync', () => {
  const sync = policy(breaker({ failureThreshold: 2 }), retry({ attempts: 2, delay: 0 }), fallback('plan B'));

  it('R24 answer directly, with `this` and arguments', () => {
    const read = sync.wrapSync(function read(this: { base: number }, n: number) {
      return this.base + n;
    });
    expect([read.name, read.length, read.call({ base: 1 }, 2)]).toEqual(['read', 1, 3]);
    expect(sync.executeSync(({ attempt, signal }) => [attempt, signal.aborted])).toEqual([1, false]);
  });

  it('R24 throw directly, by identity', () => {
    const guard = policy(breaker(), retry({ attempts: 2, delay: 0 }));
    for (const thrown of [boom, undefined, null, 0]) expect(thrownBy(() => guard.executeSync(() => { throw thrown; }))).toBe(thrown);
  });

  it('R24 the colour of a policy is that of its slowest layer', () => {
    expect([policy(), sync, policy(sync, timeout(5)), retry(), retry({ delay: 0 })].map((guard) => (guard as AnyPolicy)['~mode'])).toEqual([
      'sync',
      'sync',
      'async',
      'async',
      'sync',
    ]);
  });

  it('R24 are on the same circuit as their promising twins', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    expect(thrownBy(() => circuit.executeSync(() => { throw boom; }))).toBe(boom);
    await outcomeOf(circuit.execute(() => { throw boom; }));
    expect(thrownBy(() => circuit.executeSync(() => 1))).toBeInstanceOf(CircuitOpenError);
    expect(thrownBy(() => circuit.wrapSync(() => 1)())).toBeInstanceOf(CircuitOpenError);
  });

  it.each([
    ['a timeout', timeout(30_000), 'timeout 30 s'],
    ['a deadline', deadline(90_000), 'deadline 90 s'],
    ['a retry that waits', retry({ delay: 5 }), 'retry ×3'],
  ])('R24 refuse a policy with %s, and say why', (_, slow, label) => {
    const guard = policy(breaker(), slow) as unknown as typeof sync;
    expect(() => guard.wrapSync(() => 1)).toThrow(new TypeError(`wrapSync: ${label} needs time, so the policy cannot answer at once; use wrap or execute`));
    expect(() => guard.executeSync(() => 1)).toThrow(new TypeError(`executeSync: ${label} needs time, so the policy cannot answer at once; use wrap or execute`));
  });

  it.each([
    ['a promise', () => Promise.reject(boom)],
    ['a promise that resolves', () => Promise.resolve(1)],
    ['a thenable', () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(boom) })],
    ['a hostile thenable', () => ({ then: () => { throw boom; } })],
  ])('R24 refuse a function that answers with %s, which says nothing to the breaker', async (_, fn) => {
    const circuit = breaker({ failureThreshold: 1 });
    let calls = 0;
    const guard = policy(circuit, retry({ attempts: 3, delay: 0 }), fallback('plan B'));
    const error = thrownBy(() => guard.executeSync((() => ((calls += 1), fn())) as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toBe('TypeError: wrapSync and executeSync take a function that does not return a promise: use wrap or execute');
    expect(thrownBy(() => circuit.wrapSync(fn as never)())).toBeInstanceOf(TypeError);
    await flush();
    expect([calls, circuit.state, circuit.stats()]).toMatchObject([1, 'closed', { ignored: 2, failed: 0, succeeded: 0 }]);
  });

  it('R24 refuse a fallback that answers with a promise', async () => {
    const guard = fallback(() => Promise.reject(boom)) as unknown as typeof sync;
    const error = thrownBy(() => guard.executeSync(() => { throw boom; })) as Error;
    expect([error.name, error.cause]).toEqual(['TypeError', boom]);
    await flush();
  });

  it('B13 B14 repeat falsy errors, too', () => {
    let calls = 0;
    expect(thrownBy(() => retry({ attempts: 4, delay: 0 }).executeSync(() => { calls += 1; throw undefined; }))).toBeUndefined();
    expect(calls).toBe(4);
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
    await outcomeOf(policy(breaker(), retry({ attempts: 2, delay: 0 }), timeout(500)).execute(() => Promise.reject(plain)));
    expect(Reflect.ownKeys(plain)).toEqual(keys);
  });

  it.each([[undefined], [null], [0], ['text'], [false]])('B14 repeats what rejects with %s, and rejects with it', async (thrown) => {
    let calls = 0;
    const call = retry({ attempts: 3, delay: 0 }).execute(() => ((calls += 1), Promise.reject(thrown)));
    expect(await outcomeOf(call)).toEqual(['error', thrown]);
    expect(calls).toBe(3);
  });
});

describe('policy', () => {
  it('R27 takes a policy of another copy of the package, by its structure', async () => {
    const foreign = { '~layers': (fallback('plan B') as unknown as Record<'~layers', unknown>)['~layers'] };
    const guard = policy(retry({ attempts: 2, delay: 0 }), foreign as never);
    expect(String(guard)).toBe('retry ×2 ▸ fn, else fallback');
    expect(await guard.execute(() => Promise.reject(boom))).toBe('plan B');
  });

  it('F1 is the identity without parts, and flattens policies of several layers', async () => {
    expect(await policy().execute(() => 7)).toBe(7);
    const inner = policy(timeout(5), policy(retry()));
    expect(String(policy(fallback(1), inner, policy(policy(breaker()))))).toBe('breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 5 ms ▸ fn, else fallback');
  });

  it('R27 takes the very same part given twice, also inside others, as one', () => {
    const [circuit, limit] = [breaker(), timeout(5)];
    expect(String(policy(circuit, policy(circuit, limit) as never, limit as never))).toBe('breaker(5 in a row, 60 s) ▸ timeout 5 ms ▸ fn');
    expect(() => policy(breaker(), breaker() as never)).toThrow(/^a policy can have only one breaker/);
  });

  it('R27 linking and wrapping make no circuit: state is that of the object', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    const [a, b] = [policy(circuit, retry({ attempts: 1 })).wrap(() => Promise.reject(boom)), policy(circuit, timeout(500))];
    await outcomeOf(a());
    await outcomeOf(b.execute(() => Promise.reject(boom)));
    expect([circuit.state, b.circuit === circuit]).toEqual(['open', true]);
    expect((await outcomeOf(a()))[1]).toBeInstanceOf(CircuitOpenError);
    expect(policy(retry()).circuit).toBeUndefined();
  });

  it('R29 runs on the clock that any part names', async () => {
    const clock = new VirtualClock();
    for (const guard of [policy(retry({ delay: 100, attempts: 2, clock }), timeout(50)), policy(retry({ delay: 100, attempts: 2 }), timeout(50), { clock })]) {
      const call = outcomeOf(guard.execute(hangs));
      const begun = clock.time;
      await clock.drain();
      expect([(await call)[0], clock.time - begun]).toEqual(['error', 200]);
    }
  });

  it('R29 refuses parts with different clocks, and a shared breaker on two', () => {
    const [a, b] = [new VirtualClock(), new VirtualClock()];
    expect(() => policy(retry({ clock: a }), timeout({ after: 5, clock: b }))).toThrow(/^a policy has one clock/);
    expect(() => policy(policy(retry(), { clock: a }), timeout(5), { clock: b })).toThrow(/^a policy has one clock/);
    expect(() => policy(policy(retry(), { clock: a }), policy(timeout(5), { clock: b }))).toThrow(/^a policy has one clock/);
  });

  it('R31 an open period ends with the wall clock where the machine slept, and a wall clock that goes back does not prolong it', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 60_000, clock });
    circuit.open();
    clock.wallStart -= 3_600_000;
    await clock.to(30_000);
    expect(circuit.retryAfterMs).toBe(30_000);
    clock.wallStart += 3_600_000 + 30_000;
    expect(circuit.isOpen()).toBe(false);
    expect(await circuit.execute(() => 'probe')).toBe('probe');
    expect(circuit.state).toBe('closed');
  });
});

describe('isPolicy', () => {
  it.each([[retry(), true], [policy(), true], [{ '~layers': [] }, true], [{}, false], [null, false], [undefined, false], [retry, false], [{ '~layers': 7 }, false]])(
    '%# knows a policy',
    (value, is) => {
      expect(isPolicy(value)).toBe(is);
    },
  );
});

describe('nesting', () => {
  it('R26 hands the signal of the attempt inward: outer.wrap(inner.wrap(fn)) cancels the function', async () => {
    const clock = new VirtualClock();
    const seen: AbortSignal[] = [];
    const inner = retry({ attempts: 3, clock }).wrapWithContext(({ signal }) => (seen.push(signal), hangs()));
    const call = outcomeOf(timeout({ after: 50, clock }).wrap(inner)());
    await clock.to(50);
    const [, error] = await call;
    expect(error).toMatchObject({ name: 'TimeoutError', after: 50 });
    expect(seen.map(({ aborted, reason }) => [aborted, reason === error])).toEqual([[true, true]]);
    expect(clock.armed).toBe(0);
  });

  it('R26 nested deadlines take the smaller', async () => {
    for (const [outer, inner] of [[100, 5_000], [5_000, 100]] as const) {
      const clock = new VirtualClock();
      const call = outcomeOf(deadline(outer, { clock }).wrap(deadline(inner, { clock }).wrap(hangs))());
      await clock.drain();
      expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError' });
      expect(clock.time).toBe(100);
    }
  });

  it('R26 an inner deadline sees what is left of the outer one: no wait that cannot fit', async () => {
    const clock = new VirtualClock();
    const call = outcomeOf(deadline(100, { clock }).wrap(retry({ delay: 200, clock }).wrap(() => Promise.reject(boom)))());
    expect((await call)[1]).toMatchObject({ name: 'DeadlineExceededError', cause: boom });
    expect(clock.time).toBe(0);
  });

  it.each(['async', 'sync'] as const)('R26 passes an inner occurrence of the same breaker unguarded: one call, one record, also for a probe (%s)', async (colour) => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 1, clock });
    const run = async (fn: () => number): Promise<unknown> =>
      colour === 'async' ? circuit.wrap(circuit.wrap(fn))() : circuit.wrapSync(circuit.wrapSync(fn))();
    expect(await run(() => 7)).toBe(7);
    expect(circuit.stats()).toMatchObject({ admitted: 1, succeeded: 1 });
    circuit.open();
    await clock.advance(1);
    expect(await run(() => 8)).toBe(8);
    expect([circuit.state, circuit.stats().admitted]).toEqual(['closed', 2]);
  });

  it('R26 passes it also where a synchronous function is called by a promising policy', async () => {
    const circuit = breaker();
    expect(await policy(circuit, timeout(5_000)).wrap(circuit.wrapSync((n: number) => n + 1))(1)).toBe(2);
    expect(circuit.stats()).toMatchObject({ admitted: 1, succeeded: 1 });
  });

  it('R24 refuses a promising function under a synchronous policy', async () => {
    const circuit = breaker();
    const error = thrownBy(() => circuit.wrapSync(retry().wrap(() => 1) as never)());
    expect(error).toBeInstanceOf(TypeError);
    await flush();
  });

  it('R26 keeps `this` and arguments through both', async () => {
    const both = retry().wrap(timeout(500).wrap(function (this: { base: number }, n: number) {
      return this.base + n;
    }));
    expect(await both.call({ base: 1 }, 2)).toBe(3);
  });
});

describe('events of a policy', () => {
  it('onSuccess and onFailure speak of the guarded outcome', async () => {
    const clock = new VirtualClock();
    const guard = policy(retry({ attempts: 2, delay: 30, handle: Error }), fallback('plan B'), { clock });
    const heard: unknown[] = [];
    guard.onSuccess((event) => heard.push(['success', event]));
    guard.onFailure((event) => heard.push(['failure', event]));
    await guard.execute(() => 7);
    const call = guard.execute(() => Promise.reject(boom));
    await clock.drain();
    expect(await call).toBe('plan B');
    await outcomeOf(guard.execute(() => Promise.reject('ignored')));
    expect(heard).toEqual([
      ['success', { duration: 0 }],
      ['failure', { duration: 30, handled: true, reason: { error: boom } }],
      ['failure', { duration: 0, handled: false, reason: { error: 'ignored' } }],
    ]);
  });

  it('onFailure tells of a bad value', async () => {
    const guard = retry({ attempts: 1, delay: 0, handle: errors(Error) });
    const bad = policy(retry({ attempts: 1, delay: 0, handle: [{ options: { errorFilter: () => true, resultFilter: (n: unknown) => n === 503 } }] }));
    const heard: unknown[] = [];
    for (const one of [guard, bad]) one.onFailure(({ handled, reason }) => heard.push([handled, reason]));
    await guard.execute(() => 503);
    await bad.execute(() => 503);
    expect(heard).toEqual([[true, { value: 503 }]]);
  });

  it('R30 come in their order: attempt failed, state changed, then rejected, then fell back', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, counts: 'attempts' });
    const guard = policy(circuit, retry({ attempts: 3, delay: 10 }), fallback('plan B'), { clock });
    const heard: string[] = [];
    guard.onEvent((event: PolicyEvent) => heard.push(event.type === 'state-changed' ? `${event.from} → ${event.to}` : event.type));
    expect(await guard.execute(() => Promise.reject(boom))).toBe('plan B');
    expect(heard).toEqual(['attempt-failed', 'closed → open', 'rejected', 'fell-back']);
  });

  it('R30 F5 tell of an opening when the fate of every sleeper is settled', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 100 });
    const guard = policy(circuit, retry({ attempts: 3, delay: 1_000 }), { clock });
    const calls = Array.from({ length: 5 }, () => outcomeOf(guard.execute(() => Promise.reject(boom))));
    await clock.to(500);
    const seen: unknown[] = [];
    circuit.onStateChange(({ to }) => seen.push([to, circuit.state, clock.armed, circuit.stats().rejected]));
    expect(clock.armed).toBe(5);
    circuit.open();
    expect(seen).toEqual([['open', 'open', 0, 5]]);
    for (const call of calls) expect((await call)[1]).toMatchObject({ name: 'CircuitOpenError', cause: boom });
  });

  it('R30 D6 queue what is raised inside a listener behind what it hears', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    const heard: string[] = [];
    circuit.onStateChange(({ from, to }) => {
      heard.push(`first ${from} → ${to}`);
      if (to === 'open') circuit.reset();
    });
    circuit.onStateChange(({ from, to }) => heard.push(`second ${from} → ${to}`));
    await outcomeOf(circuit.execute(() => Promise.reject(boom)));
    expect(heard).toEqual(['first closed → open', 'second closed → open', 'first open → closed', 'second open → closed']);
  });

  it('R30 every policy of a shared breaker sees its transitions once, and only while it is listened to', () => {
    const circuit = breaker();
    const heard: string[] = [];
    const both = [policy(circuit, retry()), policy(circuit, timeout(5))].map((guard, i) => guard.onEvent(({ type }) => heard.push(`${i} ${type}`)));
    circuit.open();
    both[0]?.dispose();
    circuit.reset();
    expect(heard).toEqual(['0 state-changed', '1 state-changed', '1 state-changed']);
  });

  it('D12 a subscription and an isolation end once', () => {
    const circuit = breaker();
    const heard: string[] = [];
    const one = circuit.onStateChange(({ to }) => heard.push(to));
    const [first, second] = [circuit.isolate(), circuit.isolate()];
    first.dispose();
    first.dispose();
    first[Symbol.dispose]();
    expect(circuit.state).toBe('isolated');
    second[Symbol.dispose]();
    expect(circuit.state).toBe('closed');
    one.dispose();
    one.dispose();
    circuit.open();
    expect(heard).toEqual(['isolated', 'closed']);
  });
});

describe('callbacks that throw', () => {
  it('D5 B15 change neither result nor state, and are reported', async () => {
    const reported: unknown[] = [];
    const shout = (): never => { throw boom; };
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 0.001, onOpen: shout, onHalfOpen: shout, onClose: shout, onListenerError: (error) => reported.push(error) });
    const guard = policy(circuit, retry({ attempts: 2, delay: 0 }), timeout(500), fallback('plan B'));
    guard.onEvent(shout);
    guard.onSuccess(shout);
    guard.onFailure(shout);
    circuit.onStateChange(shout);
    expect(await guard.execute(() => 7)).toBe(7);
    expect(await guard.execute(() => Promise.reject(new Error('down')))).toBe('plan B');
    expect(circuit.state).toBe('open');
    circuit.reset();
    expect(circuit.state).toBe('closed');
    expect(reported.length).toBeGreaterThan(8);
    expect(reported.every((error) => error === boom)).toBe(true);
  });

  it('D6 may call back into the policy and its circuit', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 1_000, clock });
    const transitions: string[] = [];
    const inner: Promise<unknown>[] = [];
    circuit.onStateChange(({ to }) => {
      if (to === 'open') inner.push(outcomeOf(circuit.execute(() => 'inside')));
      if (to === 'open' && transitions.length === 0) circuit.isolate().dispose();
    });
    circuit.onStateChange(({ from, to }) => transitions.push(`${from} → ${to}`));
    await outcomeOf(circuit.execute(() => Promise.reject(boom)));
    expect(transitions).toEqual(['closed → open', 'open → isolated', 'isolated → closed']);
    expect(await inner[0]).toMatchObject(['error', { name: 'CircuitOpenError' }]);
    expect(await circuit.execute(() => 7)).toBe(7);
  });

  it('D6 also a handle and a delay function may', async () => {
    const circuit = breaker({ failureThreshold: 5 });
    const guard = policy(circuit, retry({ attempts: 3, delay: () => (circuit.open(), 1_000_000), handle: () => (circuit.reset(), true) }));
    const [, error] = await outcomeOf(guard.execute(() => Promise.reject(boom)));
    expect(error).toMatchObject({ name: 'CircuitOpenError', cause: boom });
  });
});

describe('a delay function', () => {
  it('B15 that throws, rejects, or answers with junk ends the call with its own error, and is reported', async () => {
    const broken = new Error('broken delay');
    for (const delay of [() => { throw broken; }, () => Promise.reject(broken), () => NaN, () => 'soon', () => -1] as (() => number)[]) {
      const reported: unknown[] = [];
      const circuit = breaker({ failureThreshold: 5 });
      const guard = policy(circuit, retry({ attempts: 3, delay }), { onListenerError: (error) => reported.push(error) });
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
