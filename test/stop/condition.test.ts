import { describe, expect, it } from 'vitest';
import {
  anyOf,
  breaker,
  circuitOpen,
  consecutive,
  deadlineExpired,
  maxIterations,
  not,
  noProgress,
  stopCondition,
  stopWhen,
  type StopCondition,
} from '../../src/index.ts';
import { thrownBy } from '../helpers/functions.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

/** A condition in a test's hand, which keeps how often it was asked. */
function hand(kind: string): StopCondition & { holds: boolean; asked: number } {
  const state = { holds: false, asked: 0 };
  const condition = stopCondition(kind, () => {
    state.asked += 1;
    return state.holds && `It is ${kind}.`;
  });
  return Object.defineProperties(condition, {
    holds: { get: () => state.holds, set: (holds: boolean): void => { state.holds = holds; } },
    asked: { get: () => state.asked },
  }) as never;
}

const reasonOf = (condition: StopCondition): unknown => stopWhen(condition).peek();

describe('or', () => {
  it('holds where one holds, and has the reason of the first that does', () => {
    const [a, b, c] = [hand('a'), hand('b'), hand('c')];
    const any = a.or(b, c);
    expect(reasonOf(any)).toBeUndefined();
    c.holds = true;
    expect(reasonOf(any)).toEqual({ kind: 'c', message: 'It is c.' });
    a.holds = true;
    expect(reasonOf(any)).toEqual({ kind: 'a', message: 'It is a.' });
    expect([a.asked, b.asked, c.asked]).toEqual([3, 2, 2]);
  });

  it('is the same as anyOf', () => {
    const [a, b] = [hand('a'), hand('b')];
    const any = anyOf(a, b);
    expect([any.label, a.or(b).label, reasonOf(any)]).toEqual(['a or b', 'a or b', undefined]);
    b.holds = true;
    expect(reasonOf(any)).toEqual({ kind: 'b', message: 'It is b.' });
    expect(reasonOf(anyOf(b))).toEqual({ kind: 'b', message: 'It is b.' });
  });
});

describe('and', () => {
  it('holds where all hold, and has all their reasons in order', () => {
    const [a, b, c] = [hand('a'), hand('b'), hand('c')];
    const all = a.and(b, c);
    a.holds = c.holds = true;
    expect(reasonOf(all)).toBeUndefined();
    expect(c.asked).toBe(0);
    b.holds = true;
    expect(reasonOf(all)).toEqual({
      kind: 'all',
      message: 'It is a. It is b. It is c.',
      reasons: [
        { kind: 'a', message: 'It is a.' },
        { kind: 'b', message: 'It is b.' },
        { kind: 'c', message: 'It is c.' },
      ],
    });
  });
});

describe('not', () => {
  it('holds where the condition does not, and says why that is', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ clock });
    const stop = (condition: StopCondition): unknown => stopWhen(condition, { clock }).peek();
    expect(stop(not(circuitOpen(circuit)))).toEqual({
      kind: 'not',
      message: 'The circuit admits calls.',
      reason: { kind: 'circuit-open', message: 'The circuit admits calls.', state: 'closed', retryAfterMs: 0 },
    });
    circuit.open();
    expect(stop(not(circuitOpen(circuit)))).toBeUndefined();
    expect(stop(not(maxIterations(3)))).toMatchObject({ message: 'The loop has made 0 iterations of 3.' });
    const moving = stopWhen(not(noProgress(10_000)), { clock });
    await clock.advance(2_000);
    expect(moving.peek()).toMatchObject({ message: 'The loop made progress 2 s ago.' });
    expect(stop(not(hand('a')))).toMatchObject({ message: 'It does not hold: a.', reason: { kind: 'a' } });
  });

  it.each([
    [Infinity, 'There is no deadline.'],
    [4_000, 'The deadline is 4 s away.'],
  ])('says of a deadline that is %d ms away how far that is', (ms, message) => {
    expect(reasonOf(not(deadlineExpired({ remainingMs: ms })))).toMatchObject({ message, reason: { remainingMs: ms } });
  });

  it('of several says what holds them back: of an `and` the first that does not hold, of an `or` that none does', () => {
    const [a, b] = [hand('a'), hand('b')];
    a.holds = true;
    expect(reasonOf(not(a.and(b)))).toEqual({
      kind: 'not',
      message: 'It does not hold: b.',
      reason: { kind: 'b', message: 'It does not hold: b.' },
    });
    a.holds = false;
    expect(reasonOf(not(a.or(b)))).toMatchObject({
      message: 'It does not hold: a. It does not hold: b.',
      reason: { kind: 'all', reasons: [{ kind: 'a' }, { kind: 'b' }] },
    });
    b.holds = true;
    expect(reasonOf(not(a.or(b)))).toBeUndefined();
  });

  it('twice is what it was', () => {
    const a = hand('a');
    const twice = not(not(a));
    expect(reasonOf(twice)).toBeUndefined();
    a.holds = true;
    expect(reasonOf(twice)).toMatchObject({ kind: 'not', message: 'It is a.' });
  });
});

