import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant, exponential, linear } from '../../src/backoff/backoff.ts';
import { type Backoff, delayOf, MAX_DELAY, nominalDelay } from '../../src/backoff/backoff-data.ts';
import { retryBudget } from '../../src/backoff/budget.ts';
import { delayRule } from '../../src/backoff/delays.ts';
import { retryAfterHint } from '../../src/backoff/hint.ts';
import { type Jitter, JITTERS } from '../../src/backoff/jitter.ts';
import { recoveryRule } from '../../src/backoff/recovery.ts';
import { failed } from '../helpers/delays.ts';

const jitters = fc.constantFrom<Jitter[]>(...JITTERS);
const durations = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 1e15, noNaN: true }));
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const previousDelays = fc.option(durations, { nil: undefined });
const indexes = fc.oneof(fc.nat(100), fc.nat(1_000_000), fc.constantFrom(1_023, 1_024, 1_000_000));

/** Any backoff there can be: `first` is brought below `max`, as construction demands. */
const backoffs: fc.Arbitrary<Backoff> = fc
  .tuple(durations, durations, durations, fc.double({ min: 1, max: 1e300, noNaN: true }), fc.nat(2))
  .map(([a, b, step, factor, kind]) => {
    const [first, max] = [Math.min(a, b), Math.max(a, b)];
    if (kind === 0) return constant(first);
    return kind === 1 ? linear({ first, step, max }) : exponential({ first, factor, max });
  });

describe('delayOf', () => {
  it('B9 is finite and from 0 to the ceiling for any index up to a million', () => {
    fc.assert(
      fc.property(backoffs, indexes, previousDelays, jitters, fc.double(), (backoff, index, previous, jitter, u) => {
        const delay = delayOf(backoff, index, previous, jitter, () => u);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(backoff.max);
        expect(backoff.max).toBeLessThanOrEqual(MAX_DELAY);
        expect(Object.is(delay, -0)).toBe(false);
      }),
    );
  });

  it('B9 holds along every delay of a call of a thousand retries', () => {
    fc.assert(
      fc.property(backoffs, jitters, fc.infiniteStream(unit), (backoff, jitter, draws) => {
        const source = delayRule(backoff, jitter, 'x').start(() => draws.next().value ?? 0);
        const delays = Array.from({ length: 1_000 }, (_, index) => source.next(failed(index + 1)) as number);
        expect(delays.every((delay) => delay >= 0 && delay <= backoff.max)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('B10 stays within the bounds of its jitter', () => {
    fc.assert(
      fc.property(backoffs, indexes, durations, unit, (backoff, index, earlier, u) => {
        const draw = (jitter: Jitter): number => delayOf(backoff, index, previous, jitter, () => u);
        const previous = Math.min(earlier, backoff.max);
        const nominal = nominalDelay(backoff, index);
        const within = (delay: number, low: number, high: number): void => {
          expect(delay).toBeGreaterThanOrEqual(low);
          expect(delay).toBeLessThanOrEqual(high);
        };
        within(draw('full'), 0, nominal);
        within(draw('equal'), nominal / 2, nominal);
        const spread = Math.max(backoff.first, 3 * previous);
        // The sum first + u·(spread − first) may be off by a rounding of its last place.
        within(draw('decorrelated'), Math.min(backoff.first, backoff.max), Math.min(backoff.max, spread * (1 + 1e-15)));
        within(draw('none'), nominal, nominal);
      }),
    );
  });

  it('B10 reaches both ends of its bounds', () => {
    fc.assert(
      fc.property(backoffs, indexes, (backoff, index) => {
        const draw = (jitter: Jitter, u: number): number => delayOf(backoff, index, undefined, jitter, () => u);
        const nominal = nominalDelay(backoff, index);
        expect([draw('full', 0), draw('full', 1)]).toEqual([0, nominal]);
        expect([draw('equal', 0), draw('equal', 1)]).toEqual([nominal / 2, nominal]);
        expect(draw('decorrelated', 0)).toBe(backoff.first);
      }),
    );
  });

  it('B9 never shrinks without jitter, from one index to the next', () => {
    fc.assert(
      fc.property(backoffs, indexes, (backoff, index) => {
        expect(nominalDelay(backoff, index + 1)).toBeGreaterThanOrEqual(nominalDelay(backoff, index));
      }),
    );
  });
});

describe('delayRule', () => {
  const AT = 'retry: delay';
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });

  it('C3 answers junk of every type with a rule or a TypeError or RangeError that names the option', () => {
    let refused = 0;
    fc.assert(
      fc.property(anything, fc.boolean(), (junk, recovery) => {
        const outcome = caught(() => (recovery ? recoveryRule(junk, AT) : delayRule(junk, undefined, AT)));
        refused += outcome === undefined ? 0 : 1;
        expect(outcome === undefined || outcome instanceof TypeError || outcome instanceof RangeError).toBe(true);
        expect(outcome === undefined || (outcome as Error).message.startsWith(AT)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(refused).toBeGreaterThan(600);
  });

  it('R19 gives the same delays to every call, the last one repeated', () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1 }), fc.nat(40), fc.boolean(), (list, count, asSet) => {
        const given = asSet ? { [Symbol.iterator]: () => list.values() } : list;
        const rule = delayRule(given, undefined, 'x');
        const entry = (i: number): number => Math.min(MAX_DELAY, list[Math.min(i, list.length - 1)]!);
        const expected = Array.from({ length: count }, (_, i) => entry(i));
        for (let call = 0; call < 2; call += 1) {
          const source = rule.start(Math.random);
          expect(Array.from({ length: count }, (_, i) => source.next(failed(i + 1)))).toEqual(expected);
        }
      }),
    );
  });
});

describe('retryAfterHint', () => {
  const numbers = fc.oneof(fc.double(), fc.integer()).map(String);
  const dates = fc.date({ noInvalidDate: true }).map((date) => date.toUTCString());
  const texts = fc.oneof(fc.string(), numbers, dates, fc.stringMatching(/^[ \d.:,+eGMT-]*$/));
  // A third of what is sent is a hint that can be read, or the property would hold of a reader that reads nothing.
  const readable = fc.integer({ min: 1, max: 1_000_000 }).map(String);
  const values = fc.oneof({ weight: 3, arbitrary: readable }, { weight: 2, arbitrary: texts }, { weight: 1, arbitrary: fc.anything() });
  const names = fc.constantFrom('retry-after', 'Retry-After', 'RETRY-AFTER', 'retry-after-ms', 'Retry-After-Ms', 'get');
  const plain = fc.dictionary(names, values);
  const real = fc.dictionary(names, texts).map((entries) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(entries)) headers.set(name, value.replace(/[^ -~]/g, '?'));
    return headers;
  });
  const headers = fc.oneof(plain, real, fc.anything());
  const sources = fc.oneof(
    { weight: 3, arbitrary: fc.record({ headers: plain, response: fc.record({ headers }) }, { requiredKeys: [] }) },
    fc.record({ headers, response: fc.record({ headers }) }, { requiredKeys: [] }),
    fc.record({ headers: values, response: values }),
    fc.anything(),
  );

  it('S10 is never ≤ 0, NaN or above 2³¹−1, and never throws, whatever comes', () => {
    let read = 0;
    fc.assert(
      fc.property(sources, fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double()), (source, wall) => {
        const hint = retryAfterHint(source, wall);
        if (hint === undefined) return;
        read += 1;
        expect(hint > 0 && hint <= MAX_DELAY).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(read).toBeGreaterThan(600);
  });

  it('S10 agrees with the date that was sent, to the second that HTTP knows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 1, max: 2_000_000 }), (second, ahead) => {
        const date = new Date((second + ahead) * 1_000).toUTCString();
        expect(retryAfterHint({ headers: { 'Retry-After': date } }, second * 1_000)).toBe(ahead * 1_000);
      }),
    );
  });
});

