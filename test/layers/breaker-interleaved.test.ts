/** Whole policies under random histories: whatever calls, people and time do, what holds of the circuit holds. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breaker, deadline, ignoring, policy, retry, timeout, type Subscription } from '../../src/index.ts';
import type { Context } from '../../src/core/attempt.ts';
import { fateOf, Stage, type Fate } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

type Step =
  | { readonly do: 'call' | 'call twice' | 'open' | 'reset' | 'isolate' | 'release' }
  | { readonly do: 'resolve' | 'reject' | 'ignored' | 'abort'; readonly which: number }
  | { readonly do: 'pass'; readonly ms: number };

/** Counted from the latest, which is the one that matters most. */
const which = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('call' as const, 'call twice' as const) }) },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constantFrom(...(['resolve', 'reject', 'reject', 'reject', 'ignored', 'abort'] as const)), which }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(10, 50, 100, 100, 250) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'open' as const, 'reset' as const, 'isolate' as const, 'release' as const) }) },
);

const frame = fc.record({
  counts: fc.constantFrom('calls' as const, 'attempts' as const),
  failureThreshold: fc.integer({ min: 1, max: 3 }),
  successThreshold: fc.integer({ min: 1, max: 2 }),
  probes: fc.integer({ min: 1, max: 2 }),
  probeLease: fc.constantFrom(undefined, 80),
  delay: fc.constantFrom(0, 30),
});

describe('breaker', () => {
  it('A1 A8 A14 B5 F5 F6 F7 hold under any history of calls, and nothing is left at its end', async () => {
    let halfOpen = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(frame, fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), async ({ delay, ...options }, steps) => {
        runs += 1;
        const clock = new VirtualClock();
        const stage = new Stage(clock);
        const circuit = breaker({ clock, recoveryTimeout: 100, handle: ignoring(TypeError), ...options });
        const guard = policy(circuit, deadline(1_000), retry({ attempts: 3, delay }), timeout(200));
        const chain: string[] = [];
        let state = 'closed';
        circuit.onStateChange(({ from, to }) => {
          chain.push(from === state ? 'ok' : `${state}, but from ${from}`);
          state = to;
        });
        const startedIn: string[] = [];
        const wrong: string[] = [];
        /** The probes: whose, when it began, and in which generation of the circuit. */
        const probes: { readonly call: number; readonly at: number; readonly generation: number }[] = [];
        const lease = options.probeLease ?? 200;
        const fates: Fate[] = [];
        const controllers: AbortController[] = [];
        const handles: Subscription[] = [];

        const call = (): void => {
          const number = fates.length;
          const turnedAway = circuit.isOpen();
          const before = stage.attempts.length;
          const controller = new AbortController();
          controllers.push(controller);
          const fn = (ctx: Context): Promise<unknown> => {
            startedIn.push(circuit.state);
            if (probes.some((probe) => probe.call === number)) wrong.push(`call ${number} went on after its probe`);
            if (circuit.state === 'half-open') probes.push({ call: number, at: clock.time, generation: chain.length });
            return stage.fn(ctx);
          };
          fates.push(fateOf(guard.execute(fn, controller.signal), clock));
          expect(stage.attempts.length === before).toBe(turnedAway);
        };
        const act = async (one: Step): Promise<void> => {
          if (one.do === 'call') call();
          else if (one.do === 'call twice') [call, call].forEach((start) => start());
          else if (one.do === 'pass') await clock.advance(one.ms);
          else if (one.do === 'isolate') handles.push(circuit.isolate());
          else if (one.do === 'release') handles.pop()?.dispose();
          else if (one.do === 'open') circuit.open();
          else if (one.do === 'reset') circuit.reset();
          else if (one.do === 'abort') controllers.at(-1 - (one.which % controllers.length))?.abort('gone');
          else if ('which' in one) {
            const attempt = stage.attempts.at(-1 - (one.which % stage.attempts.length));
            if (one.do === 'resolve') attempt?.resolve('value');
            else attempt?.reject(one.do === 'reject' ? new Error('down') : new TypeError('ignored'));
          }
          await flush();
        };

        for (const one of steps) {
          await act(one);
          expect(startedIn).not.toContain('open');
          expect(startedIn).not.toContain('isolated');
          expect(circuit.isOpen()).toBe(circuit.retryAfterMs > 0);
          expect(circuit.state).toBe(state);
          const inFlight = probes.filter(
            ({ call: number, at, generation }) =>
              generation === chain.length && clock.time - at < lease && fates[number]?.state === 'pending',
          );
          expect(inFlight.length).toBeLessThanOrEqual(options.probes);
          expect(wrong).toEqual([]);
        }
        if (probes.length > 0) halfOpen += 1;
        expect(chain.every((link) => link === 'ok')).toBe(true);

        for (const handle of handles) handle.dispose();
        await clock.drain();
        expect(fates.filter((fate) => fate.state === 'pending')).toEqual([]);
        expect(clock.armed).toBe(0);
        await clock.advance(60_000);
        for (let i = 0; i < 2; i++) await guard.execute(() => 'healthy');
        expect(circuit.state).toBe('closed');
      }),
      { numRuns: 150 },
    );
    expect(halfOpen / runs).toBeGreaterThan(0.4);
  });
});
