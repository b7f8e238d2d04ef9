/** What composing promises: one order, one record a call, one circuit, and nothing that depends on the spelling. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  deadline,
  fallback,
  Policy,
  policy,
  rateLimit,
  results,
  retry,
  timeout,
  TimeoutError,
  tokenBucket,
  type AnyPolicy,
  type PolicyEvent,
} from '../src/index.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';

const down = (): never => {
  throw new Error('down');
};

describe('policy', () => {
  it('F1 is the identity without parts', async () => {
    for (const empty of [policy(), Policy, policy({}), policy(policy(), Policy), Policy.with()]) {
      expect([String(empty), empty.describe(), empty.circuit]).toEqual(['fn', [], undefined]);
      expect(await empty.execute(() => 1)).toBe(1);
      expect(empty.executeSync(() => 2)).toBe(2);
      const error = new Error('its own');
      await expect(empty.execute(() => Promise.reject(error))).rejects.toBe(error);
    }
    const one = retry({ attempts: 7 });
    for (const same of [policy(one), policy(policy(), one), policy(one, policy()), Policy.with(one)]) {
      expect(same.describe()).toEqual(one.describe());
    }
  });

  it('F1 flattens policies of several layers, however deep', () => {
    const [b, d, r, t, f] = [breaker(), deadline(90_000), retry(), timeout(30_000), fallback(null)] as const;
    const text = 'breaker(5 in a row, 60 s) ▸ deadline 90 s ▸ retry ×3 ▸ timeout 30 s ▸ fn, else fallback';
    for (const one of [
      policy(f, t, r, d, b),
      policy(policy(policy(f, t), r), policy(d, b)),
      policy(policy(policy(policy(f))), t, policy(r, policy(b)), d),
      Policy.with(policy(t, f)).with(b).with(d, r),
      policy(Policy.timeout(30_000).retry(), Policy.with(d, b), f),
    ]) {
      expect(String(one)).toBe(text);
      expect(one.circuit).toBe(b);
    }
  });

  it('R27 takes the very same part twice as one part', async () => {
    const circuit = breaker({ failureThreshold: 1 });
    const inner = policy(circuit, retry({ attempts: 2, delay: 0 }));
    const parts: readonly AnyPolicy[] = [inner, circuit, inner, policy(inner)];
    const guard = policy(...parts);
    expect(String(guard)).toBe('breaker(1 in a row, 60 s) ▸ retry ×2 ▸ fn');
    let calls = 0;
    await guard
      .execute(() => {
        calls += 1;
        return down();
      })
      .catch(() => {});
    expect([calls, circuit.failures, circuit.state]).toEqual([2, 1, 'open']);
  });

  it('R27 refuses two different parts of one kind, and shows both and the way to nest them', () => {
    const factories = {
      breaker: () => breaker(),
      deadline: () => deadline(1_000),
      retry: () => retry(),
      rateLimit: () => rateLimit({ limit: tokenBucket({ limit: 1, per: 1 }) }),
      timeout: () => timeout(1_000),
      fallback: () => fallback(null),
    };
    for (const [kind, make] of Object.entries(factories)) {
      const twice: readonly AnyPolicy[] = [make(), make()];
      const message = new RegExp(`^a policy can have only one ${kind}, got .+ and .+; to nest them, wrap twice: outer\\.wrap\\(inner\\.wrap\\(fn\\)\\)$`);
      expect(() => policy(...twice)).toThrow(TypeError);
      expect(() => policy(...twice)).toThrow(message);
      expect(() => policy(policy(...twice.slice(0, 1)), policy(...twice.slice(1)))).toThrow(message);
      expect(() => (Policy.with as (...list: readonly AnyPolicy[]) => unknown)(...twice)).toThrow(message);
    }
    expect(() => policy(...([retry({ attempts: 2 }), retry({ attempts: 4 })] as readonly AnyPolicy[]))).toThrow('got retry ×2 and retry ×4;');
  });

  it('R27 a part in several policies has one state; the policies differ in the rest', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    const [first, second] = [policy(circuit, fallback('first')), Policy.with(circuit).retry({ attempts: 2, delay: 0 })];
    expect(await first.execute(down)).toBe('first');
    await expect(second.execute(down)).rejects.toThrow('down');
    expect(circuit.state).toBe('open');
    expect([first.circuit, second.circuit]).toEqual([circuit, circuit]);
    expect(await first.execute(() => 'not called')).toBe('first');
    await expect(second.execute(() => 'not called')).rejects.toBeInstanceOf(CircuitOpenError);
  });

  it('makes no step of a chain a change of the one before', () => {
    const base = Policy.retry({ attempts: 2 });
    const [one, other] = [base.timeout(1_000), base.timeout(2_000).fallback(null)];
    expect([base, one, other].map(String)).toEqual([
      'retry ×2 ▸ fn',
      'retry ×2 ▸ timeout 1 s ▸ fn',
      'retry ×2 ▸ timeout 2 s ▸ fn, else fallback',
    ]);
  });
});

describe('the options of a policy', () => {
  it('F1 R29 go along when it is composed further: the clock, and where errors of listeners are reported', async () => {
    const clock = new VirtualClock();
    const reported: unknown[] = [];
    const options = { clock, onListenerError: (error: unknown): void => void reported.push(error) };
    const [r, t] = [retry({ attempts: 2, delay: 100 }), timeout(50)];
    for (const guard of [
      policy(r, t, options),
      policy(policy(r, options), t),
      policy(policy(t), policy(policy(options), r)),
      Policy.with(policy(options)).with(r, t),
      Policy.with(policy(r, options)).timeout(50),
      policy(policy(r, options), policy(t, options), options),
    ]) {
      guard.onEvent(() => {
        throw new Error('a listener that throws');
      });
      const settled = guard.execute(() => new Promise(() => {})).catch((error: unknown) => error);
      const begun = clock.time;
      await clock.drain();
      expect(await settled).toBeInstanceOf(TimeoutError);
      expect(clock.time).toBe(begun + 200);
      // Two time-outs, two failed attempts, one retry.
      expect(reported.splice(0)).toHaveLength(5);
    }
    expect(() => policy(policy(r, { clock }), policy(t, { clock: new VirtualClock() }))).toThrow('a policy has one clock');
    expect(() => policy(policy(r, { clock }), t, { clock: new VirtualClock() })).toThrow(TypeError);
  });

  it('R29 of two that report, the outer one is told', () => {
    const told: string[] = [];
    const to = (name: string) => ({ onListenerError: () => void told.push(name) });
    const guard = policy(policy(fallback(null), to('inner')), to('outer'));
    guard.onEvent(() => {
      throw new Error('a listener that throws');
    });
    guard.executeSync(down);
    expect(new Set(told)).toEqual(new Set(['outer']));
  });
});

describe('the chain', () => {
  it('F2 is the function form', () => {
    const chain = Policy.breaker({ failureThreshold: 2 }).retry({ attempts: 4 }).timeout(30_000).deadline(60_000).fallback('cached');
    const composed = policy(
      fallback('cached'),
      timeout(30_000),
      deadline(60_000),
      retry({ attempts: 4 }),
      breaker({ failureThreshold: 2 }),
    );
    expect(chain.describe()).toEqual(composed.describe());
    expect(String(chain)).toBe(String(composed));
  });
});

describe('one call', () => {
  it.each([
    { counts: 'calls' as const, failures: 1, answers: false },
    { counts: 'calls' as const, failures: 1, answers: true },
    { counts: 'attempts' as const, failures: 3, answers: false },
    { counts: 'attempts' as const, failures: 3, answers: true },
  ])('F4 B3 D11 is $failures failures under counts $counts, a fallback that answers: $answers', async ({ counts, failures, answers }) => {
    const clock = new VirtualClock();
    const circuit = breaker({ counts });
    const seen: unknown[] = [];
    const answer = fallback(() => {
      // Recorded before the fallback runs.
      seen.push(circuit.failures);
      return 'answer';
    });
    const guard = policy(circuit, retry({ attempts: 3, delay: 100 }), ...(answers ? [answer] : []), { clock });
    const settled = guard.execute(down).catch((error: unknown) => (error as Error).message);
    await clock.drain();
    expect(await settled).toBe(answers ? 'answer' : 'down');
    expect(circuit.failures).toBe(failures);
    expect(circuit.stats()).toMatchObject({ admitted: 1, failed: failures, succeeded: 0 });
    expect(seen).toEqual(answers ? [failures] : []);
  });

  it('F4 R11 is one success under counts calls after a failed attempt, and resets the count under counts attempts', () => {
    for (const { counts, recorded } of [
      { counts: 'calls' as const, recorded: { failed: 0, succeeded: 1 } },
      { counts: 'attempts' as const, recorded: { failed: 2, succeeded: 1 } },
    ]) {
      const circuit = breaker({ counts });
      policy(circuit, retry({ attempts: 3, delay: 0 })).executeSync(({ attempt }) => (attempt < 3 ? down() : attempt));
      expect(circuit.failures).toBe(0);
      expect(circuit.stats()).toMatchObject(recorded);
    }
  });

  it('F4 R15 a bad value that retry gave up on is one failure, and what the fallback answers for it is no success', () => {
    const circuit = breaker();
    const guard = policy(fallback('better'), circuit, retry({ attempts: 2, delay: 0, handle: results((value) => value === 'bad') }));
    expect(guard.executeSync(() => 'bad')).toBe('better');
    expect(circuit.stats()).toMatchObject({ failed: 1, succeeded: 0 });
    expect(circuit.failures).toBe(1);
  });
});

describe('when the circuit opens', () => {
  it.each(['calls', 'attempts'] as const)('F5 B5 every backoff under it ends in the same tick: counts %s', async (counts) => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 50, counts });
    const guards = [
      policy(circuit, retry({ attempts: 9, delay: 1_000 }), { clock }),
      Policy.with(circuit, policy({ clock })).retry({ attempts: 9, delay: [500, 100_000] }),
      policy(retry({ attempts: 9, delay: () => new Promise<number>(() => {}) }), circuit, { clock }),
    ];
    const starts: number[] = [];
    const errors = guards.map((_, i) => new Error(`own ${i}`));
    const ended = guards.map((guard, i) =>
      guard
        .execute(() => {
          starts.push(clock.time);
          throw errors[i];
        })
        .catch((error: unknown) => ({ error, at: clock.time })),
    );
    await clock.to(700);
    expect(starts).toEqual([0, 0, 0, 500]);
    circuit.open();
    const before = clock.time;
    const rejected = await Promise.all(ended);
    expect(clock.time).toBe(before);
    for (const [i, { error, at }] of (rejected as { error: CircuitOpenError; at: number }[]).entries()) {
      expect(at).toBe(700);
      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(error.cause).toBe(errors[i]);
    }
    await clock.drain();
    expect([starts.length, clock.armed]).toEqual([4, 0]);
  });

  it('F6 B4 the probe that follows is one attempt, with the retry that any other call would have had', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 1_000 });
    const guard = policy(circuit, retry({ attempts: 3, delay: 10 }), fallback('answer'), { clock });
    const events: PolicyEvent['type'][] = [];
    guard.onEvent(({ type }) => events.push(type));
    let calls = 0;
    const failing = (): never => {
      calls += 1;
      return down();
    };
    void guard.execute(failing);
    await clock.drain();
    expect([calls, circuit.state]).toEqual([3, 'open']);
    await clock.to(clock.time + 1_000);
    events.length = 0;
    expect(await guard.execute(failing)).toBe('answer');
    expect([calls, circuit.state]).toEqual([4, 'open']);
    expect(events).toEqual(['state-changed', 'attempt-failed', 'state-changed', 'fell-back']);
  });
});

describe('isOpen', () => {
  it('F7 says what a call would meet, in each state and at each edge', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 100, probes: 2, clock });
    const ends: (() => void)[] = [];
    /** Asks, then calls: a call is admitted where its function starts at once. */
    const asked = (): boolean => {
      const open = circuit.isOpen();
      let started = false;
      circuit
        .execute(() => {
          started = true;
          return new Promise<void>((resolve) => ends.push(resolve));
        })
        .catch(() => {});
      expect(started).toBe(!open);
      return open;
    };
    const steps: [string, boolean][] = [];
    const step = (name: string): void => void steps.push([name, asked()]);
    step('closed');
    circuit.open();
    step('open');
    await clock.to(99.5);
    step('a fraction before the recovery');
    await clock.to(100);
    step('recovered, the first probe');
    step('half-open, a slot free');
    step('half-open, full');
    ends.at(-1)!();
    await flush();
    step('closed by a probe');
    const [one, other] = [circuit.isolate(), circuit.isolate()];
    step('isolated');
    one.dispose();
    step('isolated by one more');
    other.dispose();
    step('released');
    expect(steps).toEqual([
      ['closed', false],
      ['open', true],
      ['a fraction before the recovery', true],
      ['recovered, the first probe', false],
      ['half-open, a slot free', false],
      ['half-open, full', true],
      ['closed by a probe', false],
      ['isolated', true],
      ['isolated by one more', true],
      ['released', false],
    ]);
    for (const end of ends) end();
  });
});