describe('retryBudget', () => {
  const upTo1000 = fc.integer({ min: 1, max: 1_000 });
  const frames = fc.record({ tokens: upTo1000, thousandths: upTo1000 });

  it('R18 agrees with a model that recounts the log in whole thousandths', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.boolean(), { maxLength: 300 }), ({ tokens, thousandths }, log) => {
        const budget = retryBudget({ tokens, ratio: thousandths / 1_000 });
        let model = BigInt(tokens) * 1_000n;
        const max = model;
        for (const success of log) {
          const change = success ? BigInt(thousandths) : -1_000n;
          model = [0n, model + change, max].sort((a, b) => Number(a - b))[1]!;
          const granted = success ? budget['~succeeded']() : budget['~failed']();
          expect(granted).toBe(success ? undefined : 2n * model > max);
          expect(budget.tokens).toBe(Number(model) / 1_000);
        }
      }),
    );
  });

  it('B12 grants no more retries than half of the tokens and the ratio of the successes', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.boolean(), { maxLength: 300 }), ({ tokens, thousandths }, log) => {
        const budget = retryBudget({ tokens, ratio: thousandths / 1_000 });
        const successes = log.filter(Boolean).length;
        const outcomes = log.map((success) => (success ? budget['~succeeded']() : budget['~failed']()));
        const granted = outcomes.filter((outcome) => outcome === true).length;
        expect(granted * 1_000).toBeLessThanOrEqual(tokens * 500 + successes * thousandths);
      }),
    );
  });
});

function caught(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
