import { describe, expect, it } from 'vitest';
import { breaker, errors, fallback, policy, retry, timeout } from '../src/index.ts';
import type { PolicyEvent } from '../src/index.ts';
import { outcomeOf } from './helpers/functions.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

const boom = new Error('boom');

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
    const bad = policy(
      retry({
        attempts: 1,
        delay: 0,
        handle: [{ options: { errorFilter: () => true, resultFilter: (n: unknown) => n === 503 } }],
      }),
    );
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
    guard.onEvent((event: PolicyEvent) =>
      heard.push(event.type === 'state-changed' ? `${event.from} → ${event.to}` : event.type),
    );
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
    expect(heard).toEqual([
      'first closed → open',
      'second closed → open',
      'first open → closed',
      'second open → closed',
    ]);
  });

  it('R30 every policy of a shared breaker sees its transitions once, and only while it is listened to', () => {
    const circuit = breaker();
    const heard: string[] = [];
    const both = [policy(circuit, retry()), policy(circuit, timeout(5))].map((guard, i) =>
      guard.onEvent(({ type }) => heard.push(`${i} ${type}`)),
    );
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
    const shout = (): never => {
      throw boom;
    };
    const circuit = breaker({
      failureThreshold: 1,
      recoveryTimeout: 0.001,
      onOpen: shout,
      onHalfOpen: shout,
      onClose: shout,
      onListenerError: (error) => reported.push(error),
    });
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
    const guard = policy(
      circuit,
      retry({ attempts: 3, delay: () => (circuit.open(), 1_000_000), handle: () => (circuit.reset(), true) }),
    );
    const [, error] = await outcomeOf(guard.execute(() => Promise.reject(boom)));
    expect(error).toMatchObject({ name: 'CircuitOpenError', cause: boom });
  });
});
