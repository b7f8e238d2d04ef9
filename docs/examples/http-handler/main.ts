/** A day of the quote service: well, down, well again, and what visitors of the app get. */
import { breaker } from 'breakwater';
import { serve } from '../serve.ts';
import { createApp } from './app.ts';

export async function main(print: (line: string) => void): Promise<void> {
  let [up, calls] = [true, 0];
  const quotes = await serve((_request, response) => {
    calls += 1;
    response.writeHead(up ? 200 : 500, { 'content-type': 'application/json' }).end('{"price":42}');
  });
  const circuit = breaker({ failureThreshold: 2, recoveryTimeout: 1_000 });
  const app = await serve(createApp(quotes.url, circuit));

  const visit = async (): Promise<void> => {
    const response = await fetch(`${app.url}/quotes/ACME`);
    const after = response.headers.get('retry-after');
    const hint = after === null ? '' : `, Retry-After: ${after}`;
    print(`${response.status}${hint}  ${await response.text()}  (calls to the service so far: ${calls})`);
  };

  print('The service is well.');
  await visit();
  up = false;
  print('It goes down. Two visitors find out, at two attempts each:');
  await visit();
  await visit();
  print(`The circuit is ${circuit.state}. Nobody bothers the service now:`);
  await visit();
  await visit();
  up = true;
  print('It is well again, and when the recovery time is over, the next visitor finds out:');
  await circuit.whenAdmitting();
  await visit();
  print(`The circuit is ${circuit.state}.`);

  await app.close();
  await quotes.close();
}

if (process.argv[1] === import.meta.filename) await main(console.log);
