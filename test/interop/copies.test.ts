/** Two copies of the package in one program: ESM and CJS side by side, or two versions of one dependency. */
import { expect, it, vi } from 'vitest';
import * as one from '../../src/index.ts';
import { failsTimes } from '../helpers/functions.ts';

async function another(): Promise<typeof one> {
  vi.resetModules();
  return import('../../src/index.ts');
}

it('composes parts of two copies', async () => {
  const two = await another();
  expect(two.breaker).not.toBe(one.breaker);
  const circuit = two.breaker({ failureThreshold: 2 });
  for (const compose of [one.policy, two.policy]) {
    circuit.reset();
    const guard = compose(circuit, one.retry({ attempts: 3, delay: 0 }), two.timeout(1_000), one.fallback('plan B'));
    expect(await guard.execute(() => 'value')).toBe('value');
    expect(await guard.execute(failsTimes(2, 'third'))).toBe('third');
    for (let i = 0; i < 2; i++) expect(await guard.execute(failsTimes(9, 'never'))).toBe('plan B');
    expect(circuit.state).toBe('open');
    expect(await guard.execute(() => 'value')).toBe('plan B');
    const bare = compose(circuit, one.retry({ attempts: 3, delay: 0 }));
    expect(await bare.execute(() => 'value').catch((error: unknown) => error)).toBeInstanceOf(one.CircuitOpenError);
  }
});
