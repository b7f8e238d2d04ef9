/** Thirty documents, six workers, an outage in the middle, and one document that is malformed. */
import { Policy } from 'breakwater';
import { serve } from '../serve.ts';
import { workOff } from './work-off.ts';

class Refused extends Error {}

export async function main(print: (line: string) => void): Promise<void> {
  let [calls, down] = [0, false];
  const service = await serve((request, response) => {
    calls += 1;
    if (calls === 12) {
      down = true;
      setTimeout(() => { down = false; }, 400);
    }
    const status = down ? 503 : request.url === '/documents/7' ? 400 : 200;
    setTimeout(() => response.writeHead(status).end(`summary of ${request.url}`), 5);
  });

  const ownFault = (error: unknown): boolean => error instanceof Refused;
  const guard = Policy
    .breaker({ failureThreshold: 5, recoveryTimeout: 100, counts: 'attempts' })
    .retry({ attempts: 3, delay: [50, 100], handle: (error) => !ownFault(error) }) // a 400 says that the service is well
    .timeout(1_000);
  const begun = performance.now();
  guard.circuit.onStateChange(({ to }) => {
    print(`${String(Math.round(performance.now() - begun)).padStart(5)} ms  the circuit is ${to}, after ${calls} calls`);
  });

  const report = await workOff(Array.from({ length: 30 }, (_, i) => i + 1), {
    guard,
    workers: 6,
    ownFault,
    async work(document, { signal }) {
      const response = await fetch(`${service.url}/documents/${document}`, { signal });
      const text = await response.text();
      if (response.status === 400) throw new Refused(`document ${document} is malformed`);
      if (!response.ok) throw new Error(`the service answered ${response.status}`);
      return text;
    },
  });

  print(`${report.done.size} done, ${report.failed.size} failed, ${report.left.length} left`);
  for (const error of report.failed.values()) print(String(error));
  print(`${calls} calls for 30 documents; jobs went back into the queue ${report.postponed} times`);
  await service.close();
}

if (process.argv[1] === import.meta.filename) await main(console.log);
