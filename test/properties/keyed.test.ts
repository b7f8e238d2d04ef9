/** `keyed` against a model: a list of keys by their last use, and a look at each circuit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breaker, keyed, type Breaker } from '../../src/index.ts';
import { deferred, outcomeOf, type Deferred } from '../helpers/functions.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

interface Known {
  readonly key: number;
  readonly circuit: Breaker;
  calls: number;
  usedAt: number;
  fixed: boolean;
}

const key = fc.nat(8);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('begin' as const), key, direct: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('end' as const), which: fc.nat(20), fails: fc.constantFrom(true, false, false) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('ask' as const), key }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('reset' as const), key }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('register' as const), key }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
);
const runs = fc.record({
  max: fc.integer({ min: 1, max: 6 }),
  idleAfter: fc.constantFrom(0, 50, 200, Infinity),
  steps: fc.array(step, { minLength: 30, maxLength: 120 }),
});

describe('keyed', () => {
  it('D10 is bounded, and drops the least recently used that is idle and nothing else, whatever is done with it', async () => {
    const census = { evicted: 0, expired: 0, unkept: 0, promoted: 0, open: 0, shared: 0 };
    await fc.assert(
      fc.asyncProperty(runs, async ({ max, idleAfter, steps }) => {
        const clock = new VirtualClock();
        const made: Known[] = [];
        const make = (of: number): Breaker<'sync'> => {
          const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 100, clock });
          made.push({ key: of, circuit, calls: 0, usedAt: 0, fixed: false });
          return circuit;
        };
        const by = keyed((of: number, _run: () => unknown) => of, make, { max, idleAfter, clock });
        const call = by.wrap((_of: number, run: () => unknown) => run());

        /** By last use, the oldest first. */
        let kept: Known[] = [];
        const passing = new Map<number, Known>();
        const idle = ({ calls, circuit, fixed }: Known): boolean => calls === 0 && circuit.state === 'closed' && !fixed;
        const use = (one: Known): void => {
          one.usedAt = clock.time;
          if (kept.includes(one)) kept = [...kept.filter((other) => other !== one), one];
        };
        /** What must be the policy of a key after it was asked for. */
        const enter = (of: number): Known => {
          const there = kept.find((one) => one.key === of);
          if (there !== undefined) return there;
          const under = passing.get(of);
          const known = under ?? made.at(-1)!;
          const over = kept.filter((one) => idle(one) && clock.time - one.usedAt >= idleAfter);
          census.expired += over.length;
          kept = kept.filter((one) => !over.includes(one));
          if (kept.filter(({ fixed }) => !fixed).length >= max) {
            const victim = kept.find(idle);
            if (victim === undefined) {
              census.unkept += 1;
              if (under !== undefined) census.shared += 1;
              return known;
            }
            kept = kept.filter((one) => one !== victim);
            census.evicted += 1;
          }
          if (under !== undefined) census.promoted += 1;
          passing.delete(of);
          kept.push(known);
          use(known);
          return known;
        };

        const flight: { known: Known; end: Deferred<unknown>; over: Promise<unknown> }[] = [];
        for (const one of steps) {
          if (one.does === 'begin') {
            const end = deferred();
            const before = passing.get(one.key);
            let runs = false;
            const run = (): unknown => ((runs = true), end.promise);
            const over = outcomeOf(one.direct ? by.for(one.key).execute(run) : call(one.key, run));
            const known = enter(one.key);
            if (one.direct) use(known);
            if (runs) {
              known.calls += 1;
              if (!kept.includes(known)) passing.set(one.key, before ?? known);
              flight.push({ known, end, over });
            } else {
              await over;
              use(known);
            }
          } else if (one.does === 'end' && flight.length > 0) {
            const [{ known, end, over }] = flight.splice(one.which % flight.length, 1) as [(typeof flight)[number]];
            if (one.fails) end.reject(new Error('boom'));
            else end.resolve(1);
            await over;
            known.calls -= 1;
            use(known);
            if (known.calls === 0 && passing.get(known.key) === known) passing.delete(known.key);
          } else if (one.does === 'ask') {
            const circuit = by.for(one.key);
            const known = enter(one.key);
            use(known);
            expect(circuit).toBe(known.circuit);
          } else if (one.does === 'reset') by.peek(one.key)?.reset();
          else if (one.does === 'delete') {
            expect(by.delete(one.key)).toBe(kept.some(({ key: of }) => of === one.key));
            kept = kept.filter(({ key: of }) => of !== one.key);
            passing.delete(one.key);
          } else if (one.does === 'register') {
            const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 100, clock });
            const there = kept.find(({ key: of }) => of === one.key) ?? passing.get(one.key);
            const known = there ?? { key: one.key, circuit, calls: 0, usedAt: 0, fixed: true };
            expect(by.register(one.key, circuit)).toBe(known.circuit);
            known.fixed = true;
            passing.delete(one.key);
            if (!kept.includes(known)) kept.push(known);
          } else if (one.does === 'wait') await clock.advance(one.ms);

          expect([...by.keys()].toSorted((a, b) => a - b)).toEqual(kept.map(({ key: of }) => of).toSorted((a, b) => a - b));
          for (const { key: of, circuit } of kept) expect(by.peek(of)).toBe(circuit);
          expect(kept.filter(({ fixed }) => !fixed).length).toBeLessThanOrEqual(max);
          census.open += kept.filter(({ circuit }) => circuit.state !== 'closed').length;
        }
        for (const { end } of flight) end.resolve(1);
        await Promise.all(flight.map(({ over }) => over));
        expect(clock.armed).toBe(0);
      }),
      { numRuns: 300 },
    );
    expect(census.evicted).toBeGreaterThan(250);
    expect(census.expired).toBeGreaterThan(150);
    expect(census.unkept).toBeGreaterThan(600);
    expect(census.shared).toBeGreaterThan(100);
    expect(census.promoted).toBeGreaterThan(15);
    expect(census.open).toBeGreaterThan(5_000);
  });
});
