import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run, typeErrors } from './helpers/run-sample.ts';
import { checked, samplesIn, samplesInComments, type Sample } from './helpers/samples.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const list = (folder: string, ending: string, recursive = false): string[] =>
  readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .toSorted();

const pages = ['README.md', ...list('docs', '.md')].filter((page) => existsSync(join(root, page)));
const samples = [
  ...pages.flatMap((page) => samplesIn(page, read(page))),
  ...list('src', '.ts', true).flatMap((file) => samplesInComments(file, read(file))),
];
const toRun = samples.filter(({ notRun }) => notRun === undefined);
const name = ({ file, line }: Sample): string => `${file}:${line}`;

describe('the samples of README, guides and doc comments', () => {
  it('are found', () => {
    const files = new Set(samples.map(({ file }) => file));
    expect([...files]).toEqual(expect.arrayContaining(['README.md', 'docs/order.md', 'src/policy.ts']));
  });

  it('have types that fit', () => {
    expect(typeErrors(samples)).toEqual([]);
  });

  it('state a value, or say why they are not run', () => {
    expect(toRun.filter(({ code }) => checked(code).checks === 0).map(name)).toEqual([]);
    expect(samples.filter(({ notRun }) => notRun === '').map(name)).toEqual([]);
  });

  it.each(toRun.map((sample) => [name(sample), sample] as const))('run with the values that they state: %s', async (_, sample) => {
    expect(await run(sample)).toBeGreaterThan(0);
  });
});

describe('the runner of samples', () => {
  const sample = (code: string): Sample => ({ file: 'page.md', line: 10, code, notRun: undefined });

  it('compares deeply, behind the expression, below it, after await and within blocks', async () => {
    const code = [
      `import { ORDER, type Outcome } from 'breakwater';`,
      `const outcome: Outcome = { value: [1, { two: 2 }] };`,
      `outcome.value // => [1, { two: 2 }]`,
      `ORDER.at(-1)`,
      `// => 'fallback'`,
      `await Promise.resolve(3) // => 3`,
      `for (const n of [1, 2]) {`,
      `  n < 3; // => true`,
      `}`,
    ].join('\n');
    expect(await run(sample(code))).toBe(4);
  });

  it.each([
    ['a number', `1 + 1 // => 3`],
    ['a value in the depth', `({ a: [{ b: 1 }] }) // => { a: [{ b: 2 }] }`],
    ['a value on the line below', `[1]\n// => [2]`],
    ['a promise', `await Promise.resolve('a') // => 'b'`],
    ['a missing property', `({}) // => { a: 1 }`],
  ])('tells of a wrong value: %s', async (_, code) => {
    await expect(run(sample(code))).rejects.toThrow('page.md:10');
  });

  it('tells of a value that belongs to no expression, of an error, and of a module that is not for samples', async () => {
    await expect(run(sample(`const a = 1; // => 1`))).rejects.toThrow('page.md:10: no expression stands before this value');
    await expect(run(sample(`null.a // => 1`))).rejects.toThrow(TypeError);
    await expect(run(sample(`import fs from 'node:fs';\nfs.a // => 1`))).rejects.toThrow('page.md:10: a sample may not import node:fs');
  });

  it('tells of types that do not fit, with the line', () => {
    const wrong = typeErrors([sample(`import { retry } from 'breakwater';\nretry({ attemps: 3 });`)]);
    expect(wrong).toEqual([expect.stringMatching(/^page\.md:11: .*attemps/)]);
  });

  it('finds the blocks of TypeScript, in Markdown and in doc comments, with their lines and reasons', () => {
    const markdown = ['a', '```ts', 'x', '```', '```sh', 'y', '```', '```ts no-run: needs a server', 'z', '```', '```ts no-run', '```'];
    expect(samplesIn('page.md', markdown.join('\n')).map(({ line, code, notRun }) => [line, code, notRun])).toEqual([
      [3, 'x', undefined],
      [9, 'z', 'needs a server'],
      [12, '', ''],
    ]);
    const source = ['let a;', '/**', ' * Text.', ' * ```ts', ' *   b // => 1', ' * ```', ' */'].join('\n');
    expect(samplesInComments('a.ts', source)).toEqual([{ file: 'a.ts', line: 5, code: '  b // => 1', notRun: undefined }]);
  });
});
