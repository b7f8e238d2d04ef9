import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commands, Real, setups, Story } from '../circuit/commands.ts';

describe('CircuitMachine', () => {
  it('A1 A2 A8 A9 F7 does what a fold over the log of events says, whatever happens and in whatever order', () => {
    const seen = { runs: 0, halfOpen: 0, reopened: 0, recovered: 0, nested: 0, stale: 0, revoked: 0, restarted: 0 };
    fc.assert(
      fc.property(setups, commands, (setup, steps) => {
        const story = new Story(setup);
        fc.modelRun(() => ({ model: story, real: new Real(setup) }), steps);
        const { turns, calls, generation } = story.world;
        seen.runs += 1;
        seen.halfOpen += Number(turns.includes('open to half-open'));
        seen.reopened += Number(turns.includes('half-open to open'));
        seen.recovered += Number(turns.includes('half-open to closed'));
        seen.nested += Number(story.nested);
        seen.stale += Number(calls.some((call) => call.generation < generation));
        seen.revoked += Number(calls.some((call) => call.revoked));
        seen.restarted += Number(story.log.some((entry) => entry.did === 'restart'));
      }),
      { numRuns: 300 },
    );
    const share = (count: number): number => count / seen.runs;
    // Not vacuous: the states that are hard to reach were reached, in this very run.
    expect(share(seen.halfOpen)).toBeGreaterThanOrEqual(0.4);
    expect(share(seen.reopened)).toBeGreaterThanOrEqual(0.2);
    expect(share(seen.recovered)).toBeGreaterThanOrEqual(0.05);
    expect(share(seen.nested)).toBeGreaterThanOrEqual(0.01);
    expect(share(seen.stale)).toBeGreaterThanOrEqual(0.5);
    expect(share(seen.revoked)).toBeGreaterThanOrEqual(0.02);
    expect(share(seen.restarted)).toBeGreaterThanOrEqual(0.1);
  });

  it('A14 closes from every reachable state within what it promised and its probes, once the other end is well', () => {
    const from = new Map<string, number>();
    fc.assert(
      fc.property(setups, commands, fc.boolean(), (setup, steps, wallGoesOn) => {
        fc.pre(setup.recovery(0) < Infinity);
        const story = new Story(setup);
        const real = new Real(setup);
        fc.modelRun(() => ({ model: story, real }), steps);
        const { machine, time, at } = real;
        from.set(machine.state, (from.get(machine.state) ?? 0) + 1);
        for (let handles = story.world.isolations; handles > 0; handles -= 1) machine.release();
        const pass = (ms: number): void => {
          at.mono += ms;
          if (wallGoesOn) at.wall += ms;
        };
        // At worst the wall clock goes back an hour right now, and stands still from then on.
        if (!wallGoesOn) at.wall -= 3_600_000;

        const promised = machine.retryAfterMs(time);
        const longestLease = setup.probeLease ?? Math.max(setup.recovery(machine.reopenings), 60_000);
        const openMs = machine.state === 'open' ? setup.recovery(machine.reopenings) : longestLease;
        expect(promised).toBeLessThanOrEqual(openMs);

        // What is in flight hangs for ever. Every 10 ms a new caller comes, and its call is well after 5 ms.
        const latest = at.mono + promised + setup.successThreshold * 10;
        pass(promised);
        while (machine.state !== 'closed') {
          expect(at.mono).toBeLessThan(latest);
          const permit = machine.admit(time);
          pass(5);
          expect(permit !== undefined && machine.record(permit, false, time)).toBe(true);
          pass(5);
        }
        expect(machine.holds(machine.admit(time)!)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect([...from.keys()].sort()).toEqual(['closed', 'half-open', 'isolated', 'open']);
  });
});
