/** Probes: their slots, their leases, and what their outcomes do. */
import { describe, expect, it } from 'vitest';
import { Rig } from './rig.ts';

describe('CircuitMachine', () => {
  describe('when half-open', () => {
    it('S4 lets 1 of 40 callers in one tick probe and turns 39 away', () => {
      const rig = new Rig();
      rig.trip();
      rig.pass(1_000);
      const permits = Array.from({ length: 40 }, () => rig.tryAdmit());
      expect(permits.filter((permit) => permit !== undefined)).toEqual([{ probe: true }]);
      expect(permits[0]).toBeDefined();
      expect(rig.turns).toEqual(['closed → open', 'open → half-open']);
    });

    it('S4 R5 takes the probes that a successThreshold asks for in series where one may be in flight', () => {
      const rig = new Rig({ successThreshold: 3 });
      let probe = rig.probe();
      for (const left of [2, 1]) {
        expect(rig.tryAdmit()).toBeUndefined();
        expect(rig.succeeds(probe)).toBe(true);
        expect([rig.machine.state, left]).toEqual(['half-open', left]);
        probe = rig.admit();
      }
      expect(rig.succeeds(probe)).toBe(true);
      expect(rig.reads6).toEqual(['closed', false, 0, 0]);
    });

    it.each([1, 2, 5])('A1 counts the call that makes the transition: at most %d in flight', (probes) => {
      const rig = new Rig({ probes });
      rig.trip();
      rig.pass(1_000);
      const permits = Array.from({ length: probes }, () => rig.admit());
      expect(new Set(permits).size).toBe(probes);
      expect(permits.every((permit) => rig.machine.holds(permit))).toBe(true);
      expect(rig.tryAdmit()).toBeUndefined();
      rig.ignored(permits[0]!);
      expect(rig.tryAdmit()).toBeDefined();
      expect(rig.tryAdmit()).toBeUndefined();
      expect(permits.slice(1).every((permit) => rig.machine.holds(permit))).toBe(true);
    });

    it('A2 R4 hears only its own generation: no late success closes it, no late failure reopens it', () => {
      const rig = new Rig();
      const early = rig.admit();
      const probe = rig.probe();
      expect([rig.succeeds(early), rig.fails(early), rig.ignored(early)]).toEqual([false, false, false]);
      expect(rig.reads6).toEqual(['half-open', true, 60_000, 3]);
      expect(rig.succeeds(probe)).toBe(true);
      expect(rig.machine.state).toBe('closed');
      expect([rig.machine.holds(early), rig.fails(early), rig.fails(probe)]).toEqual([false, false, false]);
      expect(rig.machine.failures).toBe(0);
    });

    it('R5 is reopened by one failure, and the probes beside it have no say any more', () => {
      const rig = new Rig({ probes: 3, successThreshold: 2 });
      const first = rig.probe();
      const others = [rig.admit(), rig.admit()];
      expect(rig.succeeds(first)).toBe(true);
      expect(rig.fails(others[0]!)).toBe(true);
      expect(rig.reads6).toEqual(['open', true, 1_000, 4]);
      expect(rig.succeeds(others[1]!)).toBe(false);
      expect(rig.machine.state).toBe('open');
    });

    it('R5 begins the count of successes anew in each half-open period', () => {
      const rig = new Rig({ successThreshold: 2 });
      rig.succeeds(rig.probe());
      rig.fails(rig.admit());
      rig.pass(1_000);
      rig.succeeds(rig.admit());
      expect(rig.machine.state).toBe('half-open');
      rig.succeeds(rig.admit());
      expect(rig.machine.state).toBe('closed');
    });

    it('R5 makes the probes beside the closing success stale', () => {
      const rig = new Rig({ probes: 2 });
      const first = rig.probe();
      const second = rig.admit();
      rig.succeeds(first);
      expect(rig.machine.holds(second)).toBe(false);
      expect(rig.fails(second)).toBe(false);
      expect(rig.reads6).toEqual(['closed', false, 0, 0]);
    });

    it('A5 gives the slot of a neutral probe back at once, neither closed nor opened by it', () => {
      const rig = new Rig();
      const probe = rig.probe();
      expect(rig.isOpen).toBe(true);
      expect(rig.ignored(probe)).toBe(true);
      expect(rig.reads6).toEqual(['half-open', false, 0, 3]);
      expect(rig.ignored(probe)).toBe(false);
      const next = rig.admit();
      expect(next.probe).toBe(true);
      expect(rig.succeeds(probe)).toBe(false);
      expect(rig.machine.state).toBe('half-open');
    });

    it('R5 keeps its count of successes over neutral outcomes and expired leases', () => {
      const rig = new Rig({ successThreshold: 2, probeLease: 50 });
      rig.succeeds(rig.probe());
      rig.ignored(rig.admit());
      rig.admit();
      rig.pass(50);
      rig.succeeds(rig.admit());
      expect(rig.machine.state).toBe('closed');
    });

    it('takes the outcome of a probe once', () => {
      const rig = new Rig({ successThreshold: 2 });
      const probe = rig.probe();
      expect([rig.succeeds(probe), rig.succeeds(probe), rig.machine.holds(probe)]).toEqual([true, false, false]);
      expect(rig.machine.state).toBe('half-open');
    });
  });

  describe('when a probe hangs', () => {
    it('A4 R3 gives its slot to the next caller after the lease, and the hung call loses its say', () => {
      const rig = new Rig({ probeLease: 500 });
      const hung = rig.probe();
      rig.pass(499.5);
      expect([rig.tryAdmit(), rig.isOpen, rig.retryAfterMs]).toEqual([undefined, true, 1]);
      rig.pass(0.5);
      expect([rig.isOpen, rig.retryAfterMs]).toEqual([false, 0]);
      const next = rig.admit();
      expect([rig.machine.holds(hung), rig.machine.holds(next)]).toEqual([false, true]);
      expect(rig.fails(hung)).toBe(false);
      expect(rig.machine.state).toBe('half-open');
      rig.succeeds(next);
      expect(rig.machine.state).toBe('closed');
    });

    it('R3 lets it keep its say past the lease while nobody wants the slot', () => {
      const rig = new Rig({ probeLease: 500 });
      const slow = rig.probe();
      rig.pass(10_000);
      expect(rig.isOpen).toBe(false);
      expect(rig.machine.holds(slow)).toBe(true);
      expect(rig.succeeds(slow)).toBe(true);
      expect(rig.machine.state).toBe('closed');
    });

    it('R3 takes no slot away while another is free', () => {
      const rig = new Rig({ probes: 2, probeLease: 100 });
      const slow = rig.probe();
      rig.pass(100);
      const next = rig.admit();
      expect([rig.machine.holds(slow), rig.machine.holds(next)]).toEqual([true, true]);
    });

    it('R3 revokes one permit for each caller, the one whose lease ended first, not the one that began first', () => {
      const rig = new Rig({ probes: 3, recovery: 10 });
      const long = rig.probe(300);
      const short = rig.admit(100);
      const middle = rig.admit(200);
      expect(rig.retryAfterMs).toBe(100);
      rig.pass(250);
      expect([rig.isOpen, rig.retryAfterMs]).toEqual([false, 0]);
      rig.admit(300);
      expect([long, short, middle].map((permit) => rig.machine.holds(permit))).toEqual([true, false, true]);
      rig.admit(300);
      expect([long, short, middle].map((permit) => rig.machine.holds(permit))).toEqual([true, false, false]);
      expect([rig.tryAdmit(), rig.retryAfterMs]).toEqual([undefined, 50]);
      expect(rig.succeeds(long)).toBe(true);
    });

    it('R3 revokes the older of two probes whose leases end together', () => {
      const rig = new Rig({ probes: 2, probeLease: 100 });
      const older = rig.probe();
      const younger = rig.admit();
      rig.pass(100);
      rig.admit();
      expect([rig.machine.holds(older), rig.machine.holds(younger)]).toEqual([false, true]);
    });

    it.each([
      { what: 'the timeout of its policy', recovery: 1_000, floor: 30_000, lease: 30_000 },
      { what: 'the recovery time', recovery: 45_000, floor: 30_000, lease: 45_000 },
      { what: '60 s where its policy has no timeout', recovery: 1_000, floor: undefined, lease: 60_000 },
      { what: 'the recovery time where its policy has no timeout', recovery: 90_000, floor: undefined, lease: 90_000 },
      { what: '60 s where the timeout of its policy never ends', recovery: 1_000, floor: Infinity, lease: 60_000 },
    ])('R3 holds its slot by default for $what', ({ recovery, floor, lease }) => {
      const rig = new Rig({ recovery });
      rig.probe(floor);
      expect(rig.retryAfterMs).toBe(lease);
    });

    it('R3 takes the recovery time that was drawn for this opening', () => {
      const rig = new Rig({ recovery: (reopenings) => 10_000 * (reopenings + 1) });
      rig.fails(rig.probe(1));
      rig.pass(20_000);
      rig.admit(1);
      expect(rig.retryAfterMs).toBe(20_000);
    });

    it('R3 never takes an endless recovery time for a lease', () => {
      const snapshot = { version: 1, state: 'open', failures: 3, remainingMs: 0, reopenings: 0, savedAt: 0 } as const;
      const rig = new Rig({ recovery: Infinity, snapshot });
      rig.admit(30_000);
      expect(rig.retryAfterMs).toBe(60_000);
    });

    it.each([5, 90_000, Infinity])('R3 prefers a probeLease of %d ms to all of these', (probeLease) => {
      const rig = new Rig({ probeLease, recovery: 10_000 });
      rig.probe(30_000);
      expect(rig.retryAfterMs).toBe(probeLease);
    });

    it('A1 stays within its probes while leases end one after another', () => {
      const rig = new Rig({ probes: 2, probeLease: 100 });
      const permits = [rig.probe()];
      for (let caller = 0; caller < 50; caller += 1) {
        rig.pass(30);
        const permit = rig.tryAdmit();
        if (permit) permits.push(permit);
        expect(permits.filter((one) => rig.machine.holds(one)).length).toBeLessThanOrEqual(2);
      }
      expect(permits.length).toBe(26);
    });
  });
});
