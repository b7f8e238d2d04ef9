/** R7: what people do to a circuit. */
import { describe, expect, it } from 'vitest';
import { Rig } from './rig.ts';

/** A circuit in each state, `failures` 3 in all of them but the closed one, which has 2. */
function inState(state: 'closed' | 'open' | 'half-open' | 'isolated'): Rig {
  const rig = new Rig({ recovery: (reopenings) => 1_000 * 2 ** reopenings });
  if (state === 'closed') rig.failures(2);
  if (state === 'open') rig.trip();
  if (state === 'half-open') rig.probe();
  if (state === 'isolated') {
    rig.trip();
    rig.machine.isolate();
  }
  rig.turns.length = 0;
  return rig;
}

describe('CircuitMachine', () => {
  describe('open()', () => {
    it('R7 opens a closed circuit with the failures that it has, and makes what is in flight stale', () => {
      const rig = inState('closed');
      const call = rig.admit();
      rig.open();
      expect(rig.reads6).toEqual(['open', true, 1_000, 2]);
      expect(rig.turns).toEqual(['closed → open']);
      expect(rig.fails(call)).toBe(false);
    });

    it('A8 R7 begins the time of an open circuit anew, which is no transition', () => {
      const rig = inState('open');
      rig.pass(900);
      rig.open();
      expect(rig.reads6).toEqual(['open', true, 1_000, 3]);
      expect(rig.turns).toEqual([]);
    });

    it('R7 opens a half-open circuit, and its probe has no say any more', () => {
      const rig = new Rig();
      const probe = rig.probe();
      rig.open();
      expect(rig.reads6).toEqual(['open', true, 1_000, 3]);
      expect(rig.succeeds(probe)).toBe(false);
      expect(rig.turns.at(-1)).toBe('half-open → open');
    });

    it('R7 R8 is no step of growth: the recovery time is drawn anew at the same index', () => {
      const drawn: number[] = [];
      const rig = new Rig({ recovery: (reopenings) => drawn.push(reopenings) * 1_000 });
      rig.fails(rig.probe());
      expect(rig.machine.reopenings).toBe(1);
      rig.open();
      rig.open();
      expect(rig.machine.reopenings).toBe(1);
      expect(drawn).toEqual([0, 1, 1, 1]);
      expect(rig.retryAfterMs).toBe(4_000);
    });

    it('R7 leaves an isolated circuit alone', () => {
      const rig = inState('isolated');
      rig.open();
      expect([rig.machine.state, rig.turns]).toEqual(['isolated', []]);
    });
  });

  describe('reset()', () => {
    it.each(['open', 'half-open'] as const)('R7 closes it when %s, with nothing left of the past', (state) => {
      const rig = inState(state);
      rig.machine.reset();
      expect(rig.reads6).toEqual(['closed', false, 0, 0]);
      expect(rig.machine.reopenings).toBe(0);
      expect(rig.turns).toEqual([`${state} → closed`]);
    });

    it('R7 empties a closed circuit and makes what is in flight stale, which is no transition', () => {
      const rig = inState('closed');
      const call = rig.admit();
      rig.machine.reset();
      expect(rig.machine.failures).toBe(0);
      expect([rig.machine.holds(call), rig.fails(call)]).toEqual([false, false]);
      expect(rig.machine.holds(rig.admit())).toBe(true);
      expect(rig.turns).toEqual([]);
    });

    it('R7 leaves an isolated circuit alone', () => {
      const rig = inState('isolated');
      rig.machine.reset();
      expect(rig.reads6).toEqual(['isolated', true, Infinity, 3]);
      expect(rig.turns).toEqual([]);
    });

    it('R7 A13 tells the trip rule to forget, as does every other way to close', () => {
      let forgotten = 0;
      const rig = new Rig({ trip: { record: (_, failures) => failures >= 3, reset: () => (forgotten += 1) } });
      rig.machine.reset();
      expect(forgotten).toBe(1);
      rig.succeeds(rig.probe());
      expect(forgotten).toBe(2);
      rig.machine.isolate();
      expect(forgotten).toBe(2);
      rig.machine.release();
      expect(forgotten).toBe(3);
    });
  });

  describe('isolate()', () => {
    it.each(['closed', 'open', 'half-open'] as const)('A13 dominates when %s: nobody is admitted', (state) => {
      const rig = inState(state);
      const { failures } = rig.machine;
      rig.machine.isolate();
      rig.pass(1e9);
      expect(rig.reads6).toEqual(['isolated', true, Infinity, failures]);
      expect(rig.tryAdmit()).toBeUndefined();
      expect(rig.turns).toEqual([`${state} → isolated`]);
    });

    it('A13 takes nothing from late results, also after the release', () => {
      const rig = new Rig({ threshold: 1 });
      const call = rig.admit();
      rig.machine.isolate();
      expect([rig.machine.holds(call), rig.fails(call), rig.succeeds(call)]).toEqual([false, false, false]);
      rig.machine.release();
      expect([rig.machine.holds(call), rig.fails(call), rig.succeeds(call)]).toEqual([false, false, false]);
      expect(rig.reads6).toEqual(['closed', false, 0, 0]);
    });

    it('A13 takes nothing from a probe that comes late', () => {
      const rig = new Rig();
      const probe = rig.probe();
      rig.machine.isolate();
      expect([rig.machine.holds(probe), rig.fails(probe)]).toEqual([false, false]);
      expect(rig.machine.state).toBe('isolated');
    });

    it('A13 counts its handles: the last release closes, with an empty window', () => {
      const rig = inState('closed');
      rig.machine.isolate();
      rig.machine.isolate();
      rig.machine.isolate();
      rig.machine.release();
      rig.machine.release();
      expect(rig.reads6).toEqual(['isolated', true, Infinity, 2]);
      rig.machine.release();
      expect(rig.reads6).toEqual(['closed', false, 0, 0]);
      expect(rig.turns).toEqual(['closed → isolated', 'isolated → closed']);
    });

    it('keeps the reopenings in sight until the release', () => {
      const rig = new Rig();
      rig.fails(rig.probe());
      rig.machine.isolate();
      expect(rig.machine.reopenings).toBe(1);
      rig.machine.release();
      expect(rig.machine.reopenings).toBe(0);
    });
  });

  describe('release()', () => {
    it.each(['closed', 'open', 'half-open'] as const)('changes nothing when %s', (state) => {
      const rig = inState(state);
      const before = rig.reads6;
      rig.machine.release();
      expect(rig.reads6).toEqual(before);
      expect(rig.turns).toEqual([]);
    });

    it('does not count in advance for a later isolation', () => {
      const rig = new Rig();
      rig.machine.release();
      rig.machine.isolate();
      expect(rig.machine.state).toBe('isolated');
      rig.machine.release();
      expect(rig.machine.state).toBe('closed');
    });
  });
});
