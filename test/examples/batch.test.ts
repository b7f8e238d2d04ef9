/** docs/examples/batch: the pool of workers, well, in an outage, with jobs at fault, and ended early. */
import { Policy } from 'breakwater';
import { describe, expect, it } from 'vitest';
import { main } from '../../docs/examples/batch/main.ts';
import { workOff, type Guard } from '../../docs/examples/batch/work-off.ts';
import { serve } from '../../docs/examples/serve.ts';

class Malformed extends Error {}
const ownFault = (error: unknown): boolean => error instanceof Malformed;

function guard(recoveryTimeout = 20): Guard {
  return Policy
    .breaker({ failureThreshold: 3, recoveryTimeout, counts: 'attempts' })
    .retry({ attempts: 2, delay: 1, handle: (error) => !ownFault(error) })
    .timeout(60_000);
}

describe('workOff', () => {
  it('does every job, through an outage of a server, with few calls to it while it is down', async () => {
    let [calls, whileDown] = [0, 0];
    const service = await serve((request, response) => {
      calls += 1;
      const down = calls > 10 && whileDown < 8;
      if (down) whileDown += 1;
      response.writeHead(down ? 503 : 200).end(request.url);
    });
    const circuit = guard();
    const report = await workOff(Array.from({ length: 24 }, (_, i) => `/${i}`), {
      guard: circuit,
      workers: 4,
      ownFault,
      async work(path, { signal }) {
        const response = await fetch(service.url + path, { signal });
        const text = await response.text();
        if (!response.ok) throw new Error(`${response.status}`);
        return text;
      },
    });
    await service.close();
    expect(report.done.size).toBe(24);
    for (const [path, text] of report.done) expect(text).toBe(path);
    expect([report.failed.size, report.left]).toEqual([0, []]);
    expect(circuit.circuit.stats().opened).toBeGreaterThan(0);
    expect(report.postponed).toBeGreaterThan(0);
    // Eight for nothing, and each of the others for an answer.
    expect([whileDown, calls]).toEqual([8, 32]);
  });

  it('loses no job with a single worker, whose first job of an outage uses up its attempts before the circuit opens', async () => {
    let calls = 0;
    const work = async (job: string): Promise<string> => {
      calls += 1;
      if (calls <= 4) throw new Error('503');
      return job;
    };
    const report = await workOff(['a', 'b', 'c'], { guard: guard(), workers: 1, work, ownFault });
    expect([[...report.done.keys()].sort(), report.failed.size]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('loses no job of a short queue with a single worker, in either of two outages, at a threshold of twice the attempts', async () => {
    let calls = 0;
    const alone = Policy.breaker({ failureThreshold: 4, recoveryTimeout: 5, counts: 'attempts' }).retry({ attempts: 2, delay: 1 });
    const work = async (job: string): Promise<string> => {
      calls += 1;
      if (calls <= 6 || (calls > 7 && calls <= 13)) throw new Error('503');
      return job;
    };
    const report = await workOff(['a', 'b'], { guard: alone, workers: 1, work, ownFault });
    expect([[...report.done.keys()].sort(), report.failed.size, alone.circuit.stats().opened > 1]).toEqual([['a', 'b'], 0, true]);
  });

  it('sets jobs aside that are at fault, also where one of them is the probe', async () => {
    const circuit = guard();
    circuit.circuit.open();
    const jobs = ['bad 1', 'bad 2', 'bad 3', 'bad 4', 'good'];
    const tried: string[] = [];
    const work = async (job: string): Promise<string> => {
      tried.push(job);
      if (job.startsWith('bad')) throw new Malformed(job);
      return job;
    };
    const report = await workOff(jobs, { guard: circuit, workers: 1, work, ownFault });
    expect([...report.failed.keys()]).toEqual(jobs.slice(0, 4));
    expect([...report.done.keys()]).toEqual(['good']);
    expect(tried).toEqual(jobs);
    expect(circuit.circuit.state).toBe('closed');
  });

  it('gives a job up that used up its attempts while the service is well for others', async () => {
    const work = async (job: string): Promise<string> => {
      if (job === 'b') throw new Error('no');
      return job;
    };
    const report = await workOff(['a', 'b', 'c'], { guard: guard(), workers: 1, work, ownFault });
    expect([[...report.done.keys()], [...report.failed.keys()], report.postponed]).toEqual([['a', 'c'], ['b'], 1]);
  });

  it('ends early when it is told to, and says what is left', async () => {
    const circuit = guard(60_000);
    const end = new AbortController();
    const work = async (job: number): Promise<number> => {
      if (job === 2) circuit.circuit.open();
      return job;
    };
    const pending = workOff([1, 2, 3, 4], { guard: circuit, workers: 2, work, ownFault, signal: end.signal });
    circuit.circuit.onStateChange(() => setImmediate(() => end.abort()));
    const report = await pending;
    expect(new Set([...report.done.keys(), ...report.left])).toEqual(new Set([1, 2, 3, 4]));
    expect(report.left.length).toBeGreaterThan(0);
    expect(report.failed.size).toBe(0);
  });
});

describe('main of batch', () => {
  it('works everything off but the malformed document, with an outage in between', async () => {
    const lines: string[] = [];
    await main((line) => lines.push(line));
    expect(lines.some((line) => line.includes('the circuit is open'))).toBe(true);
    expect(lines.some((line) => line.includes('the circuit is closed'))).toBe(true);
    expect(lines).toContain('29 done, 1 failed, 0 left');
    expect(lines).toContain('Error: document 7 is malformed');
  });
});
