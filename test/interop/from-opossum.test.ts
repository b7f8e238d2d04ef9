/** What docs/from-opossum.md says of opossum 9.0.0, and of the difference to us: each sentence that can be run. */
import CircuitBreaker, { type Options } from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breaker, CircuitOpenError, fallback, Policy, policy, PolicyError, timeout, TimeoutError } from '../../src/index.ts';
import { hangs } from '../helpers/functions.ts';
import { down, held, messageOf } from './held.ts';

const made: CircuitBreaker[] = [];
function theirs<A extends readonly any[], R>(action: (...args: A) => R, options?: Options): CircuitBreaker<A, R> {
  const one = new CircuitBreaker(action, options);
  made.push(one as unknown as CircuitBreaker);
  return one;
}
const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const one of made.splice(0)) one.shutdown();
  vi.useRealTimers();
});

describe('opossum, by default', () => {
  it('opens on a failure of the first call: a share of calls within ten seconds, of which one is enough', async () => {
    const their = theirs(down);
    await their.fire().catch(messageOf);
    expect(their.opened).toBe(true);

    const cautious = theirs(down, { volumeThreshold: 5 });
    for (let call = 1; call <= 4; call++) await cautious.fire().catch(messageOf);
    expect(cautious.closed).toBe(true);
    await cautious.fire().catch(messageOf);
    expect(cautious.opened).toBe(true);

    const own = breaker();
    for (let call = 1; call <= 4; call++) await own.execute(down).catch(messageOf);
    expect(own.state).toBe('closed');
    await own.execute(down).catch(messageOf);
    expect(own.state).toBe('open');
  });

  it('opens on a service that fails every second time, where ours counts failures in a row', async () => {
    let calls = 0;
    const everySecond = (): number => (++calls % 2 === 1 ? down() : calls);
    const their = theirs(everySecond, { errorThresholdPercentage: 40, volumeThreshold: 3 });
    const own = breaker({ failureThreshold: 2 });
    for (let call = 1; call <= 4; call++) await their.fire().catch(messageOf);
    calls = 0;
    for (let call = 1; call <= 20; call++) await own.execute(everySecond).catch(messageOf);
    expect([their.opened, own.state]).toEqual([true, 'closed']);
  });

  it('gives a call ten seconds, where ours has no timeout unless it is given one', async () => {
    const run = theirs(hangs).fire().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(codeOf(await run)).toBe('ETIMEDOUT');
    expect(Policy.breaker().has('timeout')).toBe(false);
  });

  it('becomes half-open by a timer, after thirty seconds, where ours waits for a call', async () => {
    const their = theirs(down);
    await their.fire().catch(messageOf);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(their.opened).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(their.halfOpen).toBe(true);

    const own = breaker({ failureThreshold: 1, recoveryTimeout: 30_000 });
    await own.execute(down).catch(messageOf);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([own.state, own.isOpen()]).toEqual(['open', false]);
  });

  it('runs two intervals a circuit until shutdown(), where ours has no timer', () => {
    const before = vi.getTimerCount();
    const their = theirs(() => 1);
    expect(vi.getTimerCount() - before).toBe(2);
    their.shutdown();
    expect(vi.getTimerCount() - before).toBe(0);
    breaker();
    expect(vi.getTimerCount() - before).toBe(0);
  });
});

