/** Three users of the library: one who thinks of nothing, one with a policy of their own, one with a fallback around it. */
import { breaker, fallback, policy, retry } from 'breakwater';
import { serve } from '../serve.ts';
import { transient, Weather } from './weather.ts';

export async function main(print: (line: string) => void): Promise<void> {
  let requests = 0;
  const service = await serve((request, response) => {
    requests += 1;
    const city = request.url?.split('/').at(-1);
    const status = city === 'Atlantis' ? 404 : requests % 2 === 1 ? 503 : 200; // every second request fails
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ city, celsius: 21 }));
  });
  const { url } = service;

  const simple = new Weather({ url });
  print(`By itself:      ${String(simple.policy)}`);
  print(`                ${JSON.stringify(await simple.forecast('Rome'))}, after ${requests} requests`);

  // The user's own circuit, shared with whatever else talks to that host, and quicker retries. The timeout is ours.
  const shared = breaker({ failureThreshold: 3 });
  const careful = new Weather({ url, policy: policy(shared, retry({ attempts: 2, delay: 10, handle: transient })) });
  print(`With a policy:  ${String(careful.policy)}`);
  print(`                ${JSON.stringify(await careful.forecast('Oslo'))}, and the circuit is ${careful.policy.circuit?.state}`);
  await careful.forecast('Atlantis').catch((error: unknown) => print(`                ${String(error)}`));

  const orNothing = fallback(null).wrap((city: string) => simple.forecast(city));
  print(`With a fallback around it: ${JSON.stringify(await orNothing('Atlantis'))}`);

  await service.close();
}

if (process.argv[1] === import.meta.filename) await main(console.log);
