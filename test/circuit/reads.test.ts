/** What people read off a circuit, and how it reads its clocks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rig } from './rig.ts';

describe('CircuitMachine', () => {
  describe('R6 the table of readings: state, isOpen, retryAfterMs, failures', () => {
    it('R6 closed', () => {
      const rig = new Rig();
      rig.failures(2);
      expect(rig.reads6).toEqual(['closed', false, 0, 2]);
    });

    it('R6 open, with whole milliseconds rounded up', () => {
      const rig = new Rig({ recovery: 999.5 });
      rig.trip();
      expect(rig.reads6).toEqual(['open', true, 1_000, 3]);
      rig.pass(999.25);
      expect(rig.reads6).toEqual(['open', true, 1, 3]);
    });

    it('R6 open, recovery over: it moves only when a call is admitted', () => {
      const rig = new Rig();
      rig.trip();
      rig.pass(1_000);
      expect(rig.reads6).toEqual(['open', false, 0, 3]);
      rig.pass(1e6);
      expect(rig.reads6).toEqual(['open', false, 0, 3]);
      expect(rig.turns).toEqual(['closed → open']);
      rig.admit();
      expect(rig.turns).toEqual(['closed → open', 'open → half-open']);
    });

    it('R6 half-open with a free slot', () => {
      const rig = new Rig({ probes: 2 });
      rig.probe();
      expect(rig.reads6).toEqual(['half-open', false, 0, 3]);
    });

    it('R6 half-open and full: until the earliest lease ends', () => {
      const rig = new Rig({ probes: 2, probeLease: 500 });
      rig.probe();
      rig.pass(100);
      rig.admit();
      expect(rig.reads6).toEqual(['half-open', true, 400, 3]);
      rig.pass(399.75);
      expect(rig.reads6).toEqual(['half-open', true, 1, 3]);
    });

    it('R6 isolated', () => {
      const rig = new Rig();
      rig.failures(2);
      rig.machine.isolate();
      expect(rig.reads6).toEqual(['isolated', true, Infinity, 2]);
    });

    it('R6 one failure more for each failed probe, and none after a close', () => {
      const rig = new Rig();
      rig.fails(rig.probe());
      expect(rig.machine.failures).toBe(4);
      rig.pass(1_000);
      rig.fails(rig.admit());
      expect(rig.machine.failures).toBe(5);
      rig.pass(1_000);
      rig.succeeds(rig.admit());
      expect(rig.machine.failures).toBe(0);
    });
  });

  it('F7 says "open" exactly where a call would be turned away, whatever fractions the clocks show', () => {
    const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, ms, (start, recovery, later, later2) => {
        const rig = new Rig({ recovery, probeLease: recovery, at: { mono: start, wall: start } });
        rig.trip();
        for (const step of [later, later2]) {
          rig.mono += step;
          const { isOpen, retryAfterMs } = rig;
          expect(retryAfterMs > 0).toBe(isOpen);
          expect(Number.isInteger(retryAfterMs)).toBe(true);
          expect(rig.tryAdmit() === undefined).toBe(isOpen);
        }
      }),
    );
  });

  it('has one permit for all calls while closed, and none to give away in any other state', () => {
    const rig = new Rig();
    const { closedPermit } = rig.machine;
    expect(closedPermit).toEqual({ probe: false });
    expect(rig.machine.admit(rig.time)).toBe(closedPermit);
    rig.trip();
    expect(rig.machine.closedPermit).toBeUndefined();
    rig.pass(1_000);
    rig.admit();
    expect([rig.machine.state, rig.machine.closedPermit]).toEqual(['half-open', undefined]);
    rig.machine.isolate();
    expect(rig.machine.closedPermit).toBeUndefined();
  });

  describe('when the recovery time grows', () => {
    it('R8 draws it once an opening, with the reopenings since the last close', () => {
      const drawn: number[] = [];
      const recovery = (reopenings: number): number => (drawn.push(reopenings), 1_000 * 2 ** reopenings);
      const rig = new Rig({ recovery });
      rig.trip();
      expect([rig.isOpen, rig.retryAfterMs, rig.isOpen]).toEqual([true, 1_000, true]);
      for (const next of [2_000, 4_000, 8_000]) {
        rig.pass(rig.retryAfterMs);
        rig.fails(rig.admit());
        expect(rig.retryAfterMs).toBe(next);
      }
      expect([rig.machine.reopenings, drawn]).toEqual([3, [0, 1, 2, 3]]);
      rig.pass(8_000);
      rig.succeeds(rig.admit());
      expect(rig.machine.reopenings).toBe(0);
      rig.trip();
      expect([rig.retryAfterMs, drawn]).toEqual([1_000, [0, 1, 2, 3, 0]]);
    });
  });

  describe('when the clocks disagree', () => {
    it('A11 R31 is not held open longer by a wall clock that goes back an hour', () => {
      const rig = new Rig();
      rig.trip();
      rig.pass(400);
      rig.wall -= 3_600_000;
      expect(rig.retryAfterMs).toBe(600);
      rig.pass(600);
      expect(rig.admit().probe).toBe(true);
    });

    it('A12 R31 ends with the wall clock where the monotonic one stood still: the machine slept', () => {
      const rig = new Rig();
      rig.trip();
      rig.wall += 999;
      expect([rig.isOpen, rig.retryAfterMs]).toEqual([true, 1]);
      rig.wall += 1;
      expect([rig.isOpen, rig.retryAfterMs]).toEqual([false, 0]);
      expect(rig.admit().probe).toBe(true);
    });

    it('A12 R31 ends with the monotonic clock where the wall clock stood still', () => {
      const rig = new Rig();
      rig.trip();
      rig.mono += 1_000;
      expect(rig.admit().probe).toBe(true);
    });

    it('A12 R31 is as it was when a wall clock went forward and back again', () => {
      const rig = new Rig();
      rig.trip();
      rig.pass(100);
      rig.wall += 500;
      expect(rig.retryAfterMs).toBe(400);
      rig.wall -= 500;
      expect(rig.retryAfterMs).toBe(900);
      rig.pass(900);
      expect(rig.isOpen).toBe(false);
    });

    it('A12 R31 waits no longer than one recovery time after a sleep during which the wall clock was set back', () => {
      const rig = new Rig();
      rig.trip();
      rig.wall -= 3_600_000;
      rig.wall += 60_000;
      expect(rig.retryAfterMs).toBe(1_000);
      rig.pass(1_000);
      expect(rig.admit().probe).toBe(true);
    });
  });
});
