import { describe, expect, it } from 'vitest';
import {
  breaker,
  circuitOpen,
  deadlineExpired,
  deadlineIn,
  maxIterations,
  noProgress,
  policy,
  retry,
  stopCondition,
  stopWhen,
  type Circuit,
} from '../../src/index.ts';
import { thrownBy } from '../helpers/functions.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const messageOf = (fn: () => unknown): string => {
  const error = thrownBy(fn);
  return `${(error as Error).name}: ${(error as Error).message}`;
};

describe('circuitOpen', () => {
  it('holds while the circuit is open, and says for how long', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ recoveryTimeout: 60_000, clock });
    const stop = stopWhen(circuitOpen(circuit), { clock });
    expect(stop.peek()).toBeUndefined();
    circuit.open();
    await clock.advance(15_000);
    expect(stop.peek()).toEqual({
      kind: 'circuit-open',
      message: 'The circuit is open: it may admit a call again in 45 s.',
      state: 'open',
      retryAfterMs: 45_000,
    });
  });

  it('ceases when the recovery time is over, so that the loop sends the probe', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ recoveryTimeout: 60_000, clock });
    circuit.open();
    const condition = circuitOpen(circuit);
    await clock.advance(59_999);
    expect(stopWhen(condition, { clock }).check()).toBe(true);
    await clock.advance(1);
    expect(stopWhen(condition, { clock }).check()).toBe(false);
    expect(circuit.state).toBe('open');
  });

  it('holds while a half-open circuit has all its probes under way, and while it is isolated', () => {
    const clock = new VirtualClock();
    const circuit = breaker({ recoveryTimeout: 0, probeLease: 7_000, clock });
    circuit.open();
    void circuit.execute(() => new Promise(() => {}));
    const stop = stopWhen(circuitOpen(circuit), { clock });
    expect(stop.peek()).toEqual({
      kind: 'circuit-open',
      message: 'The circuit is half-open, and all its probes are under way.',
      state: 'half-open',
      retryAfterMs: 7_000,
    });
    const isolation = circuit.isolate();
    expect(stop.peek()).toEqual({
      kind: 'circuit-open',
      message: 'The circuit is isolated by hand.',
      state: 'isolated',
      retryAfterMs: Infinity,
    });
    isolation.dispose();
    expect(stop.peek()).toBeUndefined();
  });

  it('says of a circuit that does not recover by itself who closes it', () => {
    const circuit = breaker({ recoveryTimeout: Infinity });
    circuit.open();
    expect(stopWhen(circuitOpen(circuit)).peek()?.message).toBe(
      'The circuit is open: it may admit a call again when somebody closes it.',
    );
  });

  it('takes a policy with a circuit', () => {
    const guard = policy(retry(), breaker());
    const stop = stopWhen(circuitOpen(guard));
    expect(stop.check()).toBe(false);
    guard.circuit.open();
    expect(stop.check()).toBe(true);
    expect(circuitOpen(guard).label).toBe('circuit open');
  });

  it('takes a circuit that is no policy', () => {
    const { state, retryAfterMs } = breaker();
    const circuit = { state, retryAfterMs, isOpen: () => true } as unknown as Circuit;
    expect(stopWhen(circuitOpen(circuit)).peek()).toMatchObject({ kind: 'circuit-open' });
  });

  it.each([
    ['a policy without a circuit', retry(), 'an object of PolicyObject'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['the factory itself', breaker, 'the function breaker'],
    ['an object whose circuit is none', { circuit: { isOpen: true } }, 'an object'],
    ['text', 'open', '"open"'],
  ])('refuses %s', (_, target, got) => {
    expect(messageOf(() => circuitOpen(target as never))).toBe(
      `TypeError: circuitOpen: target must be a breaker, or a policy with a circuit, got ${got}`,
    );
  });
});

