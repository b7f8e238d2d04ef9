/** What docs/testing.md shows of a simulation is what it prints. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from '../helpers/run-sample.ts';
import { samplesIn } from '../helpers/samples.ts';

const page = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');

describe('the example of a simulation', () => {
  const sample = samplesIn('docs/testing.md', page).find(({ code }) => code.includes('toText()'))!;

  it('has five lines', () => {
    const [example = ''] = sample.code.split('\n\n').slice(1);
    expect(example.split('\n')).toHaveLength(5);
  });

  it('prints what the page shows', async () => {
    const [, shown = ''] = /```text\n([^]*?)\n```/.exec(page) ?? [];
    expect(await run({ ...sample, code: `${sample.code}\ntext // => ${JSON.stringify(shown)}` })).toBe(2);
  });
});
