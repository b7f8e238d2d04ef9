/** One code path, two colours: what answers at once and what answers with a promise see and do the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policy, type PolicyOf } from '../../src/index.ts';
import { fresh, syncParts, type Parts } from '../helpers/arbitraries.ts';
import { BAD, Ignored } from '../helpers/script.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

type Result = 'returns' | 'returns bad' | 'returns undefined' | 'throws' | 'throws ignored' | 'throws undefined';
type Colour = 'sync' | 'async' | 'async, with a promise';

interface Step {
  /** The time that passes before the call, in milliseconds. */
  readonly pause: number;
  readonly results: readonly Result[];
  readonly colour: Colour;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    pause: fc.constantFrom(0, 0, 50, 200, 500),
    results: fc.array(
      fc.constantFrom<Result>('returns', 'returns bad', 'returns undefined', 'throws', 'throws', 'throws ignored', 'throws undefined'),
      { minLength: 1, maxLength: 4 },
    ),
    colour: fc.constantFrom<Colour>('sync', 'async', 'async, with a promise'),
  }),
  { minLength: 4, maxLength: 15 },
);

function produce(result: Result, name: string): unknown {
  if (result === 'throws') throw new Error(`error ${name}`);
  if (result === 'throws ignored') throw new Ignored(`ignored ${name}`);
  if (result === 'throws undefined') throw undefined;
  return result === 'returns' ? `value ${name}` : result === 'returns bad' ? BAD : undefined;
}

/** Makes the calls of one circuit, each in the colour that `colour` says, one after another. */
async function run(parts: Parts, script: readonly Step[], colour: (step: Step) => Colour): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const guard = policy(...fresh(parts), { clock }) as PolicyOf<'breaker', 'sync', unknown>;
  const lines: string[] = [];
  const text = (value: unknown): string =>
    value instanceof Error ? `${value.name}: ${value.message} (${text(value.cause)})` : JSON.stringify(value) ?? 'undefined';
  guard.onEvent(({ type, ...facts }) => lines.push(`${type} ${Object.values(facts).map((fact) => text((fact as any)?.error ?? fact)).join()}`));
  guard.onSuccess(({ duration }) => lines.push(`success ${duration}`));
  guard.onFailure(({ duration, handled }) => lines.push(`failure ${duration} ${handled}`));
  for (const [i, step] of script.entries()) {
    await clock.advance(step.pause);
    let attempts = 0;
    const next = (): unknown => {
      const result = step.results[Math.min(attempts, step.results.length - 1)]!;
      attempts += 1;
      return produce(result, `${i}.${attempts}`);
    };
    const how = colour(step);
    try {
      const value =
        how === 'sync'
          ? guard.executeSync(next as () => string)
          : await guard.execute(how === 'async' ? next : async () => (await Promise.resolve(), next()));
      lines.push(`call ${i} has ${text(value)} after ${attempts}`);
    } catch (error) {
      lines.push(`call ${i} fails with ${text(error)} after ${attempts}`);
    }
    lines.push(text(guard.circuit));
  }
  expect(clock.armed).toBe(0);
  return lines;
}

describe('executeSync', () => {
  it('F3 gives what execute gives: values, errors, attempts, events and the circuit, also in turn on one circuit', async () => {
    const seen = { runs: 0, halfOpen: 0, rejected: 0, retried: 0, fellBack: 0 };
    await fc.assert(
      fc.asyncProperty(syncParts, steps, async (some, script) => {
        const sync = await run(some, script, () => 'sync');
        expect(await run(some, script, () => 'async')).toEqual(sync);
        expect(await run(some, script, () => 'async, with a promise')).toEqual(sync);
        expect(await run(some, script, ({ colour }) => colour)).toEqual(sync);
        const all = sync.join('\n');
        seen.runs += 1;
        seen.halfOpen += Number(all.includes('"half-open"'));
        seen.rejected += Number(all.includes('rejected'));
        seen.retried += Number(all.includes('retry-scheduled'));
        seen.fellBack += Number(all.includes('fell-back'));
      }),
      { numRuns: 200 },
    );
    for (const count of [seen.halfOpen, seen.rejected, seen.retried, seen.fellBack]) expect(count / seen.runs).toBeGreaterThan(0.2);
  });
});
