import { describe, expect, it } from 'vitest';
import { type Jitter, JITTERS, jittered } from '../../src/backoff/jitter.ts';

const bounds = { first: 100, max: 1_000, previous: undefined };
const draw = (jitter: Jitter, u: number, previous?: number): number =>
  jittered(400, jitter, { ...bounds, previous }, () => u);

describe('JITTERS', () => {
  it('names the four kinds', () => {
    expect(JITTERS).toEqual(['full', 'equal', 'decorrelated', 'none']);
  });
});

describe('jittered', () => {
  it('spreads full jitter from 0 to the delay', () => {
    expect([draw('full', 0), draw('full', 0.25), draw('full', 1)]).toEqual([0, 100, 400]);
  });

  it('spreads equal jitter over the upper half', () => {
    expect([draw('equal', 0), draw('equal', 0.5), draw('equal', 1)]).toEqual([200, 300, 400]);
  });

  it('B10 keeps equal jitter within its bounds where halves are rounded', () => {
    expect(jittered(3 * Number.MIN_VALUE, 'equal', bounds, () => 1)).toBe(3 * Number.MIN_VALUE);
  });

  it('spreads decorrelated jitter from the first delay to three times the one before', () => {
    expect([draw('decorrelated', 0, 200), draw('decorrelated', 0.5, 200), draw('decorrelated', 1, 200)]).toEqual([
      100, 350, 600,
    ]);
  });

  it('takes the first delay for the one before where there is none', () => {
    expect([draw('decorrelated', 0.5), draw('decorrelated', 1)]).toEqual([200, 300]);
  });

  it('keeps decorrelated jitter at or above the first delay when the one before was short', () => {
    expect(draw('decorrelated', 1, 10)).toBe(100);
  });

  it('keeps decorrelated jitter at or below the ceiling', () => {
    expect(draw('decorrelated', 1, 900)).toBe(1_000);
  });

  it('leaves the delay alone with none, and asks for no randomness', () => {
    const random = (): number => {
      throw new Error('nobody asked');
    };
    expect(jittered(400, 'none', bounds, random)).toBe(400);
  });

  it.each<[unknown, number]>([
    [-1, 0],
    [-0, 0],
    [NaN, 0],
    [7, 400],
    [Infinity, 400],
    [undefined, 0],
  ])('reads %s from a broken random source as the nearest draw that is one', (u, delay) => {
    expect(draw('full', u as number)).toBe(delay);
  });
});