describe('the conditions', () => {
  it('obey the laws of De Morgan, whatever holds', () => {
    const parts = [hand('a'), hand('b'), hand('c')] as const;
    const [a, b, c] = parts;
    for (let bits = 0; bits < 8; bits += 1) {
      for (const [i, part] of parts.entries()) part.holds = ((bits >> i) & 1) === 1;
      const holds = (condition: StopCondition): boolean => reasonOf(condition) !== undefined;
      expect(holds(not(a.or(b, c)))).toBe(holds(not(a).and(not(b), not(c))));
      expect(holds(not(a.and(b, c)))).toBe(holds(not(a).or(not(b), not(c))));
      expect(holds(a.and(b).or(c))).toBe((a.holds && b.holds) || c.holds);
      expect(holds(a.and(b.or(c)))).toBe(a.holds && (b.holds || c.holds));
    }
  });

  it('say what they are in a few words', () => {
    const [a, b, c] = [hand('a'), hand('b'), hand('c')];
    expect(String(a.or(b).or(c))).toBe('a or b or c');
    expect(String(a.and(b).and(c))).toBe('a and b and c');
    expect(String(a.and(b).or(c))).toBe('(a and b) or c');
    expect(String(a.or(b).and(c))).toBe('(a or b) and c');
    expect(String(not(a))).toBe('not a');
    expect(String(not(a.or(b)))).toBe('not (a or b)');
    expect(String(not(a.and(b)))).toBe('not (a and b)');
  });

  it('keep nothing of a loop: two loops count for themselves', () => {
    const condition = maxIterations(3).or(hand('a'));
    const [one, two] = [stopWhen(condition), stopWhen(condition)];
    expect([one.check(), one.check(), two.check()]).toEqual([false, false, false]);
    expect([[...one], [...two]]).toEqual([[3], [2, 3]]);
  });

  it('of another copy of the package are conditions, too', () => {
    const foreign = { label: 'x', '~look': () => ({ holds: true, reason: { kind: 'x', message: 'X.' } }) };
    expect(reasonOf(foreign as never)).toEqual({ kind: 'x', message: 'X.' });
    expect(reasonOf(hand('a').or(foreign as never))).toEqual({ kind: 'x', message: 'X.' });
  });
});

describe('what is no condition', () => {
  const messageOf = (fn: () => unknown): string => (thrownBy(fn) as TypeError).message;
  const junk = (value: unknown): never => value as never;

  it.each([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a breaker', breaker(), 'an object of BreakerObject'],
    ['an object that only inherits', Object.create({ '~look': () => {} }), 'an object'],
    ['a function', () => true, "the function (without a name): write stopCondition('its name', () => …)"],
  ])('is refused: %s', (_, given, got) => {
    const expects = 'expects a stop condition such as maxIterations(10), got';
    expect(thrownBy(() => stopWhen(junk(given)))).toBeInstanceOf(TypeError);
    expect(messageOf(() => stopWhen(junk(given)))).toBe(`stopWhen ${expects} ${got}`);
    expect(messageOf(() => not(junk(given)))).toBe(`not ${expects} ${got}`);
    const second = got.replace(/^[^:]*/, (what) => `${what} as condition 2`);
    expect(messageOf(() => hand('a').or(junk(given)))).toBe(`or ${expects} ${second}`);
    expect(messageOf(() => hand('a').and(junk(given)))).toBe(`and ${expects} ${second}`);
  });

  it('is refused by anyOf beside conditions, a trip rule as well', () => {
    const expects = 'anyOf joins trip rules, or stop conditions, not both: got';
    expect(messageOf(() => anyOf(junk(hand('a')), junk(consecutive(5))))).toBe(`${expects} an object as argument 2 beside stop conditions`);
    expect(messageOf(() => anyOf(junk('x'), junk(hand('a'))))).toBe(`${expects} "x" as argument 1 beside stop conditions`);
    expect(messageOf(() => anyOf())).toContain('at least one trip rule');
    expect(anyOf(consecutive(5), consecutive(7)).label).toBe('5 in a row or 7 in a row');
  });
});
