import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  breaker,
  consecutive,
  constant,
  deadline,
  deadlineIn,
  exponential,
  fallback,
  linear,
  policy,
  rateLimit,
  retry,
  retryBudget,
  slidingWindow,
  timeout,
  tokenBucket,
} from '../../src/index.ts';
import { hostClock } from '../../src/core/clock.ts';
import {
  duration,
  functionOf,
  numberThat,
  oneOf,
  optional,
  positiveDuration,
  readOptions,
  wholeNumber,
  type Check,
} from '../../src/core/options.ts';
import { thrownBy } from '../helpers/functions.ts';

type Given = Record<string, unknown>;

interface Factory {
  readonly name: string;
  /** Makes one with these options and nothing else. */
  readonly make: (options: never) => unknown;
  /** A good value of every option that it has. */
  readonly good: Given;
  /** What cannot be left out. */
  readonly needs: Given;
}

const common = { clock: hostClock, onListenerError: () => {} };

const FACTORIES: readonly Factory[] = [
  {
    name: 'breaker',
    make: breaker,
    good: {
      ...common,
      failureThreshold: 3,
      recoveryTimeout: 5,
      successThreshold: 2,
      probes: 2,
      probeLease: 10,
      counts: 'attempts',
      handle: TypeError,
      onOpen: () => {},
      onHalfOpen: () => {},
      onClose: () => {},
      initialState: breaker().toJSON(),
    },
    needs: {},
  },
  { name: 'breaker', make: breaker, good: { trip: consecutive(2) }, needs: {} },
  {
    name: 'retry',
    make: retry,
    good: {
      ...common,
      attempts: 2,
      delay: 5,
      jitter: 'equal',
      maxRetryAfterMs: 5,
      budget: retryBudget({ tokens: 5, ratio: 0.5 }),
      handle: [TypeError],
    },
    needs: {},
  },
  { name: 'timeout', make: timeout, good: { ...common, after: 5, mode: 'cooperative' }, needs: { after: 5 } },
  {
    name: 'rateLimit',
    make: rateLimit,
    good: {
      ...common,
      limit: [tokenBucket({ limit: 5, per: 5 })],
      whenLimited: 'reject',
      maxWaiting: 5,
      maxWait: 5,
      honourRetryAfter: false,
      maxRetryAfterMs: 5,
      spread: 5,
    },
    needs: { limit: slidingWindow({ limit: 5, per: 5 }) },
  },
  { name: 'tokenBucket', make: tokenBucket, good: { limit: 5, per: 5, burst: 5, cost: () => 1, used: () => 1 }, needs: { limit: 5, per: 5 } },
  { name: 'slidingWindow', make: slidingWindow, good: { limit: 5, per: 5, cost: () => 1, used: () => 1 }, needs: { limit: 5, per: 5 } },
  { name: 'deadline', make: (options) => deadline(5, options), good: common, needs: {} },
  { name: 'deadlineIn', make: (options) => deadlineIn(5, options), good: { clock: hostClock }, needs: {} },
  { name: 'fallback', make: (options) => fallback(5, options), good: { ...common, handle: TypeError }, needs: {} },
  { name: 'retryBudget', make: retryBudget, good: { tokens: 5, ratio: 0.1 }, needs: { tokens: 5, ratio: 0.1 } },
  { name: 'exponential', make: exponential, good: { first: 5, factor: 3, max: 50, jitter: 'full' }, needs: {} },
  {
    name: 'wrap',
    make: (options) => policy().wrap(() => {}, options),
    good: { signal: new AbortController().signal },
    needs: {},
  },
];

const EACH = FACTORIES.flatMap((factory) =>
  Object.keys(factory.good).map((option) => [factory.name, option, factory] as const),
);

const junk = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withTypedArray: true,
    withSparseArray: true,
  }),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.constantFrom<unknown>(
    undefined,
    null,
    NaN,
    Infinity,
    -Infinity,
    -0,
    2 ** 31,
    2 ** 53,
    Number.MIN_VALUE,
    '',
    '5',
    true,
    Symbol('junk'),
    () => {},
    class {},
    async () => {},
    new Date(5),
    new AbortController(),
    new Error('junk'),
    Promise.resolve(5),
    [],
    [5],
    Object.freeze({}),
    new Proxy({}, {}),
    breaker(),
    policy(),
    globalThis,
  ),
);

