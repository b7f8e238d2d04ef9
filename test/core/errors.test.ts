import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CircuitIsolatedError,
  CircuitOpenError,
  DeadlineExceededError,
  PolicyError,
  TimeoutError,
  withoutStack,
} from '../../src/core/errors.ts';
import { hangs } from '../helpers/functions.ts';

const cause = new Error('the last one');

/** An error as the other copy of the package makes it: other classes, the same brands. */
function foreign(...brands: string[]): Error {
  return Object.assign(new Error('from the other copy'), { '~breakwater': brands });
}

describe.each([
  ['PolicyError', () => new PolicyError('text', { cause }), [PolicyError], false],
  ['CircuitOpenError', () => new CircuitOpenError(1_500, { cause }), [PolicyError, CircuitOpenError], true],
  [
    'CircuitIsolatedError',
    () => new CircuitIsolatedError({ cause }),
    [PolicyError, CircuitOpenError, CircuitIsolatedError],
    true,
  ],
  ['TimeoutError', () => new TimeoutError(30, { cause }), [PolicyError, TimeoutError], false],
  ['DeadlineExceededError', () => new DeadlineExceededError(2, { cause }), [PolicyError, DeadlineExceededError], false],
] as const)('%s', (name, make, classes, local) => {
  const all = [PolicyError, CircuitOpenError, CircuitIsolatedError, TimeoutError, DeadlineExceededError];

  it('is an Error with its name, a stack that begins with it, and its cause', () => {
    const error = make();
    expect(error).toBeInstanceOf(Error);
    expect([error.name, String(error)]).toEqual([name, `${name}: ${error.message}`]);
    expect(error.stack?.startsWith(`${name}: ${error.message}\n`)).toBe(true);
    expect(error.cause).toBe(cause);
    expect(error.isLocalRejection).toBe(local);
  });

  it('is an instance of its classes and of no other', () => {
    const of = all.filter((type) => (make() as unknown) instanceof type);
    expect(of).toEqual(classes);
  });

  it('recognises an error of another copy of the package by its brands', () => {
    const brands = make()['~breakwater'];
    const of = all.filter((type) => (foreign(...brands) as unknown) instanceof type);
    expect(of).toEqual(classes);
  });

  it('is not recognised in what merely looks like it', () => {
    const type = classes.at(-1) ?? PolicyError;
    const throwing = new Proxy(new Error('x'), {
      get() {
        throw new Error('read');
      },
    });
    for (const value of [
      undefined,
      null,
      7,
      'x',
      {},
      { '~breakwater': name },
      { name },
      new Error('x'),
      throwing,
      () => {},
    ]) {
      expect(value instanceof type).toBe(false);
    }
  });

  it('has instances of a derived class, which has no instances but its own', () => {
    const Type = (classes.at(-1) ?? PolicyError) as new (...args: never[]) => Error;
    class Mine extends Type {}
    const mine = new Mine(...([1] as never[]));
    expect(mine).toBeInstanceOf(Mine);
    for (const type of classes) expect(mine).toBeInstanceOf(type);
    expect(make()).not.toBeInstanceOf(Mine);
    expect(foreign(...make()['~breakwater'])).not.toBeInstanceOf(Mine);
  });

  it('is plain data for a log', () => {
    const json = JSON.parse(JSON.stringify(make())) as Record<string, unknown>;
    expect(json).toMatchObject({ name, message: make().message, cause: { name: 'Error', message: 'the last one' } });
    expect(json).not.toHaveProperty('stack');
  });
});

describe('PolicyError', () => {
  it('has no cause where none is given', () => {
    expect(new PolicyError('text')).not.toHaveProperty('cause');
    expect(new PolicyError('text').toJSON()).toEqual({ name: 'PolicyError', message: 'text' });
    expect(new CircuitOpenError(5)).not.toHaveProperty('cause');
    expect(new CircuitIsolatedError()).not.toHaveProperty('cause');
  });

  it.each([undefined, null, 0, 'a bad value'])('tells a cause that is no error as it is: %s', (value) => {
    const error = new CircuitOpenError(5, { cause: value });
    expect(error).toHaveProperty('cause', value);
    expect(error.toJSON()).toHaveProperty('cause', value);
  });

  it('tells the facts of a cause that is one of ours', () => {
    const error = new CircuitOpenError(5, { cause: new TimeoutError(30) });
    expect(error.toJSON()).toEqual({
      name: 'CircuitOpenError',
      message: error.message,
      retryAfterMs: 5,
      retryAfter: 1,
      cause: { name: 'TimeoutError', message: 'The attempt was not finished after 30 ms.', after: 30 },
    });
  });

  it('ends where causes run in a circle', () => {
    const a = new PolicyError('a');
    const b = new PolicyError('b', { cause: a });
    Object.assign(a, { cause: b });
    expect(JSON.stringify(a).match(/"message"/g)).toHaveLength(9);
  });

  it('is plain data also where the causes are not', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('read');
      },
    });
    const told = [circle, 10n, Symbol('s'), hangs, hostile].map((odd) => {
      const { cause: shown } = JSON.parse(JSON.stringify(new TimeoutError(1, { cause: odd }))) as { cause: unknown };
      return shown;
    });
    expect(told).toEqual(['an object', '10n', 'Symbol(s)', 'the function hangs', 'an object that cannot be read']);
  });
});

