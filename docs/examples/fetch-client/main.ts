/** A service with a bad minute: two 503, a 429 that asks for a second, then the answer. And a caller who gives up. */
import { serve } from '../serve.ts';
import { createClient, patient } from './client.ts';

export async function main(print: (line: string) => void): Promise<void> {
  const badMinute = [503, 503, 429];
  const statusOf = (path: string | undefined): number => {
    if (path === '/hello') return badMinute.shift() ?? 200;
    return path === '/busy' ? 503 : 404;
  };
  const service = await serve((request, response) => {
    const status = statusOf(request.url);
    print(`  the service answers ${request.url} with ${status}`);
    if (status === 429 || request.url === '/busy') response.setHeader('retry-after', '1');
    response.writeHead(status).end('{"greeting":"hello"}');
  });
  const client = createClient(service.url);
  const subscription = patient.onEvent((event) => {
    if (event.type === 'retry-scheduled') print(`  attempt ${event.attempt} failed, the next one in ${Math.round(event.delay)} ms`);
  });

  print('A bad minute:');
  print(`  ${JSON.stringify(await client.get('/hello'))}`);

  print('What is not worth repeating is not repeated:');
  await client.get('/nothing').catch((error: unknown) => print(`  ${String(error)}`));

  print('A caller who gives up after 20 ms:');
  await client.get('/busy', { signal: AbortSignal.timeout(20) }).catch((error: unknown) => print(`  ${String(error)}`));

  subscription.dispose();
  await service.close();
}

if (process.argv[1] === import.meta.filename) await main(console.log);
