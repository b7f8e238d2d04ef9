/**
 * What newcomers get wrong, and what they are told: by the compiler while they type, and by the package when it runs, for
 * those who have no compiler. The texts stand here as they are shown, so that a worse one is noticed.
 */
import { describe, expect, it } from 'vitest';
import { openEditor, type Complaint } from './helpers/editor.ts';
import { run } from './helpers/run-sample.ts';

interface Mistake {
  /** What is written; `load` is an asynchronous function of a number. */
  readonly code: string;
  /** What the compiler says: its first line, and the sentence below that tells most. Left out where it cannot know. */
  readonly compiler?: readonly [string, ...string[]];
  /** What is thrown. Left out where nothing can be noticed. */
  readonly thrown?: string;
}

const OVERLOADS = 'No overload matches this call.';
const RETRY = 'attempts, delay, jitter, maxRetryAfterMs, budget, handle, clock, onListenerError';
const TWICE = 'a policy can have only one retry, got retry ×3 and retry ×3; to nest them, wrap twice: outer.wrap(inner.wrap(fn))';
const READY = 'got a ready-made policy: compose those with policy(a, b) or Policy.with(a, b)';

const MISTAKES: Readonly<Record<string, readonly Mistake[]>> = {
  'gives a factory uncalled': [
    {
      code: 'policy(breaker, retry);',
      compiler: [
        `Argument of type '<W extends WhenOpen = "reject">(options?: BreakerOptions<W> | undefined) => Breaker<BreakerMode<W>>' is not assignable to parameter of type 'AnyPolicy | PolicyOptions'.`,
        'Did you mean to call this expression?',
      ],
      thrown: 'policy expects policies, got the function breaker as argument 1: call it, as in policy(breaker(…))',
    },
    {
      code: 'retry({ delay: exponential });',
      compiler: [
        `Type '(options?: ExponentialOptions | undefined) => Backoff' is not assignable to type 'Delay | undefined'.`,
        'Did you mean to call this expression?',
      ],
      thrown: 'retry: delay must be a backoff, got the function exponential: call it',
    },
    {
      code: 'hedge({ after: quantile });',
      compiler: [
        `Type '(share: number, options?: QuantileOptions | undefined) => Quantile' is not assignable to type 'number | Quantile'.`,
        'Did you mean to call this expression?',
      ],
      thrown: 'hedge: after must be a quantile, got the function quantile: call it, as in quantile(0.95)',
    },
  ],
  'gives one kind twice': [
    {
      code: 'policy(retry(), breaker(), retry());',
      compiler: [`Argument of type 'RetryPolicy<"async">' is not assignable to parameter of type '"a policy can have only one retry"'.`],
      thrown: TWICE,
    },
    {
      code: 'Policy.retry().retry();',
      compiler: [`Property 'retry' does not exist on type 'FluentPolicy<"retry", "async", never>'.`],
      thrown: TWICE,
    },
  ],
  'misspells an option, or takes that of another library': [
    {
      code: 'retry({ attemps: 3 });',
      compiler: [
        `Object literal may only specify known properties, but 'attemps' does not exist in type 'RetryOptions<Backoff>'. Did you mean to write 'attempts'?`,
      ],
      thrown: `retry has no option "attemps"; it has ${RETRY}`,
    },
    {
      code: 'breaker({ resetTimeout: 30_000 });',
      compiler: [`Object literal may only specify known properties, and 'resetTimeout' does not exist in type 'BreakerOptions<"reject">'.`],
      thrown:
        'breaker has no option "resetTimeout"; it has failureThreshold, trip, recoveryTimeout, successThreshold, probes, ' +
        'probeLease, counts, whenOpen, maxWaiting, ramp, handle, onOpen, onHalfOpen, onClose, initialState, clock, onListenerError',
    },
  ],
  'writes a duration with its unit': [
    {
      code: `timeout('30s');`,
      compiler: [`Argument of type 'string' is not assignable to parameter of type 'number | TimeoutOptions'.`],
      thrown: 'timeout: after must be a duration in milliseconds above 0, got "30s"',
    },
    {
      code: `breaker({ recoveryTimeout: '30s' });`,
      compiler: [`Type 'string' is not assignable to type 'number | Backoff | CockatielBackoff | undefined'.`],
      thrown: 'breaker: recoveryTimeout must be a duration in milliseconds or a backoff, got "30s"',
    },
  ],
  'leaves out what has no default': [
    {
      code: 'timeout();',
      compiler: ['Expected 1 arguments, but got 0.'],
      thrown: 'timeout: after must be a duration in milliseconds above 0, got undefined',
    },
    {
      code: 'deadline();',
      compiler: ['Expected 1-2 arguments, but got 0.'],
      thrown: 'deadline: within must be a duration in milliseconds above 0, or a deadline, got undefined',
    },
    {
      code: 'cache();',
      compiler: ['Expected 1 arguments, but got 0.'],
      thrown: 'cache: ttl must be a duration in milliseconds, 0 or more, got undefined',
    },
    {
      code: 'cache({ ttl: 60_000, store: memoryStore() });',
      thrown: 'cache: key must be given with a store of your own: it makes the whole name of an entry',
    },
    { code: 'fallback();', compiler: ['Expected 1-2 arguments, but got 0.'] },
    {
      code: 'hedge();',
      compiler: ['Expected 1 arguments, but got 0.'],
      thrown: 'hedge: after must be a duration in milliseconds above 0, or a quantile such as quantile(0.95), got undefined',
    },
    {
      code: 'bulkhead({ queue: 10 });',
      compiler: [`Argument of type '{ queue: 10; }' is not assignable to parameter of type 'BulkheadOptions<10>'.`],
      thrown: 'bulkhead: limit must be a whole number of at least 1, got undefined',
    },
  ],
  'gives a number out of its range, which only the run can see': [
    { code: 'hedge({ after: 200, max: 1 });', thrown: 'hedge: max must be a whole number of at least 2, got 1' },
    { code: 'hedge({ after: quantile(95) });', thrown: 'quantile: share must be a number above 0 and below 1, such as 0.95, got 95' },
    { code: 'retry({ attempts: -1 });', thrown: 'retry: attempts must be a whole number of at least 1, got -1' },
    { code: `timeout(Number('30s'));`, thrown: 'timeout: after must be a duration in milliseconds above 0, got NaN' },
    { code: 'breaker({ failureThreshold: 0.5 });', thrown: 'breaker: failureThreshold must be a whole number of at least 1, got 0.5' },
  ],
  'gives the bare value of an option, or options in a second argument': [
    {
      code: 'retry(3);',
      compiler: [`Type '3' has no properties in common with type 'RetryOptions<Backoff>'.`],
      thrown: `retry expects an object of options (${RETRY}), got 3: write { attempts: 3 }`,
    },
    {
      code: 'hedge(200);',
      compiler: [`Argument of type 'number' is not assignable to parameter of type 'HedgeOptions'.`],
      thrown: 'hedge expects an object of options (after, max, budget, handle, clock, onListenerError), got 200: write { after: 200 }',
    },
    {
      code: 'bulkhead(5, 10);',
      compiler: ['Expected 1 arguments, but got 2.'],
      thrown: 'bulkhead expects an object of options (limit, queue, maxWait, priority, clock, onListenerError), got 5: write { limit: 5 }',
    },
    {
      code: `timeout(30_000, 'cooperative');`,
      compiler: ['Expected 1 arguments, but got 2.'],
      thrown: 'timeout expects one argument, got "cooperative" as argument 2: write timeout({ after, mode })',
    },
    {
      code: `Policy.timeout(30_000, { mode: 'cooperative' });`,
      compiler: ['Expected 1 arguments, but got 2.'],
      thrown: 'timeout expects one argument, got an object as argument 2: write timeout({ after, mode })',
    },
  ],
  'mixes the chain and the function form': [
    {
      code: 'Policy.breaker(breaker());',
      compiler: [`Type 'Breaker<"sync">' has no properties in common with type 'BreakerOptions<"reject">'.`],
      thrown: `breaker takes options, ${READY}`,
    },
    {
      code: 'Policy(breaker(), retry());',
      compiler: ['This expression is not callable.'],
      thrown: 'Policy is not a function',
    },
    {
      code: 'const guard = policy(breaker()); guard.retry({ attempts: 3 });',
      compiler: [`Property 'retry' does not exist on type 'PolicyOf<"breaker", "sync", never>'.`],
      thrown: 'guard.retry is not a function',
    },
  ],
  'calls the function instead of handing it over': [
    {
      code: 'retry().wrap(load(1));',
      compiler: [OVERLOADS, `Argument of type 'Promise<string>' is not assignable to parameter of type '(this: void, ...args: readonly unknown[]) => unknown'.`],
      thrown: 'wrap expects a function, got an object of Promise: give it the function that makes the promise, uncalled',
    },
    {
      code: 'await retry().execute(load(1));',
      compiler: [`Argument of type 'Promise<string>' is not assignable to parameter of type '(ctx: Context) => unknown'.`],
      thrown: 'execute expects a function, got an object of Promise: give it the function that makes the promise, uncalled',
    },
    {
      code: 'const guard = retry(); guard(() => load(1));',
      compiler: ['This expression is not callable.', `Type 'RetryPolicy<"async">' has no call signatures.`],
      thrown: 'guard is not a function',
    },
  ],
  'asks for an answer at once where there is none': [
    {
      code: 'breaker().wrapSync(load)(1);',
      compiler: [
        OVERLOADS,
        `Argument of type '(id: number) => Promise<string>' is not assignable to parameter of type '((this: void, id: number) => Promise<string>) & "the function returns a promise: use wrap or execute"'.`,
      ],
      thrown: 'wrapSync and executeSync take a function that does not return a promise: use wrap or execute',
    },
    {
      code: 'retry().executeSync(() => 1);',
      compiler: [`The 'this' context of type 'RetryPolicy<"async">' is not assignable to method's 'this' of type 'EveryLayerCanBeSync'.`],
      thrown: 'executeSync: retry ×3 needs time, so the policy cannot answer at once; use wrap or execute',
    },
    {
      code: 'const answer = retry().wrap(load)(1); answer.toUpperCase();',
      compiler: [`Property 'toUpperCase' does not exist on type 'Promise<string>'.`, 'Did you forget to use \'await\'?'],
      thrown: 'answer.toUpperCase is not a function',
    },
  ],
  'makes no key where the arguments are no plain one': [
    {
      code: 'await cache({ ttl: 60_000 }).wrap(async (user: { id: number }) => user.id)({ id: 7 });',
      thrown:
        'cache: key must be given where a call has more than one primitive argument, got a call with an object: ' +
        'write cache({ key: (...args) => … })',
    },
    {
      code: 'await coalesce({ key: ({ id }: { id: number }) => [id] }).wrap(async (user: { id: number }) => user.id)({ id: 7 });',
      compiler: [
        `Type '({ id }: { id: number; }) => number[]' is not assignable to type 'CallKey'.`,
        `Type 'number[]' is not assignable to type 'string | number | bigint | undefined'.`,
      ],
      thrown: 'coalesce: what key(...) answers must be a string, a number, or undefined for a call that goes by itself, got an array of 1',
    },
  ],
  'asks a policy for a circuit that it does not have': [
    {
      code: 'const guard = policy(retry()); guard.circuit.state;',
      compiler: [`'guard.circuit' is possibly 'undefined'.`],
      thrown: `Cannot read properties of undefined (reading 'state')`,
    },
  ],
  'hands a predicate of values to handle, which asks it about errors': [
    {
      code: 'retry({ handle: (response: Response) => response.status >= 500 });',
      compiler: [`Type '(response: Response) => boolean' is not assignable to type 'Handle | undefined'.`, `Types of parameters 'response' and 'error' are incompatible.`],
    },
    { code: 'retry({ handle: (response) => response.status >= 500 });', compiler: [`'response' is of type 'unknown'.`] },
  ],
};

