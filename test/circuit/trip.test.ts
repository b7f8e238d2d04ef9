import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { describe, expect, it } from 'vitest';
import { consecutive, tripRule, type CockatielBreaker, type TripRule } from '../../src/circuit/trip.ts';
import { Rig } from './rig.ts';

describe('consecutive', () => {
  it('is plain frozen data that says what it does', () => {
    const rule = consecutive(5);
    expect(rule.label).toBe('5 in a row');
    expect(Object.isFrozen(rule)).toBe(true);
  });

  it('is one and the same for the same number, as long as no other is asked for', () => {
    const rule = consecutive(5);
    expect(consecutive(5)).toBe(rule);
    expect(consecutive(6).label).toBe('6 in a row');
  });

  it.each([1, 2, 5, 100])('opens at exactly %d failures in a row', (threshold) => {
    const rig = new Rig({ trip: consecutive(threshold)['~start'](() => {}) });
    rig.failures(threshold - 1);
    expect(rig.machine.state).toBe('closed');
    rig.failures(1);
    expect(rig.machine.state).toBe('open');
  });

  it('S19 never opens on F F F S S, however often', () => {
    const rig = new Rig({ trip: consecutive(5)['~start'](() => {}) });
    for (let round = 0; round < 10_000; round += 1) {
      rig.failures(3);
      rig.succeeds(rig.admit());
      rig.succeeds(rig.admit());
    }
    expect([rig.machine.state, rig.machine.failures]).toEqual(['closed', 0]);
  });

  it('never opens after infinitely many', () => {
    const rig = new Rig({ trip: consecutive(Infinity)['~start'](() => {}) });
    rig.failures(1_000);
    expect(rig.machine.state).toBe('closed');
  });

  it('counts for each circuit apart, though one rule is given to both', () => {
    const rule = consecutive(2);
    const [one, other] = [new Rig({ trip: rule['~start'](() => {}) }), new Rig({ trip: rule['~start'](() => {}) })];
    one.failures(1);
    other.failures(1);
    expect([one.machine.state, other.machine.state]).toEqual(['closed', 'closed']);
  });

  it.each([0, -1, 1.5, NaN, -Infinity])('refuses %d with a RangeError', (failures) => {
    expect(() => consecutive(failures)).toThrow(RangeError);
    expect(() => consecutive(failures)).toThrow(
      `consecutive: failures must be a whole number of at least 1, got ${failures}`,
    );
  });

  it.each(['5', undefined, null, 5n, {}])('refuses %s with a TypeError', (failures) => {
    const make = (): TripRule => consecutive(failures as number);
    expect(make).toThrow(TypeError);
    expect(make).toThrow('consecutive: failures must be a whole number of at least 1, got');
  });
});

describe('tripRule', () => {
  it('answers a rule of ours as it is', () => {
    const rule = consecutive(5);
    expect(tripRule(rule, 'breaker: trip')).toBe(rule);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 5, '5'],
    ['a factory uncalled', consecutive, 'the function consecutive'],
    ['a class', cockatiel4.ConsecutiveBreaker, 'the function ConsecutiveBreaker'],
    ['an empty object', {}, 'an object'],
    ['half a cockatiel breaker', { state: 0, success: () => {} }, 'an object'],
    ['the other half', { state: 0, failure: () => true }, 'an object'],
    ['a start that is no function', { label: 'mine', '~start': true }, 'an object'],
    ['a start that is inherited', Object.create(consecutive(5)), 'an object'],
  ])('refuses %s with a TypeError that says what it takes', (_, junk, shown) => {
    const read = (): TripRule => tripRule(junk, 'breaker: trip');
    expect(read).toThrow(TypeError);
    const expects = 'a trip rule such as consecutive(5), or a cockatiel breaker';
    expect(read).toThrow(`breaker: trip must be ${expects}, got ${shown}`);
  });

  it('tells a cockatiel breaker of each outcome while closed, and of the close', () => {
    const told: string[] = [];
    const breaker: CockatielBreaker = {
      state: undefined,
      success: (state) => void told.push(`success(${state})`),
      failure: (state) => told.push(`failure(${state})`) === 4,
    };
    const rule = tripRule(breaker, 'breaker: trip');
    expect(rule.label).toBe('cockatiel breaker');
    expect(Object.isFrozen(rule)).toBe(true);
    const rig = new Rig({ trip: rule['~start'](() => {}) });
    rig.fails(rig.admit());
    rig.succeeds(rig.admit());
    rig.ignored(rig.admit());
    rig.fails(rig.admit());
    expect(rig.machine.state).toBe('closed');
    rig.fails(rig.admit());
    expect(rig.machine.state).toBe('open');
    rig.pass(1_000);
    rig.succeeds(rig.admit());
    expect(rig.machine.state).toBe('closed');
    expect(told).toEqual(['failure(0)', 'success(0)', 'failure(0)', 'failure(0)', 'success(2)']);
  });

  describe.each([
    { version: '3.2.1', cockatiel: cockatiel3 },
    { version: '4.0.0', cockatiel: cockatiel4 },
  ])('when cockatiel is $version', ({ cockatiel }) => {
    it('opens when its ConsecutiveBreaker says so, and starts from nothing after a close', () => {
      const rig = new Rig({ trip: tripRule(new cockatiel.ConsecutiveBreaker(3), 'trip')['~start'](() => {}) });
      for (let round = 0; round < 2; round += 1) {
        rig.failures(2);
        expect(rig.machine.state).toBe('closed');
        rig.failures(1);
        expect(rig.machine.state).toBe('open');
        rig.machine.reset();
      }
    });

    it('opens when its CountBreaker says so, and starts from an empty window after a close', () => {
      const breaker = new cockatiel.CountBreaker({ threshold: 0.5, size: 10, minimumNumberOfCalls: 4 });
      const rig = new Rig({ trip: tripRule(breaker, 'trip')['~start'](() => {}) });
      rig.succeeds(rig.admit());
      rig.failures(2);
      expect(rig.machine.state).toBe('closed');
      rig.failures(1);
      expect(rig.machine.state).toBe('open');
      rig.machine.reset();
      rig.failures(2);
      expect(rig.machine.state).toBe('closed');
    });

    it('takes its SamplingBreaker', () => {
      const breaker = new cockatiel.SamplingBreaker({ threshold: 0.2, duration: 1_000, minimumRps: 1 });
      const rig = new Rig({ trip: tripRule(breaker, 'trip')['~start'](() => {}) });
      rig.failures(1);
      expect(rig.machine.state).toBe('open');
    });
  });
});
