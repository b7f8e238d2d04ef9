/**
 * What a runtime is asked to show, in one program that runs on all of them: it prints what it found as one line of JSON.
 * The server that it calls never answers under `/hang`.
 */
import {
  breaker,
  CircuitOpenError,
  deadline,
  DeadlineExceededError,
  policy,
  Policy,
  retry,
  timeout,
  TimeoutError,
} from 'breakwater';
import { failsTimes, manualClock, simulate } from 'breakwater/testing';

const { process, location } = globalThis as { process?: { env: Record<string, string | undefined> }; location?: Location };
const server = process?.env['ANTHROPIC_BASE_URL'] ?? location?.origin;

const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A function that fails `times` times and then answers with the number of its calls. */
function failing(times: number): () => number {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls <= times) throw new Error(`failure ${calls}`);
    return calls;
  };
}

const attempts = await retry({ attempts: 3, delay: 1 }).execute(failing(2));

const circuit = breaker({ failureThreshold: 2, recoveryTimeout: 300 });
const states: string[] = [];
{
  using _subscription = circuit.onStateChange(({ to }) => states.push(to));
  await thrown(circuit.execute(failing(1)));
  await thrown(circuit.execute(failing(1)));
}
// From here on nobody listens: `states` stays as it is.
const rejection = await thrown(circuit.execute(() => 'not called'));
await circuit.whenAdmitting();
const probed = await circuit.execute(() => 'back');

let stopped: unknown;
const late = await thrown(
  timeout(20).execute(({ signal }) => {
    signal.addEventListener('abort', () => (stopped = signal.reason));
    return new Promise(() => {});
  }),
);
const cancelled = await thrown(timeout(1_000).execute(({ signal }) => fetch(`${server}/hang`, { signal })));
const overdue = await thrown(policy(deadline(30), retry({ attempts: Infinity, delay: 20 })).execute(failing(Infinity)));

const caller = new AbortController();
const aborted = thrown(policy(timeout(60_000), retry()).execute(() => new Promise(() => {}), caller.signal));
caller.abort('changed my mind');

const chain = Policy.breaker({ failureThreshold: 1 }).retry({ attempts: 2, delay: 0 }).fallback('plan B');
const parse = chain.wrapSync((text: string): unknown => JSON.parse(text));

// The caller gets its answer, whatever a listener throws, and whoever is told of it.
const told: unknown[] = [];
const careful = policy(retry({ delay: 0 }), { onListenerError: (error) => told.push(error) });
careful.onEvent(() => {
  throw new Error('from a listener');
});
const despite = await careful.execute(failing(1));

// Also where nobody is told but the host: in a server that is a warning, and the process goes on.
const host = globalThis as { process?: { emitWarning?: (warning: unknown) => void } };
let warned = 0;
if (host.process?.emitWarning !== undefined) {
  host.process.emitWarning = () => (warned += 1);
  const careless = retry({ delay: 0 });
  careless.onEvent(() => {
    throw new Error('from a listener');
  });
  await careless.execute(failing(1));
}

// Where there are no immediates, too, promises have their say between two timers.
const clock = manualClock();
const later = policy(retry({ attempts: 3, delay: 60_000 }), { clock }).execute(failsTimes(2, 'at last'));
await clock.runAll();
const outage = { is: 'hung', until: 600_000 } as const;
const { summary } = await simulate({ policy: timeout(30_000), load: { workers: 4, calls: 100 }, outage, takes: 5_000 });

const found = {
  warned: host.process === undefined || warned > 0,
  attempts,
  states,
  rejection: rejection instanceof CircuitOpenError && [rejection.name, rejection.retryAfter],
  probed: [probed, circuit.state],
  timeout: late instanceof TimeoutError && late === stopped && late.message,
  cancelled: cancelled instanceof TimeoutError,
  overdue: overdue instanceof DeadlineExceededError,
  aborted: await aborted,
  sync: [parse('[1]'), parse('{'), chain.circuit.state],
  despite: [despite, told.length],
  text: String(chain),
  manual: [await later, clock.time, clock.pending],
  simulated: [summary.completed, summary.failed, summary.peak, summary.settledAt],
};
console.log(JSON.stringify(found));
