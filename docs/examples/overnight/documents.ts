/** The documents are files of this very project. What is asked of each can be checked. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Document {
  readonly path: string;
  readonly text: string;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SHELVES = ['docs', 'src', 'test'];
const LEFT_OUT = /(^|[\\/])(node_modules|reference)([\\/]|$)/;

/**
 * The first `count` files of the project's docs, sources and tests, in the order of their paths.
 *
 * @throws Error when there are fewer than 40: that would be no batch.
 */
export function readDocuments(count: number): readonly Document[] {
  const paths = SHELVES.flatMap((shelf) => {
    const entries = readdirSync(join(ROOT, shelf), { recursive: true, encoding: 'utf8' });
    return entries.map((entry) => join(shelf, entry)).filter((path) => /\.(md|ts)$/.test(path) && !LEFT_OUT.test(path));
  });
  if (paths.length < 40) throw new Error(`A batch needs at least 40 documents, found ${paths.length} in ${ROOT}.`);
  return paths
    .sort()
    .slice(0, count)
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** What the service answers about a document: its words, its lines, and its first sentence. */
export function digest(text: string): string {
  const words = text.match(/\p{L}+/gu)?.length ?? 0;
  const lines = text.split('\n').length;
  const prose = text.replace(/^[\s/*#]+/, '').split('\n')[0]?.replace(/\s*\*\/\s*$/, '') ?? '';
  return `${words} words in ${lines} lines: ${prose.split(/(?<=\.)\s/)[0] ?? ''}`;
}
