import { describe, expect, it } from 'vitest';
import { anyOf, breaker, consecutive, failureRatio, lastCalls } from '../src/index.ts';

describe('anyOf', () => {
  it('makes one trip rule of several', async () => {
    const circuit = breaker({ trip: anyOf(consecutive(3), failureRatio({ window: lastCalls(4) })) });
    expect(String(circuit)).toBe('breaker(3 in a row or 50 % of the last 4 calls failed, 60 s) ▸ fn');
    const run = (well: boolean): Promise<unknown> =>
      circuit.execute(() => (well ? 'fine' : Promise.reject(new Error('down')))).catch(() => {});
    for (const well of [true, false, true]) await run(well);
    expect(circuit.state).toBe('closed');
    await run(false);
    expect(circuit.state).toBe('open');
  });

  it('refuses what is no trip rule', () => {
    expect(() => anyOf(5 as never)).toThrow('anyOf: argument 1 must be a trip rule such as consecutive(5), or a cockatiel breaker, got 5');
  });
});