/** That it was taken, or refused with a proper error that names the option. */
function expectJudged(make: () => unknown, names: string): void {
  let error: unknown;
  try {
    make();
    return;
  } catch (thrown) {
    error = thrown;
  }
  expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true);
  expect((error as Error).message).toContain(names);
  expect((error as Error).message).not.toContain('Cannot ');
  expect((error as Error).message.length).toBeLessThan(400);
}

describe('the options of every factory', () => {
  it.each(EACH)('C3 D9 of %s: %s is taken, or refused by name, whatever it is', (_, option, { make, needs }) => {
    fc.assert(
      fc.property(junk, (value) => {
        expectJudged(() => make({ ...needs, [option]: value } as never), option);
      }),
      { numRuns: 300 },
    );
  });

  it.each(FACTORIES.map((factory) => [factory.name, Object.keys(factory.good).length, factory] as const))(
    'C3 D9 of %s (%d options): anything in place of options is taken, or refused with its name',
    (name, _, { make }) => {
      fc.assert(
        fc.property(junk, (value) => expectJudged(() => make(value as never), name)),
        { numRuns: 300 },
      );
    },
  );

  it.each(EACH)(
    'C3 of %s: %s refuses NaN, a negative number, a string, a bigint, null',
    (name, option, { make, needs }) => {
      for (const bad of [NaN, -1, 'five', 5n, null]) {
        const error = thrownBy(() => make({ ...needs, [option]: bad } as never)) as Error;
        expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        expect(error.message).toContain(option);
        expect(error.message).toContain(name);
      }
    },
  );

  it.each(EACH)('of %s: %s may be undefined, where it may be left out', (_, option, { make, needs }) => {
    const given = { ...needs, [option]: undefined };
    if (option in needs) expect(() => make(given as never)).toThrow(new RegExp(option));
    else expect(() => make(given as never)).not.toThrow();
  });

  it.each(FACTORIES.map((factory) => [factory.name, Object.keys(factory.good).join(', '), factory] as const))(
    'D9 of %s (%s) are never changed, may be frozen, and may be an object without a prototype',
    (_, __, { make, good }) => {
      const before = { ...good };
      make(good as never);
      expect(good).toEqual(before);
      expect(Object.entries(good).every(([name, value]) => before[name] === value)).toBe(true);
      make(Object.freeze({ ...good }) as never);
      make(Object.assign(Object.create(null), good) as never);
    },
  );

  it.each(FACTORIES.map((factory) => [factory.name, Object.keys(factory.good).join(', '), factory] as const))(
    'D9 of %s (%s) are read once each',
    (_, __, { make, good }) => {
      const reads: string[] = [];
      const watched = {};
      for (const [name, value] of Object.entries(good)) {
        Object.defineProperty(watched, name, { enumerable: true, get: () => (reads.push(name), value) });
      }
      make(watched as never);
      expect(reads.toSorted()).toEqual(Object.keys(good).toSorted());
    },
  );

  it.each(FACTORIES.map((factory) => [factory.name, Object.keys(factory.good).join(', '), factory] as const))(
    'D9 of %s (%s) are own properties only',
    (_, __, { make, good, needs }) => {
      const poison = Object.fromEntries(Object.keys(good).map((name) => [name, 'poison']));
      expect(() => make(Object.assign(Object.create(poison), needs) as never)).not.toThrow();
    },
  );

  it.each(FACTORIES.map((factory) => [factory.name, factory] as const))(
    'of %s have no name that is unknown',
    (name, { make, needs }) => {
      for (const unknown of ['retries', 'constructor', 'toString', '__proto__']) {
        const given = Object.defineProperty({ ...needs }, unknown, { enumerable: true, value: 1 });
        expect(() => make(given as never)).toThrow(new RegExp(`^${name} has no option "${unknown}"; it has `));
      }
    },
  );

  it.each([
    [
      () => breaker({ failureThreshold: 0 }),
      RangeError,
      'breaker: failureThreshold must be a whole number of at least 1, got 0',
    ],
    [
      () => breaker({ failureThreshold: '5' as never }),
      TypeError,
      'breaker: failureThreshold must be a whole number of at least 1, got "5"',
    ],
    [
      () => breaker({ probeLease: 0 }),
      RangeError,
      'breaker: probeLease must be a duration in milliseconds above 0, got 0',
    ],
    [
      () => breaker({ counts: 'call' as never }),
      TypeError,
      'breaker: counts must be "calls" or "attempts", got "call"',
    ],
    [() => retry({ attempts: 1.5 }), RangeError, 'retry: attempts must be a whole number of at least 1, got 1.5'],
    [
      () => retry({ maxRetryAfterMs: NaN }),
      RangeError,
      'retry: maxRetryAfterMs must be a duration in milliseconds, 0 or more, got NaN',
    ],
    [
      () => retry({ jitter: 'half' as never }),
      TypeError,
      'retry: jitter must be "full" or "equal" or "decorrelated" or "none", got "half"',
    ],
    [() => timeout(0), RangeError, 'timeout: after must be a duration in milliseconds above 0, got 0'],
    [() => timeout('5s' as never), TypeError, 'timeout: after must be a duration in milliseconds above 0, got "5s"'],
    [() => timeout(5n as never), TypeError, 'timeout: after must be a duration in milliseconds above 0, got 5n'],
    [
      () => timeout(undefined as never),
      TypeError,
      'timeout: after must be a duration in milliseconds above 0, got undefined',
    ],
    [
      () => timeout(null as never),
      TypeError,
      'timeout expects an object of options (after, mode, clock, onListenerError), got null',
    ],
    [() => deadline(-1), RangeError, 'deadline: within must be a duration in milliseconds above 0, got -1'],
    [
      () => deadline({} as never),
      TypeError,
      'deadline: within must be a duration in milliseconds above 0, or a deadline, got an object',
    ],
    [() => deadlineIn(NaN), RangeError, 'deadlineIn: ms must be a duration in milliseconds, 0 or more, got NaN'],
    [() => constant(-1), RangeError, /^constant: .* got -1$/],
    [() => linear({ first: -1 } as never), RangeError, /^linear: .* got -1$/],
    [() => policy({ clock: 7 as never }), TypeError, /^policy: clock must be a clock, .* got 7$/],
  ] as [() => unknown, typeof Error, string | RegExp][])('C3 say what is wrong: %s', (make, type, message) => {
    const error = thrownBy(make);
    expect(error).toBeInstanceOf(type);
    if (typeof message === 'string') expect((error as Error).message).toBe(message);
    else expect((error as Error).message).toMatch(message);
  });
});

