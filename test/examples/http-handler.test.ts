/** docs/examples/http-handler: the app in front of a service on 127.0.0.1 that goes down and comes back. */
import { breaker, type Breaker, type BreakerOptions } from 'breakwater';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../docs/examples/http-handler/app.ts';
import { main } from '../../docs/examples/http-handler/main.ts';
import { compressed } from '../../docs/examples/overnight/story.ts';
import { serve, type Served } from '../../docs/examples/serve.ts';
import { leapingClock } from './leap.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});

interface Stage {
  status: number | 'hangs';
  readonly seen: string[];
  hungUp: number;
  readonly circuit: Breaker;
  readonly url: string;
  visit(path?: string, signal?: AbortSignal): Promise<Response>;
}

async function stage(options: BreakerOptions): Promise<Stage> {
  const circuit = breaker(options);
  const seen: string[] = [];
  const quotes = await serve((request, response) => {
    seen.push(request.url ?? '');
    response.once('close', () => {
      if (!response.writableFinished) on.hungUp += 1;
    });
    if (on.status !== 'hangs') response.writeHead(on.status).end('{"price":42}');
  });
  open.push(quotes);
  const app = await serve(createApp(quotes.url, circuit));
  open.push(app);
  const on: Stage = {
    status: 200,
    seen,
    hungUp: 0,
    circuit,
    url: app.url,
    visit: (path = '/quotes/ACME', signal) => fetch(app.url + path, signal === undefined ? {} : { signal }),
  };
  return on;
}

describe('createApp', () => {
  it('answers 503 with Retry-After while the circuit is open, calls nobody, and recovers', async () => {
    const clock = leapingClock();
    const on = await stage({ failureThreshold: 2, recoveryTimeout: 30_000, clock });
    expect(await (await on.visit()).json()).toEqual({ price: 42 });

    on.status = 500;
    expect((await on.visit()).status).toBe(502);
    expect((await on.visit()).status).toBe(502);
    expect([on.circuit.state, on.seen.length]).toEqual(['open', 5]);

    const refused = await on.visit();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^(?:[1-9]|[12]\d|30)$/);
    expect(on.seen).toHaveLength(5);

    on.status = 200;
    clock.leap(30_000);
    expect((await on.visit()).status).toBe(200);
    expect([on.circuit.state, on.seen.length]).toEqual(['closed', 6]);
  });

  it('passes a 404 on, repeats it not, and takes it for a sign of health', async () => {
    const on = await stage({ failureThreshold: 1 });
    on.status = 404;
    expect((await on.visit('/quotes/a%2Fb')).status).toBe(404);
    expect(on.seen).toEqual(['/quotes/a%2Fb']);
    expect([on.circuit.state, on.circuit.stats().succeeded]).toEqual(['closed', 1]);
  });

  it('answers 504 where the service hangs, and hangs up on it', async () => {
    const on = await stage({ failureThreshold: 1, clock: compressed(20) });
    on.status = 'hangs';
    expect((await on.visit()).status).toBe(504);
    await expect.poll(() => on.hungUp).toBe(on.seen.length);
    expect(on.circuit.state).toBe('open');
  });

  it('hangs up on the service when the visitor leaves, and counts that as nothing', async () => {
    const on = await stage({ failureThreshold: 1 });
    on.status = 'hangs';
    const visitor = new AbortController();
    const visit = on.visit('/quotes/ACME', visitor.signal).catch((error: Error) => error.name);
    await expect.poll(() => on.seen.length).toBe(1);
    visitor.abort();
    expect(await visit).toBe('AbortError');
    await expect.poll(() => on.hungUp).toBe(1);
    await expect.poll(() => on.circuit.stats().ignored).toBe(1);
    expect(on.circuit.state).toBe('closed');
  });

  it('names no time while the circuit is isolated, and shows the circuit', async () => {
    const on = await stage({});
    on.circuit.isolate();
    const refused = await on.visit();
    expect([refused.status, refused.headers.get('retry-after'), on.seen.length]).toEqual([503, null, 0]);
    expect(await (await on.visit('/health')).json()).toMatchObject({ quotes: { state: 'closed' }, calls: { rejected: 1 } });
  });
});

describe('main of http-handler', () => {
  it('tells of 502 while the circuit learns, of 503 while it is open, and of a recovery', async () => {
    const lines: string[] = [];
    await main((line) => lines.push(line));
    const statuses = lines.filter((line) => /^\d/.test(line)).map((line) => line.replace(/ {2}.*calls/, ' calls'));
    expect(statuses).toEqual([
      '200 calls to the service so far: 1)',
      '502 calls to the service so far: 3)',
      '502 calls to the service so far: 5)',
      '503, Retry-After: 1 calls to the service so far: 5)',
      '503, Retry-After: 1 calls to the service so far: 5)',
      '200 calls to the service so far: 6)',
    ]);
    expect(lines.at(-1)).toBe('The circuit is closed.');
  });
});
