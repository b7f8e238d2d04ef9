/** The quick way and the usual one are the same to everybody who can see anything of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breaker, consecutive, failureRatio, fallback, lastCalls, lastMs, policy, retry, timeout } from '../../src/index.ts';
import type { AnyPolicy, Breaker, BreakerOptions, Context } from '../../src/index.ts';
import { asked, onWay } from '../helpers/ways.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const acts = [
  'value', 'undefined', 'throws', 'throws undefined', 'resolves', 'rejects', 'later', 'later rejects', 'hangs', 'heeds',
  'thenable', 'thenable rejects', 'thenable later', 'thenable twice', 'thenable throws', 'hostile', 'derived', 'derived rejects',
  'opens', 'resets', 'isolates', 'listens', 'nested', 'nested rejects',
] as const;

interface Act {
  readonly does: (typeof acts)[number];
  readonly takes: number;
}

interface Call {
  readonly at: number;
  readonly how: 'execute' | 'wrap' | 'wrapWithContext';
  readonly acts: readonly Act[];
}

interface Plan {
  readonly breaker: BreakerOptions | undefined;
  readonly retry: { readonly attempts: number; readonly delay: number | 'asks' } | undefined;
  readonly timeout: number | undefined;
  readonly fallback: 'ready' | 'handler' | 'promise' | 'throws' | undefined;
}

const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined, freq: 3 });

const plans: fc.Arbitrary<Plan> = fc.record({
  breaker: maybe(
    fc.record({
      trip: fc.oneof(
        fc.integer({ min: 1, max: 4 }).map(consecutive),
        fc.constantFrom(failureRatio({ window: lastCalls(5), minimumCalls: 2 }), failureRatio({ window: lastMs(40), minimumCalls: 2 })),
      ),
      recoveryTimeout: fc.integer({ min: 1, max: 60 }),
      counts: fc.constantFrom('calls', 'attempts'),
    }),
  ),
  retry: maybe(fc.record({ attempts: fc.integer({ min: 1, max: 3 }), delay: fc.constantFrom(0, 0, 5, 20, 'asks' as const) })),
  timeout: maybe(fc.integer({ min: 1, max: 30 })),
  fallback: maybe(fc.constantFrom('ready', 'handler', 'promise', 'throws')),
});

const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 120 }),
    how: fc.constantFrom('execute', 'wrap', 'wrapWithContext'),
    acts: fc.array(fc.record({ does: fc.constantFrom(...acts), takes: fc.constantFrom(1, 5, 10, 40) }), { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
);

const text = (what: unknown): string =>
  what instanceof Error ? `${what.name} ${what.message} (${text(what.cause)})` : String(JSON.stringify(what));

/** Plays the calls, and writes down all that anybody can see of it. */
async function play(plan: Plan, script: readonly Call[]): Promise<string[]> {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(`${clock.time} ${line}`);
  const circuit: Breaker | undefined = plan.breaker && breaker(plan.breaker);
  circuit?.onStateChange(({ from, to }) => say(`${from} → ${to}`));
  const answers: Record<string, unknown> = {
    ready: 'ready',
    handler: (error: unknown, ctx: Context, ...args: unknown[]) => (say(`handler ${text(error)} ${text(ctx)} ${text(args)}`), 'made'),
    promise: async () => 'plan B',
    throws: () => {
      throw new Error('no plan');
    },
  };
  const asks = (ctx: Context): number => (say(`delay ${text({ ...ctx })}`), 3);
  const parts: AnyPolicy[] = [
    ...(circuit === undefined ? [] : [circuit]),
    ...(plan.retry === undefined ? [] : [retry({ attempts: plan.retry.attempts, delay: plan.retry.delay === 'asks' ? asks : plan.retry.delay })]),
    ...(plan.timeout === undefined ? [] : [timeout(plan.timeout)]),
    ...(plan.fallback === undefined ? [] : [fallback(answers[plan.fallback])]),
  ];
  const guard = policy(...(parts as []), { clock, onListenerError: (error) => say(`report ${text(error)}`) }) as AnyPolicy;
  const other = policy(retry({ attempts: 2, delay: 2 }), { clock });

  function perform({ does, takes }: Act, name: string, signal: () => AbortSignal | undefined): unknown {
    const error = new Error(name);
    const wait = <T>(then: () => T): Promise<T> => new Promise((resolve) => clock.setTimer(() => resolve(undefined as T), takes)).then(then);
    const rejects = (): Promise<never> => Promise.reject(error);
    const thenable = (then: (yes: (value: unknown) => void, no: (error: unknown) => void) => void): unknown => ({ then });
    class Derived extends Promise<unknown> {}
    switch (does) {
      case 'value': return name;
      case 'undefined': return undefined;
      case 'throws': throw error;
      case 'throws undefined': throw undefined;
      case 'resolves': return Promise.resolve(name);
      case 'rejects': return rejects();
      case 'later': return wait(() => name);
      case 'later rejects': return wait(rejects);
      case 'hangs': return new Promise(() => {});
      case 'heeds':
        return new Promise((_, reject) =>
          signal()?.addEventListener('abort', () => (say(`${name} aborted`), reject(new Error('heeded')))),
        );
      case 'thenable': return thenable((yes) => yes(name));
      case 'thenable rejects': return thenable((_, no) => no(error));
      case 'thenable later': return thenable((yes) => void clock.setTimer(() => yes(wait(() => name)), takes));
      case 'thenable twice': return thenable((yes, no) => (yes(name), no(error)));
      case 'thenable throws':
        return thenable(() => {
          throw error;
        });
      case 'hostile':
        return {
          get then() {
            throw error;
          },
        };
      case 'derived': return Derived.resolve(name);
      case 'derived rejects': return Derived.reject(error);
      case 'opens': return wait(() => (circuit?.open(), name));
      case 'resets': return wait(() => (circuit?.reset(), rejects()));
      case 'isolates': return wait(() => (circuit?.isolate().dispose(), name));
      case 'listens':
        return wait(() => {
          const ends = guard.onEvent(({ type, ...facts }) => say(`event ${type} ${text(facts)}`));
          clock.setTimer(() => ends.dispose(), takes);
          return rejects();
        });
      case 'nested': return other.execute(() => name);
      case 'nested rejects': return other.execute(rejects);
    }
  }

  for (const [id, { at, how, acts: own }] of script.entries()) {
    let attempt = 0;
    const body = (self: unknown, ctx: Context | undefined, args: unknown[]): unknown => {
      attempt += 1;
      say(`${id}.${attempt} of ${String(self)} ${text(args)} ${ctx?.attempt}`);
      return perform(own[Math.min(attempt, own.length) - 1] as Act, `${id}.${attempt}`, () => ctx?.signal);
    };
    const plain = function (this: unknown, ...args: unknown[]): unknown {
      return body(this, undefined, args);
    };
    const contextual = function (this: unknown, ctx: Context, ...args: unknown[]): unknown {
      return body(this, ctx, args);
    };
    const begin: Record<Call['how'], () => Promise<unknown>> = {
      execute: () => guard.execute(contextual),
      wrap: () => (guard.wrap(plain) as (...args: unknown[]) => Promise<unknown>).call('me', id, 'x'),
      wrapWithContext: () => (guard.wrapWithContext(contextual) as (...args: unknown[]) => Promise<unknown>).call('me', id),
    };
    clock.setTimer(() => {
      begin[how]().then(
        (value) => say(`${id} has ${text(value)}`),
        (error: unknown) => say(`${id} fails: ${text(error)}`),
      );
      say(`${id} has begun, ${text(circuit?.stats())}`);
    }, at);
  }
  await clock.drain();
  lines.push(text(circuit), text(circuit?.stats()), `armed ${clock.armed}`);
  return lines;
}

describe('the quick way', () => {
  it('does what the usual one does: outcomes, calls, contexts, events and the circuit, in the same order', async () => {
    const seen = { runs: 0, quick: 0, opened: 0, timedOut: 0, retried: 0, events: 0 };
    await fc.assert(
      fc.asyncProperty(plans, calls, async (plan, script) => {
        const usual = await onWay('usual', () => play(plan, script));
        let quick: string[] = [];
        seen.quick += Number((await asked(async () => (quick = await play(plan, script)))) > 0);
        expect(quick).toEqual(usual);
        const all = usual.join('\n');
        seen.runs += 1;
        seen.opened += Number(all.includes('→ open'));
        seen.timedOut += Number(all.includes('TimeoutError'));
        seen.retried += Number(/ \d\.2 of /.test(all));
        seen.events += Number(all.includes('event '));
      }),
      { numRuns: 400 },
    );
    expect(seen.quick / seen.runs).toBeGreaterThan(0.9);
    for (const count of [seen.opened, seen.timedOut, seen.retried, seen.events]) expect(count / seen.runs).toBeGreaterThan(0.05);
  });
});
