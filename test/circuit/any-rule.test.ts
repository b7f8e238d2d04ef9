import { describe, expect, it } from 'vitest';
import { anyRule } from '../../src/circuit/any-rule.ts';
import { failureRatio, slowCallRatio } from '../../src/circuit/ratio.ts';
import { consecutive, type CockatielBreaker, type TripRule } from '../../src/circuit/trip.ts';
import { lastCalls } from '../../src/circuit/windows/last-calls.ts';
import { Rig } from './rig.ts';

const under = (rule: TripRule): Rig => new Rig({ trip: rule['~start'](() => {}) });
const half = (): TripRule => failureRatio({ window: lastCalls(8), minimumCalls: 8 });
const slow = (): TripRule => slowCallRatio({ slowAfter: 100, window: lastCalls(4), minimumCalls: 4 });

describe('anyRule', () => {
  it('is plain frozen data that says what its rules do', () => {
    const rule = anyRule([consecutive(5), half(), slow()]);
    expect(rule.label).toBe('5 in a row or 50 % of the last 8 calls failed or 50 % of the last 4 calls took over 100 ms');
    expect(Object.isFrozen(rule)).toBe(true);
  });

  it('wants to know how long attempts take only where one of its rules does', () => {
    expect(anyRule([consecutive(5), half()])['~timed']).toBe(false);
    expect(anyRule([consecutive(5), slow()])['~timed']).toBe(true);
    expect(anyRule([slow(), consecutive(5)])['~timed']).toBe(true);
  });

  it('opens as soon as one of them would, whichever it is', () => {
    for (const rules of [[consecutive(5), half()], [half(), consecutive(5)]]) {
      expect(under(anyRule(rules)).play('SFFFFFFFF')).toBe(6);
      expect(under(anyRule(rules)).play('FFFFSSSSS')).toBe(8);
      expect(under(anyRule(rules)).play('SSSSSFFFSSSS')).toBe(12);
    }
  });

  it('tells each rule every outcome, also after another one has tripped', () => {
    const told: string[] = [];
    const spy = (name: string, trips: boolean): TripRule => ({
      label: name,
      '~start': () => ({
        record: (failed, failures, _time, took) => {
          told.push(`${name} ${failed} ${failures} ${took}`);
          return trips;
        },
        reset: () => told.push(`${name} reset`),
      }),
    });
    const rig = under(anyRule([spy('a', false), spy('b', true), spy('c', false)]));
    rig.fails(rig.admit(), 7);
    expect(rig.machine.state).toBe('open');
    rig.machine.reset();
    expect(told).toEqual(['a true 1 7', 'b true 1 7', 'c true 1 7', 'a reset', 'b reset', 'c reset']);
  });

  it('empties every window with a close', () => {
    const rig = under(anyRule([consecutive(5), half()]));
    rig.play('FFFFSSSS');
    expect(rig.machine.state).toBe('open');
    rig.machine.reset();
    expect(rig.play('SSSSSSSF')).toBe(8);
    expect(rig.machine.state).toBe('closed');
  });

  it('R16 takes a probe for a failed one where one of its rules does', () => {
    for (const [rule, state] of [
      [anyRule([consecutive(3), slow()]), 'open'],
      [anyRule([slow(), consecutive(3)]), 'open'],
      [anyRule([consecutive(3), half()]), 'closed'],
    ] as const) {
      const rig = under(rule);
      rig.play('FFF');
      rig.pass(1_000);
      rig.succeeds(rig.admit(), 101);
      expect(rig.machine.state).toBe(state);
    }
  });

  it('takes a breaker of cockatiel for a rule, and another combination for one', () => {
    const told: boolean[] = [];
    const breaker: CockatielBreaker = { state: undefined, success: () => void told.push(true), failure: () => told.push(false) === 2 };
    const rule = anyRule([breaker, anyRule([consecutive(9)])]);
    expect(rule.label).toBe('cockatiel breaker or 9 in a row');
    expect(under(rule).play('SFFF')).toBe(2);
    expect(told).toEqual([true, false]);
  });

  it('reports what a foreign rule throws', () => {
    const thrown: unknown[] = [];
    const breaker: CockatielBreaker = {
      state: undefined,
      success: () => {},
      failure: () => {
        throw new Error('boom');
      },
    };
    const rig = new Rig({ trip: anyRule([consecutive(9), breaker])['~start']((error) => thrown.push(error)) });
    rig.play('FF');
    expect([rig.machine.state, thrown.length]).toEqual(['closed', 2]);
  });

  it('refuses an empty list, and what is no rule, with a TypeError', () => {
    expect(() => anyRule([])).toThrow(TypeError);
    expect(() => anyRule([])).toThrow('anyOf expects at least one trip rule, such as consecutive(5), got none');
    const bad = (): TripRule => anyRule([consecutive(5), 5 as never]);
    expect(bad).toThrow(TypeError);
    expect(bad).toThrow('anyOf: argument 2 must be a trip rule such as consecutive(5), or a cockatiel breaker, got 5');
  });
});
