/**
 * What docs/from-cockatiel.md says of cockatiel, 3.2.1 and 4.0.0, and of the difference to us: each sentence that can be run.
 */
import * as three from 'cockatiel';
import * as four from 'cockatiel4';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breaker, bulkhead, fallback, Policy, policy, retry, timeout, TimeoutError } from '../../src/index.ts';
import { hangs } from '../helpers/functions.ts';
import { down, held, messageOf } from './held.ts';

const versions = [
  { version: '3.2.1', theirs: three as unknown as typeof four },
  { version: '4.0.0', theirs: four },
];
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(versions)('retry of cockatiel $version', ({ theirs }) => {
  it('counts retries where we count attempts, from 0 where we count from 1', async () => {
    const [their, own]: number[][] = [[], []];
    const noting = (to: number[] | undefined) => ({ attempt }: { readonly attempt: number }): never => {
      to?.push(attempt);
      return down();
    };
    const run = theirs.retry(theirs.handleAll, { maxAttempts: 2 }).execute(noting(their)).catch(messageOf);
    await vi.runAllTimersAsync();
    await run;
    await retry({ attempts: 3, delay: 0 }).execute(noting(own)).catch(messageOf);
    expect([their, own]).toEqual([[0, 1, 2], [1, 2, 3]]);
  });

  it('never gives up and never waits, unless it is told to', async () => {
    let calls = 0;
    const run = theirs.retry(theirs.handleAll, {}).execute(() => (++calls < 500 ? down() : calls));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await run).toBe(500);
    expect(retry().describe()[0]?.options).toMatchObject({ attempts: 3, delay: { kind: 'exponential', first: 500 } });
  });

  it('sleeps on after an abort, and then calls the function once more', async () => {
    const user = new AbortController();
    let calls = 0;
    const theirRun = theirs
      .retry(theirs.handleAll, { maxAttempts: 5, backoff: new theirs.ConstantBackoff(60_000) })
      .execute(() => { calls += 1; return down(); }, user.signal)
      .catch(messageOf);
    await vi.advanceTimersByTimeAsync(10);
    user.abort('left');
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([await theirRun, calls]).toEqual(['down', 2]);

    const another = new AbortController();
    let own = 0;
    const run = retry({ delay: 60_000 }).execute(() => { own += 1; return down(); }, another.signal).catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(10);
    another.abort('left');
    expect([await run, own]).toEqual(['left', 1]);
  });

  it('repeats a rejected call against the open circuit inside it, where ours makes no attempt', async () => {
    const inner = theirs.circuitBreaker(theirs.handleAll, { halfOpenAfter: 60_000, breaker: new theirs.ConsecutiveBreaker(1) });
    const rejections: boolean[] = [];
    const outer = theirs.retry(theirs.handleAll, { maxAttempts: 3, backoff: new theirs.ConstantBackoff(1) });
    outer.onFailure(({ reason }) => rejections.push('error' in reason && theirs.isBrokenCircuitError(reason.error)));
    let calls = 0;
    const run = theirs.wrap(outer, inner).execute(() => { calls += 1; return down(); }).catch(theirs.isBrokenCircuitError);
    await vi.advanceTimersByTimeAsync(10);
    expect(await run).toBe(true);
    expect([calls, rejections]).toEqual([1, [false, true, true, true]]);

    let own = 0;
    const guard = policy(retry({ attempts: 4, delay: 1 }), breaker({ failureThreshold: 1, counts: 'attempts' }));
    const heard: string[] = [];
    guard.onEvent(({ type }) => heard.push(type));
    await guard.execute(() => { own += 1; return down(); }).catch(() => {});
    expect([own, heard]).toEqual([1, ['attempt-failed', 'state-changed', 'rejected']]);
  });
});

