/** docs/examples/library: what the library does by itself, and what it leaves to the policy of its user. */
import { breaker, CircuitOpenError, policy, retry, timeout, TimeoutError, type Policy } from 'breakwater';
import { afterEach, describe, expect, it } from 'vitest';
import { main } from '../../docs/examples/library/main.ts';
import { defaultPolicy, transient, Weather, WeatherError } from '../../docs/examples/library/weather.ts';
import { serve, type Served } from '../../docs/examples/serve.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});

/** A weather service that answers with these statuses in turn, then hangs. */
async function service(...statuses: number[]): Promise<Served & { readonly asked: string[] }> {
  const asked: string[] = [];
  const served = await serve((request, response) => {
    asked.push(request.url ?? '');
    const status = statuses.shift();
    if (status !== undefined) response.writeHead(status, { 'retry-after': '0.001' }).end('{"city":"Rome","celsius":21}');
  });
  open.push(served);
  return { ...served, asked };
}

describe('Weather', () => {
  it('gets a forecast, by itself behind a breaker, retries and a timeout, with a circuit each', async () => {
    const { url, asked } = await service(503, 200);
    const weather = new Weather({ url });
    expect(String(weather.policy)).toBe('breaker(5 in a row, 30 s) ▸ retry ×3 ▸ timeout 10 s ▸ fn');
    const quick = new Weather({ url, policy: policy(weather.policy.circuit!, retry({ delay: 0, handle: transient })) });
    expect(await quick.forecast('Rome & more')).toEqual({ city: 'Rome', celsius: 21 });
    expect(asked).toEqual(['/forecast/Rome%20%26%20more', '/forecast/Rome%20%26%20more']);
    expect(new Weather({ url }).policy.circuit).not.toBe(weather.policy.circuit);
  });

  it('adds a timeout where there is none, and touches nothing else of the policy that it is given', async () => {
    const { url } = await service();
    const limited = timeout(20);
    expect(new Weather({ url, policy: limited }).policy).toBe(limited);
    const given = retry({ attempts: 2 });
    expect(String(new Weather({ url, policy: given }).policy)).toBe('retry ×2 ▸ timeout 10 s ▸ fn');
    expect(String(given)).toBe('retry ×2 ▸ fn');
    await expect(new Weather({ url, policy: limited }).forecast('Rome')).rejects.toBeInstanceOf(TimeoutError);
  });

  it('shares the circuit that it is given', async () => {
    const { url, asked } = await service(500);
    const shared = breaker({ failureThreshold: 1 });
    await expect(new Weather({ url, policy: shared }).forecast('Rome')).rejects.toMatchObject({ status: 500 });
    await expect(new Weather({ url, policy: shared }).forecast('Oslo')).rejects.toBeInstanceOf(CircuitOpenError);
    expect(asked).toEqual(['/forecast/Rome']);
  });

  it('ends a call when the caller does', async () => {
    const { url, asked } = await service();
    const user = new AbortController();
    const pending = new Weather({ url }).forecast('Rome', { signal: user.signal }).catch((reason: unknown) => reason);
    await expect.poll(() => asked.length).toBe(1);
    user.abort('left');
    expect(await pending).toBe('left');
  });
});

describe('transient', () => {
  it.each([
    [404, 1, 0],
    [429, 2, 1],
    [503, 2, 1],
  ])('repeats and counts what says something of the service: %i', async (status, attempts, failures) => {
    const { url, asked } = await service(status, status);
    const guard: Policy = policy(breaker({ failureThreshold: 9 }), retry({ attempts: 2, delay: 0, handle: transient }));
    const error: unknown = await new Weather({ url, policy: guard }).forecast('Rome').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeatherError);
    expect([asked.length, guard.circuit?.failures]).toEqual([attempts, failures]);
  });

  it('is what the default uses', () => {
    expect(defaultPolicy().describe().find(({ kind }) => kind === 'retry')?.options['handle']).toBe('custom');
  });
});

describe('main of library', () => {
  it('shows the three users', async () => {
    const lines: string[] = [];
    await main((line) => lines.push(line.trim()));
    expect(lines).toEqual([
      'By itself:      breaker(5 in a row, 30 s) ▸ retry ×3 ▸ timeout 10 s ▸ fn',
      '{"city":"Rome","celsius":21}, after 2 requests',
      'With a policy:  breaker(3 in a row, 60 s) ▸ retry ×2 ▸ timeout 10 s ▸ fn',
      '{"city":"Oslo","celsius":21}, and the circuit is closed',
      'WeatherError: The weather service answered 404.',
      'With a fallback around it: null',
    ]);
  });
});