describe('when Object.prototype is polluted', () => {
  const names = [...new Set(FACTORIES.flatMap(({ good }) => Object.keys(good)))];
  const prototype = Object.prototype as Given;

  afterEach(() => {
    for (const name of [...names, 'timeout', 'message', 'cause']) delete prototype[name];
  });

  it('D9 no factory and no call notices', async () => {
    const build = (): readonly string[] => {
      const guard = policy(breaker(), deadline(9_000), retry({ delay: 0 }), timeout(5_000), fallback('plan B'));
      return [String(guard), JSON.stringify(guard.describe()), JSON.stringify(guard.circuit.toJSON().state)];
    };
    const before = build();
    for (const name of [...names, 'timeout', 'message', 'cause']) {
      Object.defineProperty(prototype, name, { value: 5, writable: true, configurable: true, enumerable: true });
    }
    const after = build();
    const guard = policy(breaker({ failureThreshold: 1 }), retry({ attempts: 2, delay: 0 }), timeout(5_000));
    let calls = 0;
    const failed = await guard
      .wrap(async () => {
        calls += 1;
        throw new Error('down');
      })()
      .catch((error: Error) => error.message);
    const turnedAway = await guard
      .execute(() => 1)
      .catch((error: Error) => [error.name, error.message.slice(0, 20), Object.hasOwn(error, 'cause')]);
    for (const name of [...names, 'timeout', 'message', 'cause']) delete prototype[name];
    expect(after).toEqual(before);
    expect([failed, calls, turnedAway]).toEqual(['down', 2, ['CircuitOpenError', 'The circuit is open:', false]]);
  });
});

