/** Who is admitted, and whose outcome counts. */
import { describe, expect, it } from 'vitest';
import { Rig } from './rig.ts';

describe('CircuitMachine', () => {
  describe('when closed', () => {
    it('admits everybody under one permit and reads no clock', () => {
      const rig = new Rig();
      const first = rig.admit();
      expect(first).toEqual({ probe: false });
      expect(rig.admit()).toBe(first);
      rig.succeeds(first);
      rig.fails(first);
      rig.ignored(first);
      expect([rig.isOpen, rig.retryAfterMs]).toEqual([false, 0]);
      rig.machine.reset();
      rig.machine.isolate();
      rig.machine.release();
      expect(rig.reads).toBe(0);
    });

    it('opens at the failure that completes the run, and a success begins the run anew', () => {
      const rig = new Rig({ threshold: 3 });
      const permit = rig.admit();
      rig.fails(permit);
      rig.fails(permit);
      expect(rig.machine.failures).toBe(2);
      rig.succeeds(permit);
      expect(rig.machine.failures).toBe(0);
      rig.failures(2);
      expect(rig.machine.state).toBe('closed');
      rig.failures(1);
      expect(rig.machine.state).toBe('open');
      expect(rig.turns).toEqual(['closed → open']);
    });

    it('R11 lets one permit be recorded again and again, so that failed and good attempts both count', () => {
      const rig = new Rig({ threshold: 3 });
      const call = rig.admit();
      expect([rig.fails(call), rig.fails(call), rig.succeeds(call)]).toEqual([true, true, true]);
      expect(rig.machine.failures).toBe(0);
      expect([rig.fails(call), rig.fails(call), rig.fails(call)]).toEqual([true, true, true]);
      expect(rig.machine.state).toBe('open');
      expect(rig.fails(call)).toBe(false);
    });

    it('A5 leaves the run of failures alone on a neutral outcome, and says that it took it', () => {
      const rig = new Rig({ threshold: 3 });
      const call = rig.admit();
      rig.fails(call);
      rig.fails(call);
      expect(rig.ignored(call)).toBe(true);
      expect(rig.machine.failures).toBe(2);
      rig.fails(call);
      expect(rig.machine.state).toBe('open');
    });

    it('shows the trip rule every outcome that counts, with the run of failures and the clock', () => {
      const seen: unknown[] = [];
      const rig = new Rig({
        trip: { record: (failed, failures, time) => (seen.push([failed, failures, time]), false), reset: () => {} },
      });
      const call = rig.admit();
      rig.fails(call);
      rig.ignored(call);
      rig.fails(call);
      rig.succeeds(call);
      const { time } = rig;
      expect(seen).toEqual([
        [true, 1, time],
        [true, 2, time],
        [false, 0, time],
      ]);
      expect(rig.machine.state).toBe('closed');
    });

    it('lets a trip rule open after a success', () => {
      const rig = new Rig({ trip: { record: (failed) => !failed, reset: () => {} } });
      rig.fails(rig.admit());
      expect(rig.machine.state).toBe('closed');
      rig.succeeds(rig.admit());
      expect([rig.machine.state, rig.machine.failures]).toEqual(['open', 0]);
    });
  });

  describe('when open', () => {
    it('A3 takes nothing from failures that come late: the time runs on, nothing is told again', () => {
      const rig = new Rig({ threshold: 3 });
      const stragglers = [rig.admit(), rig.admit(), rig.admit()];
      rig.trip();
      rig.pass(600);
      for (const late of stragglers) expect(rig.fails(late)).toBe(false);
      expect(rig.reads6).toEqual(['open', true, 400, 3]);
      expect(rig.turns).toEqual(['closed → open']);
      rig.pass(400);
      expect(rig.admit().probe).toBe(true);
    });

    it('S6 stays open when a call that was admitted before succeeds', () => {
      const rig = new Rig();
      const before = rig.admit();
      rig.trip();
      rig.pass(10);
      expect(rig.machine.holds(before)).toBe(false);
      expect(rig.succeeds(before)).toBe(false);
      expect(rig.reads6).toEqual(['open', true, 990, 3]);
    });

    it.each([1_000, 60_000, 0.5])('admits the first caller at the very end of a recovery time of %d ms', (recovery) => {
      const rig = new Rig({ recovery });
      rig.trip();
      rig.pass(recovery - 0.25);
      expect([rig.isOpen, rig.retryAfterMs, rig.tryAdmit()]).toEqual([true, 1, undefined]);
      rig.pass(0.25);
      expect([rig.isOpen, rig.retryAfterMs, rig.tryAdmit()]).toEqual([false, 0, { probe: true }]);
    });

    it('lets a probe through at once where the recovery time is 0', () => {
      const rig = new Rig({ recovery: 0 });
      rig.trip();
      expect(rig.reads6).toEqual(['open', false, 0, 3]);
      expect(rig.admit().probe).toBe(true);
    });

    it('stays open until somebody resets it where the recovery time never ends', () => {
      const rig = new Rig({ recovery: Infinity });
      rig.trip();
      rig.pass(1e15);
      expect(rig.reads6).toEqual(['open', true, Infinity, 3]);
      expect(rig.tryAdmit()).toBeUndefined();
      rig.machine.reset();
      expect(rig.admit().probe).toBe(false);
    });

    it('A7 A14 reopens on a failed probe, whatever the trip rule would say, and is never asked about probes', () => {
      const asked: boolean[] = [];
      const trip = { record: (failed: boolean) => asked.push(failed) === 1, reset: () => {} };
      const rig = new Rig({ trip });
      rig.failures(1);
      rig.pass(1_000);
      rig.fails(rig.admit());
      expect(rig.machine.state).toBe('open');
      rig.pass(1_000);
      rig.succeeds(rig.admit());
      expect(rig.machine.state).toBe('closed');
      expect(asked).toEqual([true]);
    });
  });

  describe('when what it calls calls back', () => {
    it('A8 A9 finds the new state standing inside a transition, and tells nested ones in order', () => {
      const rig: Rig = new Rig({
        changed: ({ from, to }) => {
          rig.turns.push(`${from} → ${to} (${rig.machine.state})`);
          if (to === 'open') rig.machine.reset();
        },
      });
      rig.failures(3);
      expect(rig.turns).toEqual(['closed → open (open)', 'open → closed (closed)']);
    });

    it('A13 keeps an isolation that a trip rule or a recovery time made while the circuit was about to open', () => {
      for (const who of ['trip', 'recovery'] as const) {
        const rig: Rig = new Rig({
          trip: { record: () => (who === 'trip' && rig.machine.isolate(), true), reset: () => {} },
          recovery: () => (who === 'recovery' && rig.machine.isolate(), 1_000),
        });
        expect(rig.fails(rig.admit())).toBe(true);
        expect(rig.turns).toEqual(['closed → isolated']);
        rig.machine.release();
        expect(rig.machine.state).toBe('closed');
      }
    });

    it('A13 keeps an isolation that began while the last one was about to end', () => {
      let again = true;
      const reset = (): void => {
        if (again) rig.machine.isolate();
        again = false;
      };
      const rig: Rig = new Rig({ trip: { record: () => false, reset } });
      rig.machine.isolate();
      rig.machine.release();
      expect(rig.machine.state).toBe('isolated');
      rig.machine.release();
      expect(rig.machine.state).toBe('closed');
      expect(rig.turns).toEqual(['closed → isolated', 'isolated → closed']);
    });

    it('opens although its trip rule released what nobody had isolated', () => {
      const rig: Rig = new Rig({ trip: { record: () => (rig.machine.release(), true), reset: () => {} } });
      rig.failures(1);
      expect(rig.turns).toEqual(['closed → open']);
    });

    it('gives the slot of a failed probe back where the recovery time throws', () => {
      let broken = false;
      const rig = new Rig({
        recovery: () => {
          if (broken) throw new Error('no number today');
          return 1_000;
        },
      });
      const probe = rig.probe();
      broken = true;
      expect(() => rig.fails(probe)).toThrow('no number today');
      expect(rig.reads6).toEqual(['half-open', false, 0, 3]);
    });
  });
});