describe('a call of opossum', () => {
  it('fails where the function answers undefined without a promise, where ours answers undefined', async () => {
    await expect(theirs((): void => {}).fire()).rejects.toBeInstanceOf(TypeError);
    expect(await breaker().wrap((): void => {})()).toBeUndefined();
  });

  it('keeps `this` with call(this, …), where ours keeps the `this` of the call', async () => {
    const account = { name: 'Ada' };
    function greet(this: { readonly name: string }, word: string): string {
      return `${word} ${this.name}`;
    }
    expect(await theirs(greet).call(account, 'Hello')).toBe('Hello Ada');
    expect(await breaker().wrap(greet).call(account, 'Hello')).toBe('Hello Ada');
  });

  it('rejects with errors that have codes, where ours have classes', async () => {
    const their = theirs(down);
    await their.fire().catch(messageOf);
    const theirError = await their.fire().catch((error: unknown) => error);
    expect([codeOf(theirError), CircuitBreaker.isOurError(theirError)]).toEqual(['EOPENBREAKER', true]);
    const own = breaker();
    own.open();
    const error = await own.execute(down).catch((caught: unknown) => caught);
    expect([error instanceof CircuitOpenError, error instanceof PolicyError]).toEqual([true, true]);
    their.shutdown();
    expect(codeOf(await their.fire().catch((caught: unknown) => caught))).toBe('ESHUTDOWN');
  });

  it('aborts, on a timeout, the one signal that all calls share, where ours has a signal an attempt', async () => {
    const their = theirs(hangs, { timeout: 1_000, volumeThreshold: 9, abortController: new AbortController() });
    const signal = their.getSignal();
    const first = their.fire().catch(codeOf);
    await vi.advanceTimersByTimeAsync(500);
    their.fire().catch(messageOf);
    await vi.advanceTimersByTimeAsync(500);
    expect([await first, signal?.aborted, their.getSignal()]).toEqual(['ETIMEDOUT', true, signal]);

    const signals: AbortSignal[] = [];
    const own = timeout(1_000).wrapWithContext((ctx) => {
      signals.push(ctx.signal);
      return hangs();
    });
    const ownFirst = own().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(500);
    own().catch(messageOf);
    await vi.advanceTimersByTimeAsync(500);
    expect(await ownFirst).toBeInstanceOf(TimeoutError);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('counts a rejection for want of capacity as a failure', async () => {
    const their = theirs(hangs, { capacity: 1 });
    their.fire().catch(messageOf);
    expect(codeOf(await their.fire().catch((error: unknown) => error))).toBe('ESEMLOCKED');
    expect(their.stats.failures).toBe(1);
  });

  it('counts an error that errorFilter names as a success, as `false` does here; `ignore` is neither', async () => {
    const their = theirs(down, { errorFilter: () => true });
    await their.fire().catch(messageOf);
    expect(their.stats.successes).toBe(1);
    const answered = breaker({ handle: () => false });
    const ignored = breaker({ handle: () => 'ignore' });
    for (const own of [answered, ignored]) await own.execute(down).catch(messageOf);
    expect([answered.stats().succeeded, ignored.stats().succeeded]).toEqual([1, 0]);
  });
});

describe('a fallback of opossum', () => {
  it('gets the arguments and the error last, where ours gets the error first', async () => {
    const their = theirs((_name: string): string => down()).fallback((name: string, error: Error) => `${name}: ${error.message}`);
    const own = policy(breaker(), fallback((error, _ctx, name: string) => `${name}: ${messageOf(error)}`)).wrap((_name: string): string => down());
    expect([await their.fire('Ada'), await own('Ada')]).toEqual(['Ada: down', 'Ada: down']);
  });

  it('does not answer an error that errorFilter names, nor ours one that handle does not call a failure', async () => {
    const their = theirs(down, { errorFilter: () => true }).fallback(() => 'plan B');
    const own = policy(breaker({ handle: () => false }), fallback('plan B'));
    expect([await their.fire().catch(messageOf), await own.execute(down).catch(messageOf)]).toEqual(['down', 'down']);
  });
});

describe('a half-open circuit of opossum', () => {
  const opened = async <R>(action: () => R, options: Options = {}): Promise<CircuitBreaker<[], R>> => {
    const their = theirs(action, { resetTimeout: 1_000, ...options });
    their.open();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(their.halfOpen).toBe(true);
    return their;
  };

  it('turns all away for good where its probe hangs and there is no timeout, where ours ends a lease', async () => {
    const their = await opened(hangs, { timeout: false });
    their.fire().catch(messageOf);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(codeOf(await their.fire().catch((error: unknown) => error))).toBe('EOPENBREAKER');

    const own = breaker({ recoveryTimeout: 1_000 });
    own.open();
    await vi.advanceTimersByTimeAsync(1_000);
    own.execute(hangs).catch(messageOf);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await own.execute(() => 'the next probe')).toBe('the next probe');
  });

  it('closes on the late success of a call from before it opened, where ours takes no notice', async () => {
    const late = held();
    const their = theirs(late.run, { resetTimeout: 1_000, timeout: false });
    const early = their.fire();
    their.open();
    await vi.advanceTimersByTimeAsync(1_000);
    late.succeed();
    await early;
    expect(their.closed).toBe(true);

    const own = breaker({ recoveryTimeout: 1_000 });
    const [ownLate, probe] = [held(), held()];
    const ownEarly = own.execute(ownLate.run);
    own.open();
    await vi.advanceTimersByTimeAsync(1_000);
    const probing = own.execute(probe.run);
    ownLate.succeed();
    await ownEarly;
    expect(own.state).toBe('half-open');
    probe.succeed();
    await probing;
  });
});

describe('open() of opossum', () => {
  it('does nothing on an open circuit, where ours begins the recovery time anew', async () => {
    const their = theirs(down, { resetTimeout: 1_000 });
    const own = breaker({ recoveryTimeout: 1_000 });
    for (const one of [their, own]) one.open();
    await vi.advanceTimersByTimeAsync(600);
    for (const one of [their, own]) one.open();
    await vi.advanceTimersByTimeAsync(400);
    expect([their.halfOpen, own.retryAfterMs]).toEqual([true, 600]);
  });
});
