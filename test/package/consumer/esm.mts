/** A consumer that imports: it is type-checked in a project of its own, under several compilers. */
import {
  breaker,
  CircuitOpenError,
  deadline,
  fallback,
  policy,
  Policy,
  retry,
  timeout,
  type Breaker,
  type PolicyError,
  type PolicyErrorOptions,
} from 'breakwater';
import {
  chaos, failsTimes, hangs, manualClock, simulate, type ManualClock, type Scripted, type Timeline,
} from 'breakwater/testing';

const options: PolicyErrorOptions = { cause: 'the last error' };
const error: PolicyError = new CircuitOpenError(1_500, options);
export const seconds: number | undefined = error instanceof CircuitOpenError ? error.retryAfter : undefined;

const circuit = breaker({ failureThreshold: 5, recoveryTimeout: 60_000 });
export const shared: Breaker = circuit;
export const parts = policy(fallback('cached'), timeout(30_000), retry({ attempts: 3 }), circuit, deadline(90_000));
export const chain = Policy.with(circuit).retry({ attempts: 3, delay: 0 }).fallback(0);

export const ask: (prompt: string) => Promise<string> = parts.wrapWithContext(
  async ({ signal, attempt }, prompt: string) => (signal.aborted ? prompt : `${prompt} ${attempt}`),
);
export const count: (text: string) => number = chain.wrapSync((text: string) => text.length);
export const state: 'closed' | 'open' | 'half-open' | 'isolated' = parts.circuit.state;
export const none: undefined = retry().circuit;

/** What a library writes that takes any policy which adds nothing to the result. */
export async function load(guard: Policy, id: number): Promise<number> {
  return guard.execute(() => id);
}
export const loaded: Promise<number> = load(Policy.timeout(1_000), 7);

const clock: ManualClock = manualClock({ random: 7 });
export const scripted: Scripted<string> = failsTimes(2, 'up');
export const tested: Promise<string> = policy(retry(), { clock }).execute(scripted);
export const guarded: (n: number) => Promise<number> = retry().wrapWithContext(failsTimes(0, 1));
export const timeline: Promise<Timeline> = simulate({ policy: parts, load: { workers: 4, calls: 40 }, outage: { is: 'hung' } });
export const faulty: string = policy(retry({ delay: 0 }), chaos({ errorRatio: 0.1 })).executeSync(() => 'up');
export const never: Promise<never> = timeout(1_000).execute(hangs());

{
  using isolated = circuit.isolate();
  void isolated;
}

// @ts-expect-error a policy can have only one retry
policy(retry(), retry());
// @ts-expect-error a timeout needs time, so that nothing runs synchronously under it
parts.wrapSync((text: string) => text.length);
// @ts-expect-error an option that is misspelt
breaker({ failureTreshold: 5 });