describe('readOptions', () => {
  const checks = { a: optional(duration, 1), b: optional(duration, 2) };

  it('gives each option its value or its default', () => {
    expect(readOptions('f', undefined, checks)).toEqual({ a: 1, b: 2 });
    expect(readOptions('f', { b: 5, a: undefined }, checks)).toEqual({ a: 1, b: 5 });
  });

  it.each([[null], [7], ['x'], [() => {}], [[]], [Symbol('s')]])('refuses %s', (value) => {
    expect(() => readOptions('f', value, checks)).toThrow(/^f expects an object of options \(a, b\), got /);
  });

  it.each([
    ['a signal', new AbortController().signal, 'an object of AbortSignal'],
    ['an abort controller, whose signal is not its own', new AbortController(), 'an object of AbortController'],
    ['a date', new Date(0), 'an object of Date'],
    ['a map', new Map([['a', 1]]), 'an object of Map'],
    ['a promise', Promise.resolve({ a: 1 }), 'an object of Promise'],
  ])('refuses %s, whose options nobody would see', (_, value, shown) => {
    expect(() => readOptions('f', value, checks)).toThrow(`f expects an object of options (a, b), got ${shown}`);
  });

  it.each([
    ['retry(3)', () => retry(3 as never), 'got 3: write { attempts: 3 }'],
    ['breaker(5)', () => breaker(5 as never), 'got 5: write { failureThreshold: 5 }'],
    ["constant(5, 'full')", () => constant(5, 'full' as never), 'got "full": write { jitter: "full" }'],
    ['wrap(fn, signal)', () => policy().wrap(() => 1, AbortSignal.abort() as never), 'got an object of AbortSignal: write { signal: … }'],
    ['fallback(null, TypeError)', () => fallback(null, TypeError as never), 'got the function TypeError: write { handle: … }'],
    ['retry(load)', () => retry(function load() {} as never), 'got the function load: to run it, write retry(…).wrap(fn)'],
    ['exponential(load)', () => exponential(function load() {} as never), 'got the function load'],
    ['retry(null)', () => retry(null as never), 'got null'],
  ])('says what was meant, where it can be told: %s', (_, make, end) => {
    const { message } = thrownBy(make) as Error;
    expect(message.slice(message.lastIndexOf(', got ') + 2)).toBe(end);
  });

  it('refuses a policy, and says where it belongs', () => {
    expect(() => readOptions('f', breaker(), checks)).toThrow(
      'f takes options, got a ready-made policy: compose those with policy(a, b) or Policy.with(a, b)',
    );
  });

  it('tells of a misspelt name before it tells of a bad value', () => {
    expect(() => readOptions('f', { a: -1, c: 1 }, checks)).toThrow('f has no option "c"; it has a, b');
  });
});

describe('the checks', () => {
  const of = (check: Check<unknown>, value: unknown): unknown => check(value, 'f: x');

  it('take what fits', () => {
    expect([0, 0.5, 2 ** 40, Infinity].map((ms) => of(duration, ms))).toEqual([0, 0.5, 2 ** 40, Infinity]);
    expect(of(positiveDuration, 0.001)).toBe(0.001);
    expect([of(wholeNumber(1), 1), of(wholeNumber(1), Infinity)]).toEqual([1, Infinity]);
    expect(of(oneOf('a', 'b'), 'b')).toBe('b');
    expect(of(optional(duration, 'none'), undefined)).toBe('none');
    expect(of(optional(duration, 'none'), 0)).toBe(0);
    expect(of(functionOf('a function'), of)).toBe(of);
  });

  it.each([
    ['duration', duration, -0.001, RangeError],
    ['duration', duration, NaN, RangeError],
    ['positiveDuration', positiveDuration, 0, RangeError],
    ['positiveDuration', positiveDuration, NaN, RangeError],
    ['wholeNumber(1)', wholeNumber(1), 0, RangeError],
    ['wholeNumber(1)', wholeNumber(1), 1.5, RangeError],
    ['wholeNumber(1)', wholeNumber(1), -Infinity, RangeError],
    ['wholeNumber(1)', wholeNumber(1), NaN, RangeError],
    ['numberThat', numberThat('even', (n) => n % 2 === 0), 3, RangeError],
    ['numberThat', numberThat('even', (n) => n % 2 === 0), new Number(2), TypeError],
    ['oneOf', oneOf('a'), 'A', TypeError],
    ['functionOf', functionOf('a function'), {}, TypeError],
  ] as [string, Check<unknown>, unknown, typeof Error][])('%s refuses what does not', (_, check, value, type) => {
    const error = thrownBy(() => of(check, value));
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(/^f: x must be .+, got .+/);
  });
});