describe('deadlineExpired', () => {
  it('holds once a shared deadline has passed', async () => {
    const clock = new VirtualClock();
    const condition = deadlineExpired(deadlineIn(5_000, { clock }));
    const stop = stopWhen(condition, { clock });
    await clock.advance(4_999);
    expect(stop.check()).toBe(false);
    await clock.advance(1);
    expect(stop.check()).toBe(true);
    expect(stop.reason).toEqual({ kind: 'deadline-expired', message: 'The deadline has passed.', remainingMs: 0 });
    expect(condition.label).toBe('shared deadline');
  });

  it('holds once the time of the loop is over, from when its stop was made, also for a deadline that is long over', async () => {
    const clock = new VirtualClock();
    await clock.advance(1_000);
    const condition = deadlineExpired(5_000);
    const stop = stopWhen(condition, { clock });
    await clock.advance(4_999);
    expect(stop.check()).toBe(false);
    await clock.advance(1);
    expect(stop.peek()).toMatchObject({ remainingMs: 0 });
    await clock.advance(7_000);
    expect(stop.peek()).toMatchObject({ remainingMs: 0, message: 'The deadline has passed.' });
    expect(condition.label).toBe('deadline 5 s');
  });

  it('never holds where there is no end', async () => {
    const clock = new VirtualClock();
    const stop = stopWhen(deadlineExpired(Infinity), { clock });
    await clock.advance(1e12);
    expect(stop.check()).toBe(false);
  });

  it.each([
    [0, 'RangeError: deadlineExpired: deadline must be a duration in milliseconds above 0, got 0'],
    [NaN, 'RangeError: deadlineExpired: deadline must be a duration in milliseconds above 0, got NaN'],
    ['5s', 'TypeError: deadlineExpired: deadline must be a duration in milliseconds above 0, or a deadline, got "5s"'],
    [null, 'TypeError: deadlineExpired: deadline must be a duration in milliseconds above 0, or a deadline, got null'],
    [{}, 'TypeError: deadlineExpired: deadline must be a duration in milliseconds above 0, or a deadline, got an object'],
  ])('refuses %s', (given, message) => {
    expect(messageOf(() => deadlineExpired(given as never))).toBe(message);
  });

  it.each([
    ['soon', 'TypeError: deadlineExpired: remainingMs must be a number of milliseconds, got "soon"'],
    [NaN, 'RangeError: deadlineExpired: remainingMs must be a number of milliseconds, got NaN'],
  ])('throws where a deadline has %s left', (remainingMs, message) => {
    const stop = stopWhen(deadlineExpired({ remainingMs } as never));
    expect(messageOf(() => stop.check())).toBe(message);
    expect(stop.iterations).toBe(0);
  });
});

describe('maxIterations', () => {
  it('holds once so many iterations have begun', () => {
    const stop = stopWhen(maxIterations(2));
    expect([stop.check(), stop.check(), stop.check()]).toEqual([false, false, true]);
    expect(stop.reason).toEqual({ kind: 'max-iterations', message: 'The loop has made 2 iterations.', iterations: 2 });
    expect(maxIterations(2).label).toBe('2 iterations');
  });

  it('counts one as one, none as none, and Infinity as no limit', () => {
    const [none, one] = [stopWhen(maxIterations(0)), stopWhen(maxIterations(1))];
    expect([[...none], none.reason?.message]).toEqual([[], 'The loop has made 0 iterations.']);
    expect([[...one], one.reason?.message]).toEqual([[1], 'The loop has made 1 iteration.']);
    const endless = stopWhen(maxIterations(Infinity));
    for (const i of endless) if (i === 1_000) break;
    expect(endless.reason).toBeUndefined();
  });

  it.each([
    [-1, 'RangeError: maxIterations: iterations must be a whole number of at least 0, got -1'],
    [1.5, 'RangeError: maxIterations: iterations must be a whole number of at least 0, got 1.5'],
    ['3', 'TypeError: maxIterations: iterations must be a whole number of at least 0, got "3"'],
  ])('refuses %s', (given, message) => {
    expect(messageOf(() => maxIterations(given as never))).toBe(message);
  });
});