describe.each(versions)('circuitBreaker of cockatiel $version', ({ theirs }) => {
  const circuit = (threshold = 1): three.CircuitBreakerPolicy =>
    theirs.circuitBreaker(theirs.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new theirs.ConsecutiveBreaker(threshold),
    }) as unknown as three.CircuitBreakerPolicy;

  it('numbers the states, where ours are words', async () => {
    const their = circuit();
    const own = breaker({ failureThreshold: 1 });
    expect([their.state, own.state]).toEqual([0, 'closed']);
    await their.execute(down).catch(() => {});
    await own.execute(down).catch(() => {});
    expect([their.state, own.state]).toEqual([theirs.CircuitState.Open, 'open']);
  });

  it('counts the abort of a caller as a failure, where ours counts nothing', async () => {
    const [their, own, user] = [circuit(), breaker({ failureThreshold: 1 }), new AbortController()];
    const runs = [their.execute(held().run, user.signal), own.execute(held().run, user.signal)];
    user.abort('left');
    expect((await Promise.allSettled(runs)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([their.state, own.state]).toEqual([theirs.CircuitState.Open, 'closed']);
  });

  it('holds callers while a probe is out, also one that hangs, where ours turns them away and ends its lease', async () => {
    const their = circuit();
    await their.execute(down).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    their.execute(held().run).catch(() => {});
    let settled = false;
    const waiting = their.execute(() => 'held').finally(() => (settled = true));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(settled).toBe(false);
    waiting.catch(() => {});

    const own = breaker({ failureThreshold: 1, recoveryTimeout: 1_000, probeLease: 5_000 });
    await own.execute(down).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    own.execute(held().run).catch(() => {});
    await expect(own.execute(() => 'turned away')).rejects.toThrow('The circuit is open');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await own.execute(() => 'the next probe')).toBe('the next probe');
  });

  it('hears what was admitted before it opened: a late failure reopens it, where ours takes no notice', async () => {
    const their = circuit();
    const late = held();
    const early = their.execute(late.run).catch(() => {});
    await their.execute(down).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    const probe = held();
    const probing = their.execute(probe.run);
    expect(their.state).toBe(theirs.CircuitState.HalfOpen);
    late.fail();
    await early;
    expect(their.state).toBe(theirs.CircuitState.Open);
    probe.succeed();
    await probing;
    expect(their.state).toBe(theirs.CircuitState.Open);

    const own = breaker({ failureThreshold: 1, recoveryTimeout: 1_000 });
    const [ownLate, ownProbe] = [held(), held()];
    const ownEarly = own.execute(ownLate.run).catch(() => {});
    await own.execute(down).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    const ownProbing = own.execute(ownProbe.run);
    ownLate.fail();
    await ownEarly;
    expect(own.state).toBe('half-open');
    ownProbe.succeed();
    await ownProbing;
    expect(own.state).toBe('closed');
  });

  it('closes on a probe whose error its filter does not name, where ours lets the next call probe', async () => {
    const filter = theirs.handleType(RangeError);
    const far = (): never => {
      throw new RangeError('too far');
    };
    const bug = (): never => {
      throw new TypeError('a bug');
    };
    const their = theirs.circuitBreaker(filter, { halfOpenAfter: 1_000, breaker: new theirs.ConsecutiveBreaker(1) });
    const own = breaker({ failureThreshold: 1, recoveryTimeout: 1_000, handle: filter });
    for (const one of [their, own]) await one.execute(far).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    for (const one of [their, own]) await one.execute(bug).catch(() => {});
    expect([their.state, own.state]).toEqual([theirs.CircuitState.Closed, 'half-open']);
  });

  it('writes a state that we do not read', async () => {
    expect(Object.keys(circuit().toJSON() as object)).toEqual(['ownState', 'breakerState']);
    expect(() => breaker({ initialState: circuit().toJSON() as never })).toThrow(TypeError);
  });
});

describe.each(versions)('timeout of cockatiel $version', ({ theirs }) => {
  it('aborts its signal also where the function answered in time, unless it is told not to; ours does not', async () => {
    const signals: AbortSignal[] = [];
    const note = ({ signal }: { readonly signal: AbortSignal }): void => void signals.push(signal);
    await theirs.timeout(1_000, theirs.TimeoutStrategy.Aggressive).execute(note);
    await theirs.timeout(1_000, { strategy: theirs.TimeoutStrategy.Aggressive, abortOnReturn: false }).execute(note);
    await timeout(1_000).execute(note);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, false]);
  });

  it('gives its signal no reason of its own, where ours has the error that the call rejects with', async () => {
    const signals: AbortSignal[] = [];
    const hang = ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
      signals.push(signal);
      return hangs();
    };
    const their = theirs.timeout(1_000, theirs.TimeoutStrategy.Aggressive);
    const runs = [their.execute(hang), timeout(1_000).execute(hang)].map((run) => run.catch((error: unknown) => error));
    await vi.advanceTimersByTimeAsync(1_000);
    const [theirError, ownError] = await Promise.all(runs);
    expect(theirError).toBeInstanceOf(theirs.TaskCancelledError);
    expect(signals[0]?.reason).toMatchObject({ name: 'AbortError' });
    expect(ownError).toBeInstanceOf(TimeoutError);
    expect(signals[1]?.reason).toBe(ownError);
  });

  it('calls the abort of a caller a timeout, where ours hands the reason on', async () => {
    const user = new AbortController();
    const their = theirs.timeout(1_000, theirs.TimeoutStrategy.Aggressive).execute(hangs, user.signal).catch(messageOf);
    const own = timeout(1_000).execute(hangs, user.signal).catch((reason: unknown) => reason);
    user.abort('left');
    expect([await their, await own]).toEqual(['Operation timed out after 1000ms', 'left']);
  });
});

