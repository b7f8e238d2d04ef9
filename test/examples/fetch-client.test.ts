/** docs/examples/fetch-client: what it repeats, how long it waits, and what it hands on. */
import type { RequestListener } from 'node:http';
import { exponential, Policy, results, retry } from 'breakwater';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient, HttpError, patient, type Answer } from '../../docs/examples/fetch-client/client.ts';
import { main } from '../../docs/examples/fetch-client/main.ts';
import { serve, type Served } from '../../docs/examples/serve.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});

/** A service that gives these answers in turn, the last one again and again. */
async function answering(...answers: readonly (readonly [status: number, headers?: Record<string, string>])[]): Promise<Served & { asked: number }> {
  const listener: RequestListener = (_request, response) => {
    const [status, headers] = answers[Math.min(on.asked, answers.length - 1)] ?? [200];
    on.asked += 1;
    response.writeHead(status, headers).end(`{"answer":${on.asked}}`);
  };
  const on = { ...(await serve(listener)), asked: 0 };
  open.push(on);
  return on;
}

/** The waits that `patient` schedules while `run` runs. */
async function waitsOf(run: () => Promise<unknown>): Promise<number[]> {
  const waits: number[] = [];
  const subscription = patient.onEvent((event) => {
    if (event.type === 'retry-scheduled') waits.push(event.delay);
  });
  await run();
  subscription.dispose();
  return waits;
}

describe('createClient', () => {
  it('repeats 429 and 5xx, as often as its policy says, and hands the answer on', async () => {
    const service = await answering([503], [500], [429], [200]);
    const waits = await waitsOf(async () => expect(await createClient(service.url).get('/a')).toEqual({ answer: 4 }));
    expect(service.asked).toBe(4);
    expect(waits).toHaveLength(3);
    expect(waits.every((ms, i) => ms >= 0 && ms <= 100 * 2 ** i)).toBe(true);
  });

  it('honours Retry-After, which makes a wait longer and never shorter', async () => {
    const service = await answering([429, { 'retry-after': '0.25' }], [200]);
    const [wait] = await waitsOf(() => createClient(service.url).get('/a'));
    expect(wait).toBeGreaterThanOrEqual(250);
    expect(wait).toBeLessThanOrEqual(350);
  });

  it('does not sleep for longer than it is told to: it hands the answer on, with what the service asked for', async () => {
    const service = await answering([503, { 'retry-after': '3600' }]);
    const error: unknown = await createClient(service.url).get('/a').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HttpError);
    expect((error as HttpError).answer.headers.get('retry-after')).toBe('3600');
    expect(service.asked).toBe(1);
  });

  it('repeats no other status, and rejects with the last answer where all attempts failed', async () => {
    const nothing = await answering([404]);
    await expect(createClient(nothing.url).get('/a')).rejects.toMatchObject({ answer: { status: 404, body: '{"answer":1}' } });
    expect(nothing.asked).toBe(1);

    const down = await answering([503]);
    const quick = retry({ attempts: 3, delay: 0, handle: results(({ status }: Answer) => status === 503) });
    await expect(createClient(down.url, quick).get('/a')).rejects.toMatchObject({ answer: { status: 503, body: '{"answer":3}' } });
  });

  it('repeats a connection that is refused: an error is a failure without being named', async () => {
    const gone = await answering([200]);
    await gone.close();
    const waits = await waitsOf(() => expect(createClient(gone.url).get('/a')).rejects.toThrow('fetch failed'));
    expect(waits).toHaveLength(3);
  });

  it('hands the signal on to the request', async () => {
    let [asked, hungUp] = [0, 0];
    const hangs = await serve((_request, response) => {
      asked += 1;
      response.once('close', () => (hungUp += 1));
    });
    open.push(hangs);
    const user = new AbortController();
    const pending = createClient(hangs.url).get('/a', { signal: user.signal }).catch((reason: unknown) => reason);
    await expect.poll(() => asked).toBe(1);
    user.abort('the user left');
    expect(await pending).toBe('the user left');
    await expect.poll(() => hungUp).toBe(1);
  });

  it('ends a wait when the signal aborts', async () => {
    const down = await answering([503]);
    const slow = Policy.retry({ delay: exponential({ first: 30_000, jitter: 'none' }), handle: results(({ status }: Answer) => status === 503) });
    const user = new AbortController();
    slow.onEvent((event) => {
      if (event.type === 'retry-scheduled') user.abort('the user left');
    });
    await expect(createClient(down.url, slow).get('/a', { signal: user.signal })).rejects.toBe('the user left');
    expect(down.asked).toBe(1);
  });
});

describe('main of fetch-client', () => {
  it('gets through the bad minute, repeats no 404, and gives up when the caller does', async () => {
    const lines: string[] = [];
    await main((line) => lines.push(line.trim()));
    expect(lines.filter((line) => line.includes('/hello')).map((line) => line.slice(-3))).toEqual(['503', '503', '429', '200']);
    expect(lines).toContain('{"greeting":"hello"}');
    expect(lines.filter((line) => line.startsWith('the service answers /nothing'))).toHaveLength(1);
    expect(lines.at(-1)).toBe('TimeoutError: The operation was aborted due to timeout');
  });
});
