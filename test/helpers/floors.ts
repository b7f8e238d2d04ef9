/** The floors of the house, as data, and what breaks the rule that imports look only down. */
import { posix } from 'node:path';
import ts from 'typescript';

/** From the top down. Names on one line share a floor and do not import each other. A name with `/` is a folder. */
export const FLOORS: readonly (readonly string[])[] = [
  ['testing/'],
  ['index.ts'],
  ['fluent.ts'],
  ['layers/', 'keyed.ts'],
  ['policy.ts'],
  ['describe.ts', 'keyed/'],
  ['compile.ts'],
  ['types.ts'],
  ['any-of.ts'],
  ['stop/'],
  ['circuit/', 'backoff/', 'rate/', 'cache/'],
  ['core/'],
];

/**
 * The rooms that are entries of their own. They import the package by its name, so that one copy of it serves all; of the
 * other rooms they import only the ground floor, of which small functions may be in two bundles.
 */
const ENTRIES: readonly string[] = ['testing/'];
const PACKAGE = 'breakwater';
const GROUND = 'core/';

/** The room whose tenants know nothing of each other: a layer is a file, or a file with a folder of the same name. */
const STRANGERS = 'layers/';

/**
 * What is wrong with the imports of a set of files, one sentence each; empty where the house stands.
 *
 * @param files - the sources by their path from src, such as `core/text.ts`.
 */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const wrong: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [path, source] of files) {
    if (roomOf(path) === undefined) wrong.push(`${path} is on no floor`);
    const targets: string[] = [];
    for (const specifier of importsOf(path, source)) {
      const target = posix.join(posix.dirname(path), specifier);
      if (specifier === PACKAGE && isEntry(path)) continue;
      if (!specifier.startsWith('.')) wrong.push(`${path} imports ${specifier}, which is not in src`);
      else if (!files.has(target)) wrong.push(`${path} imports ${specifier}, which is no file`);
      else targets.push(target);
    }
    edges.set(path, targets);
    for (const target of targets) if (!mayImport(path, target)) wrong.push(`${path} imports ${target}`);
  }
  for (const circle of circles(edges)) wrong.push(`a circle: ${circle.join(' → ')}`);
  return wrong;
}

function roomOf(path: string): { room: string; floor: number } | undefined {
  for (const [floor, rooms] of FLOORS.entries()) {
    const room = rooms.find((name) => (name.endsWith('/') ? path.startsWith(name) : path === name));
    if (room !== undefined) return { room, floor };
  }
  return undefined;
}

function mayImport(from: string, to: string): boolean {
  const [upper, lower] = [roomOf(from), roomOf(to)];
  // A file on no floor has its own sentence.
  if (!upper || !lower) return true;
  if (upper.room === lower.room) return upper.room !== STRANGERS || tenantOf(from) === tenantOf(to);
  if (isEntry(from)) return lower.room === GROUND;
  return upper.floor < lower.floor;
}

function isEntry(path: string): boolean {
  return ENTRIES.some((room) => path.startsWith(room));
}

/** The layer that a file belongs to: `retry` for `layers/retry.ts` and for `layers/retry/wait.ts`. */
function tenantOf(path: string): string | undefined {
  return path.split('/')[1]?.replace(/\.ts$/, '');
}

/** Every module that a source names: by import and export, of values and types, by `import()` as a call and as a type. */
function importsOf(path: string, source: string): string[] {
  const found: string[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, true));
  return found;
}

/** One circle for each file at which a walk came back to itself. */
function circles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return found;
}