describe('noProgress', () => {
  it('holds once there was none for so long, also from the beginning', async () => {
    const clock = new VirtualClock();
    await clock.advance(500);
    const condition = noProgress(30_000);
    const stop = stopWhen(condition, { clock });
    await clock.advance(29_999);
    expect(stop.check()).toBe(false);
    await clock.advance(1);
    expect(stop.check()).toBe(true);
    expect(stop.reason).toEqual({
      kind: 'no-progress',
      message: 'The loop has made no progress for 30 s.',
      sinceProgressMs: 30_000,
    });
    expect(condition.label).toBe('no progress for 30 s');
    expect(noProgress(Infinity).label).toBe('no progress for ever');
  });

  it('begins anew with each progress, and not with an iteration', async () => {
    const clock = new VirtualClock();
    const stop = stopWhen(noProgress(30_000), { clock });
    await clock.advance(20_000);
    stop.progress();
    await clock.advance(29_999);
    expect(stop.check()).toBe(false);
    await clock.advance(1);
    expect(stop.check()).toBe(true);
  });

  it.each([
    [0, 'RangeError: noProgress: ms must be a duration in milliseconds above 0, got 0'],
    ['1 s', 'TypeError: noProgress: ms must be a duration in milliseconds above 0, got "1 s"'],
  ])('refuses %s', (given, message) => {
    expect(messageOf(() => noProgress(given as never))).toBe(message);
  });
});

describe('stopCondition', () => {
  it('holds where its function says so, with a sentence, with facts, or with neither', () => {
    const reasonOf = (answer: unknown): unknown => stopWhen(stopCondition('budget-spent', () => answer as string)).peek();
    expect(reasonOf(false)).toBeUndefined();
    expect(reasonOf(true)).toEqual({ kind: 'budget-spent', message: 'It holds: budget-spent.' });
    expect(reasonOf('5 $ are spent.')).toEqual({ kind: 'budget-spent', message: '5 $ are spent.' });
    expect(reasonOf({ message: '5 $ are spent.', spent: 5 })).toEqual({ kind: 'budget-spent', message: '5 $ are spent.', spent: 5 });
    expect(stopCondition('budget-spent', () => true).label).toBe('budget-spent');
  });

  it('keeps its own kind, whatever the facts say', () => {
    const stop = stopWhen(stopCondition('mine', () => ({ message: 'It is over.', kind: 'other' })));
    expect(stop.peek()?.kind).toBe('mine');
  });

  it('sees the iterations and the times of the loop', async () => {
    const clock = new VirtualClock();
    const seen: number[][] = [];
    const look = stopCondition('looks', ({ iterations, elapsedMs, sinceProgressMs }) => {
      seen.push([iterations, elapsedMs, sinceProgressMs]);
      return false;
    });
    const stop = stopWhen(look, { clock });
    stop.check();
    await clock.advance(10);
    stop.progress();
    await clock.advance(5);
    stop.check();
    stop.check();
    expect(seen).toEqual([
      [0, 0, 0],
      [1, 15, 5],
      [2, 15, 5],
    ]);
  });

  it.each([
    ['a promise', Promise.resolve(false), 'an object of Promise'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 1, '1'],
    ['an object without a sentence', { spent: 5 }, 'an object'],
  ])('throws where its function answers %s', (_, answer, got) => {
    const stop = stopWhen(stopCondition('own', () => answer as never));
    expect(messageOf(() => stop.check())).toBe(
      `TypeError: stopCondition("own"): when must answer true, false, a sentence or an object with a message, got ${got}`,
    );
  });

  it('lets through what its function throws, and the loop can be asked again', () => {
    let broken = true;
    const stop = stopWhen(
      stopCondition('own', () => {
        if (broken) throw new RangeError('boom');
        return false;
      }),
    );
    expect(messageOf(() => stop.check())).toBe('RangeError: boom');
    broken = false;
    expect([stop.check(), stop.iterations]).toEqual([false, 1]);
  });

  it('refuses a kind that is no text, and a function that is none', () => {
    expect(messageOf(() => stopCondition(1 as never, () => true))).toBe(
      'TypeError: stopCondition: kind must be a text that its reason is told apart by, got 1',
    );
    expect(messageOf(() => stopCondition('own', true as never))).toBe(
      'TypeError: stopCondition: when must be a function that looks at the loop, got true',
    );
  });
});