describe('CircuitOpenError', () => {
  it.each([
    [0, 1, 1],
    [-5, 1, 1],
    [0.2, 1, 1],
    [999.01, 1_000, 1],
    [1_000, 1_000, 1],
    [1_001, 1_001, 2],
    [Infinity, Infinity, Infinity],
  ])('R6 says after %d ms: whole milliseconds, at least 1, and whole seconds, rounded up', (left, ms, seconds) => {
    const error = new CircuitOpenError(left);
    expect([error.retryAfterMs, error.retryAfter]).toEqual([ms, seconds]);
    expect(error.toJSON()).toMatchObject({ retryAfterMs: ms, retryAfter: seconds });
  });

  it("carries cockatiel's marks", () => {
    expect(new CircuitOpenError(1).isBrokenCircuitError).toBe(true);
    expect(new CircuitIsolatedError().isBrokenCircuitError).toBe(true);
    expect(new CircuitIsolatedError().isIsolatedCircuitError).toBe(true);
    expect(new CircuitOpenError(1)).not.toHaveProperty('isIsolatedCircuitError');
    expect(new TimeoutError(1).isTaskCancelledError).toBe(true);
  });
});

describe('DeadlineExceededError', () => {
  it('R13 is a local rejection exactly where no attempt had started', () => {
    expect([0, 1, 2].map((attempts) => new DeadlineExceededError(attempts).isLocalRejection)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    [0, 'The deadline of the call ended after 0 attempts.'],
    [1, 'The deadline of the call ended after 1 attempt.'],
    [2, 'The deadline of the call ended after 2 attempts.'],
  ])('counts %d attempts in its words', (attempts, message) => {
    const error = new DeadlineExceededError(attempts);
    expect(error.message).toBe(message);
    expect(error.toJSON()).toEqual({ name: 'DeadlineExceededError', message, attempts });
  });
});

describe('a cause from another realm', () => {
  it('is told like an error', () => {
    const error = new TimeoutError(1, { cause: runInNewContext('new RangeError("far away")') as unknown });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ cause: { name: 'RangeError', message: 'far away' } });
  });
});

describe('withoutStack', () => {
  const { stackTraceLimit } = Error;
  afterEach(() => {
    PolicyError.stackTraces = false;
    Error.stackTraceLimit = stackTraceLimit;
  });

  const make = (): TimeoutError => withoutStack(() => new TimeoutError(30));

  it('makes an error whose stack tells how to have one, and lets other errors have theirs', () => {
    const hint = '    (no stack was captured: PolicyError.stackTraces = true asks for one)';
    const error = make();
    expect(error.stack).toBe(`TimeoutError: ${error.message}\n${hint}`);
    expect([Object.keys(error).includes('stack'), Error.stackTraceLimit]).toEqual([false, stackTraceLimit]);
    expect(new Error('mine').stack).toContain('errors.test.ts');
  });

  it('captures a stack where that is asked for', () => {
    PolicyError.stackTraces = true;
    expect(make().stack).toContain('errors.test.ts');
  });

  it('leaves the limit as it was, whatever it was, also where the error cannot be made', () => {
    for (const limit of [3, 0, Infinity, undefined]) {
      Error.stackTraceLimit = limit as number;
      make();
      expect(Error.stackTraceLimit).toBe(limit);
      expect(() =>
        withoutStack(() => {
          throw cause;
        }),
      ).toThrow(cause);
      expect(Error.stackTraceLimit).toBe(limit);
    }
  });

  it('makes the error also on a host whose Error cannot be changed', () => {
    Object.defineProperty(Error, 'stackTraceLimit', { value: stackTraceLimit, writable: false, configurable: true });
    try {
      expect(make().stack).toContain('errors.test.ts');
    } finally {
      Object.defineProperty(Error, 'stackTraceLimit', { value: stackTraceLimit, writable: true, configurable: true });
    }
  });
});
