/** Loops around a circuit. Scenario S18: an agent that repeats what fails, for as long as the circuit is open. */
import { describe, expect, it } from 'vitest';
import { anyOf, breaker, circuitOpen, maxIterations, stopWhen, type Breaker } from '../src/index.ts';
import { s, World } from './helpers/world.ts';

/** An agent's loop that has no end of its own: each step that fails is made again. */
async function agent(step: () => Promise<unknown>, iterations: Iterable<number>): Promise<number> {
  let made = 0;
  for (const _ of iterations) {
    made += 1;
    const done = await step().then(
      () => true,
      () => false,
    );
    if (done) break;
  }
  return made;
}

/** A service that is down for 10 minutes, and the circuit of those who call it. */
function down(recoveryTimeout: number): { world: World; circuit: Breaker; step: () => Promise<unknown> } {
  const world = new World({ outages: [{ is: 'fast-fail', from: 0, until: s(600) }] });
  const circuit = breaker({ failureThreshold: 5, recoveryTimeout, clock: world.clock });
  return { world, circuit, step: circuit.wrapWithContext((ctx) => world.request(ctx, 0)) };
}

describe.each([60, 45])('an agent loop while the circuit is open for %i s', (seconds) => {
  it('S18 spins without a stop: iterations by the thousand, none of which makes a call', async () => {
    const { world, circuit, step } = down(s(seconds));
    circuit.open();
    const most = stopWhen(maxIterations(5_000), { clock: world.clock });
    expect(await agent(step, most)).toBe(5_000);
    expect([world.calls.length, world.clock.time]).toEqual([0, 0]);
  });

  it('S18 ends at the first iteration with its reason, where it stops when the circuit is open', async () => {
    const { world, circuit, step } = down(s(seconds));
    circuit.open();
    const stop = stopWhen(circuitOpen(circuit), { clock: world.clock });
    expect(await agent(step, stop)).toBe(0);
    expect(stop.reason).toEqual({
      kind: 'circuit-open',
      message: `The circuit is open: it may admit a call again in ${seconds} s.`,
      state: 'open',
      retryAfterMs: s(seconds),
    });
    expect([world.calls.length, world.clock.time, world.clock.armed]).toEqual([0, 0, 0]);
  });

  it('S18 ends right behind the iteration that opened it', async () => {
    const { world, circuit, step } = down(s(seconds));
    const stop = stopWhen(anyOf(circuitOpen(circuit), maxIterations(5_000)), { clock: world.clock });
    const made = agent(step, stop);
    await world.clock.drain();
    expect(await made).toBe(5);
    expect([world.calls.length, world.clock.time]).toEqual([5, s(5)]);
    expect(stop.reason).toMatchObject({ kind: 'circuit-open', retryAfterMs: s(seconds) });
  });

  it('S18 goes on when the recovery time is over: a loop that is begun then sends the probe', async () => {
    const { world, circuit, step } = down(s(seconds));
    circuit.open();
    const condition = circuitOpen(circuit);
    await world.clock.advance(s(seconds));
    const made = agent(step, stopWhen(condition, { clock: world.clock }));
    await world.clock.advance(s(1));
    expect(await made).toBe(1);
    expect([world.calls.length, circuit.state]).toEqual([1, 'open']);
  });
});

describe.each([60, 45])('an agent loop under a circuit that holds calls, for %i s an opening', (seconds) => {
  it('S18 makes one iteration a recovery window, each of which is one call', async () => {
    const world = new World({ outages: [{ is: 'fast-fail', from: 0, until: s(600) }] });
    const circuit = breaker({ failureThreshold: 5, recoveryTimeout: s(seconds), whenOpen: 'wait', clock: world.clock });
    const step = circuit.wrapWithContext((ctx) => world.request(ctx, 0));
    circuit.open();
    const begun: number[] = [];
    const stop = stopWhen(maxIterations(5_000), { clock: world.clock });
    const made = agent(() => (begun.push(world.clock.time), step()), stop);
    await world.clock.drain();
    // A failed probe takes a second, and opens the circuit for another window.
    const windows = Math.ceil(600 / (seconds + 1));
    expect(await made).toBe(windows);
    expect(begun).toEqual(Array.from({ length: windows }, (_, i) => s(i * (seconds + 1))));
    expect(world.calls.map(({ at }) => at)).toEqual(begun.map((at) => at + s(seconds)));
    expect([stop.reason, circuit.state, world.done, world.clock.armed]).toEqual([undefined, 'closed', 0, 0]);
  });
});
