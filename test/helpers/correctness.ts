/**
 * The table of docs/correctness.md: what holds, and the tests that hold it. The statements are written by hand; the tests
 * are read off the names of the tests, which begin with the ids that they hold. `npm run correctness` refreshes them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The page. */
export const PAGE: string = join(root, 'docs/correctness.md');

/** A test, or a group of tests, whose name begins with ids. */
export interface Held {
  readonly ids: readonly string[];
  /** Its path from the root. */
  readonly file: string;
  /** Its name, as it is written; what is put in is left as `${…}` or `$name`. */
  readonly name: string;
}

const ID = /[A-DFRS]\d+[a-z]?/;
const IDS = new RegExp(String.raw`^${ID.source}(?:[ ,/]+${ID.source})*(?=[ :]|$)`);

/** The ids that a name begins with. */
export function idsOf(name: string): string[] {
  return IDS.exec(name)?.[0].split(/[ ,/]+/) ?? [];
}

/** The tests of a source that hold something. */
export function testsIn(file: string, source: string): Held[] {
  const found: Held[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(?:it|test|describe)\b/.test(node.expression.getText())) {
      const name = nameOf(node.arguments[0]);
      const ids = idsOf(name);
      if (ids.length > 0) found.push({ ids, file, name });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return found;
}

/** What a name says, as far as it stands in the source. */
function nameOf(node: ts.Node | undefined): string {
  if (node === undefined) return '';
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.getText().slice(1, -1);
  if (ts.isBinaryExpression(node)) return nameOf(node.left) + nameOf(node.right);
  return '';
}

/** The tests of the project that hold something. */
export function allTests(): Held[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join('test', path.split(sep).join(posix.sep)))
    .filter((path) => /\.test(?:-d)?\.ts$/.test(path) && !path.includes('/fixtures/') && !path.includes('/correctness.test'));
  return files.toSorted().flatMap((file) => testsIn(file, readFileSync(join(root, file), 'utf8')));
}

/** One row of the table. */
export interface Row {
  readonly id: string;
  readonly statement: string;
  /** The cell with the tests, as {@link cell} writes it. */
  readonly tests: string;
}

const ROW = /^\| (\S+) \| (.*?) \| (.*) \|$/;

/** The rows of the page: every row of three cells that begins with an id. */
export function rowsOf(page: string): Row[] {
  return page.split('\n').flatMap((line) => {
    const row = ROW.exec(line);
    return row !== null && new RegExp(`^${ID.source}$`).test(row[1]!) ? [{ id: row[1]!, statement: row[2]!, tests: row[3]! }] : [];
  });
}

/** The tests of an id as one cell: each file once, with the names of its tests behind it. */
export function cell(id: string, tests: readonly Held[]): string {
  const byFile = new Map<string, string[]>();
  for (const { ids, file, name } of tests) {
    if (!ids.includes(id)) continue;
    const names = byFile.get(file) ?? [];
    byFile.set(file, names.includes(name) ? names : [...names, name]);
  }
  return [...byFile].map(([file, names]) => `\`${file}\`: ${names.map(quote).join('; ')}`).join('<br>');
}

/** Names are shown as code, so that nothing in them is Markdown; a bar would end the cell. */
function quote(name: string): string {
  const text = name.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** The page with its cells of tests written anew. */
export function refreshed(page: string, tests: readonly Held[]): string {
  return page
    .split('\n')
    .map((line) => {
      const [row] = rowsOf(line);
      return row === undefined ? line : `| ${row.id} | ${row.statement} | ${cell(row.id, tests)} |`;
    })
    .join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, refreshed(readFileSync(PAGE, 'utf8'), allTests()));