describe.each(versions)('fallback of cockatiel $version', ({ theirs }) => {
  it('is told nothing, where ours is told the error, the attempts and the arguments', async () => {
    const heard: unknown[] = [];
    await theirs.fallback(theirs.handleAll, (...args: unknown[]) => heard.push(...args)).execute(down);
    expect(heard).toEqual([]);
    const own = fallback((error, { attempt }, name: string) => `${messageOf(error)} ${attempt} ${name}`);
    expect(await own.wrap((_name: string): string => down())('Ada')).toBe('down 1 Ada');
  });

  it('answers an abort of the caller, where ours does not', async () => {
    const user = new AbortController();
    const their = theirs.fallback(theirs.handleAll, 'plan B').execute(held().run, user.signal);
    const own = fallback('plan B').execute(held().run, user.signal).catch((reason: unknown) => reason);
    user.abort('left');
    expect([await their, await own]).toEqual(['plan B', 'left']);
  });
});

describe.each(versions)('a bulkhead of cockatiel $version', ({ theirs }) => {
  it('has its slot free when an aggressive timeout inside it ends, while the function runs on; ours has not', async () => {
    const running = { now: 0, most: 0 };
    const work = async (run: () => Promise<unknown>): Promise<void> => {
      running.most = Math.max(running.most, (running.now += 1));
      await run();
      running.now -= 1;
    };
    const slots = bulkhead({ limit: 1, queue: 1 });
    const guards = [theirs.wrap(theirs.bulkhead(1, 1), theirs.timeout(5, theirs.TimeoutStrategy.Aggressive)), policy(slots, timeout(5))];
    const peaks: number[] = [];
    for (const guard of guards) {
      const [first, second] = [held(), held()];
      const calls = [first, second].map(({ run }) => guard.execute(() => work(run)).catch(messageOf));
      await vi.advanceTimersByTimeAsync(5);
      await calls[0];
      first.succeed();
      second.succeed();
      await Promise.all(calls);
      peaks.push(running.most);
      Object.assign(running, { now: 0, most: 0 });
    }
    expect(peaks).toEqual([2, 1]);
  });

  it('keeps a queued call whose caller aborts until its turn has come; ours lets it go at once', async () => {
    const [their, own] = [theirs.bulkhead(1, 1), bulkhead({ limit: 1, queue: 1 })];
    const user = new AbortController();
    const settled: string[] = [];
    const first = held();
    const running = [their.execute(first.run), own.execute(first.run)];
    const ends = Object.entries({ their, own }).map(([name, slots]) =>
      slots.execute(() => 1, user.signal).catch(() => settled.push(name)),
    );
    user.abort('left');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([settled, their.queueSlots, own.waiting]).toEqual([['own'], 0, 0]);
    first.succeed();
    await Promise.all([...running, ...ends]);
    expect(settled).toEqual(['own', 'their']);
  });
});

describe.each(versions)('a migration from cockatiel $version', ({ theirs }) => {
  it('keeps their bulkhead inside, whose rejections count for nothing', async () => {
    const slots = theirs.bulkhead(1);
    const guard = Policy
      .breaker({ failureThreshold: 1, handle: (error) => !theirs.isBulkheadRejectedError(error) })
      .retry({ attempts: 1 });
    const first = held();
    const load = guard.wrapWithContext(({ signal }, run: typeof first.run) => slots.execute(run, signal));
    const running = load(first.run);
    await expect(load(first.run)).rejects.toBeInstanceOf(theirs.BulkheadRejectedError);
    expect(guard.circuit.state).toBe('closed');
    first.succeed();
    expect(await running).toBe('held');
  });

  it('can keep their order by nesting: retry around the breaker', async () => {
    const circuit = breaker({ failureThreshold: 2 });
    let calls = 0;
    const load = retry({ attempts: 2, delay: 0 }).wrap(
      circuit.wrap(() => {
        calls += 1;
        return down();
      }),
    );
    await load().catch(messageOf);
    expect([circuit.state, calls]).toEqual(['open', 2]);
    // A rejection is not repeated.
    await load().catch(messageOf);
    expect([calls, circuit.stats().rejected]).toEqual([2, 1]);
  });
});

describe('half-open sampling of cockatiel 4.0.0', () => {
  it('closes after so many calls of which a share may fail, where ours takes successThreshold in a row', async () => {
    const sampling = four.circuitBreaker(four.handleAll, {
      halfOpenAfter: 1_000,
      breaker: new four.ConsecutiveBreaker(1),
      halfOpenSampling: { calls: 2, threshold: 0.5 },
    });
    const own = breaker({ failureThreshold: 1, recoveryTimeout: 1_000, successThreshold: 2 });
    for (const one of [sampling, own]) await one.execute(down).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    for (const one of [sampling, own]) await one.execute(down).catch(() => {});
    await sampling.execute(() => 1);
    expect([sampling.state, own.state]).toEqual([four.CircuitState.Closed, 'open']);
  });
});