const START = `import { breaker, bulkhead, cache, coalesce, deadline, exponential, fallback, memoryStore, hedge, Policy, policy, quantile, retry, timeout } from 'breakwater';
const load = async (id: number): Promise<string> => String(id);
`;

const all = Object.values(MISTAKES).flat();
const editor = openEditor(Object.fromEntries(all.map(({ code }, i) => [`mistake-${i}.ts`, `${START}${code}\nexport {};`])));

/** What the compiler says of a mistake: its first complaint. */
function complaint({ code }: Mistake): Complaint {
  return editor.complaints(`mistake-${all.findIndex((one) => one.code === code)}.ts`)[0] ?? [];
}

describe.each(Object.entries(MISTAKES))('somebody who %s', (_, mistakes) => {
  it.each(mistakes.map((mistake) => [mistake.code, mistake] as const))('is told by the compiler: %s', (_code, mistake) => {
    const [first, ...more] = mistake.compiler ?? [];
    const [line, ...behind] = complaint(mistake);
    expect(line).toBe(first);
    expect(behind.map((one) => one.trim())).toEqual(expect.arrayContaining(more));
  });

  it.each(mistakes.map((mistake) => [mistake.code, mistake] as const))('is told when it runs: %s', async (_code, { code, thrown }) => {
    const sample = { file: 'mistake', line: 1, code: `${START}${code}`, notRun: undefined };
    const said = await run(sample).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : error),
    );
    expect(said).toBe(thrown);
  });
});
