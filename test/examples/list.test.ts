/** docs/examples/README.md: the list of the programs. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { brokenLinks } from '../helpers/links.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = 'docs/examples/README.md';

describe('the list of the programs', () => {
  it('leads to files that are there', () => {
    const read = (path: string): string | undefined => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
    expect(brokenLinks(page, read)).toEqual([]);
  });

  it('has every program, and each has a main that it links', () => {
    const folders = readdirSync(join(root, 'docs/examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const text = readFileSync(join(root, page), 'utf8');
    expect(folders.length).toBeGreaterThan(5);
    expect(folders.filter(({ name }) => !text.includes(`](${name}/main.ts)`)).map(({ name }) => name)).toEqual([]);
  });
});
