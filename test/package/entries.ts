/** What the installed package offers: every entry under every condition, and ways to look into one. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** One entry of the package as one kind of consumer sees it. */
export interface Entry {
  /** What a consumer writes, such as `breakwater`. */
  readonly specifier: string;
  readonly condition: 'import' | 'require';
  readonly code: string;
  readonly types: string;
}

type Target = { readonly types: string; readonly default: string };

/** Every entry times every condition, read off `exports`, so that a further subpath is covered by being there. */
export function entriesOf(consumer: string): Entry[] {
  const folder = join(consumer, 'node_modules/breakwater');
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<'import' | 'require', Target>>;
  };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : (['import', 'require'] as const).map((condition) => ({
          specifier: `breakwater${path.slice(1)}`,
          condition,
          code: join(folder, target[condition].default),
          types: join(folder, target[condition].types),
        })),
  );
}

/** Runs a script in the consumer's project, in a process of its own, and returns what it printed, read as JSON. */
export function run(consumer: string, type: 'module' | 'commonjs', script: string): unknown {
  const printed = execFileSync(process.execPath, [`--input-type=${type}`, '--eval', script], {
    cwd: consumer,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed);
}

/** The expression that loads an entry, for a script that {@link run} runs as the entry's own module type. */
export function load(entry: Entry): string {
  return entry.condition === 'import' ? `await import('${entry.specifier}')` : `require('${entry.specifier}')`;
}

/** The module type that belongs to the entry's condition. */
export function typeOf(entry: Entry): 'module' | 'commonjs' {
  return entry.condition === 'import' ? 'module' : 'commonjs';
}

/** The names that a declaration file promises as values: what `export type` names is none, whatever it names. */
export function promisedValues(file: string): string[] {
  const program = ts.createProgram([file], { noEmit: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  if (!symbol) throw new Error(`${file} is no module`);
  return checker
    .getExportsOfModule(symbol)
    .filter((name) => !(name.declarations ?? []).some(isTypeOnly))
    .filter((name) => {
      const meant = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
      return (meant.flags & ts.SymbolFlags.Value) !== 0;
    })
    .map((name) => name.name)
    .sort();
}

function isTypeOnly(declaration: ts.Declaration): boolean {
  return ts.isExportSpecifier(declaration) && (declaration.isTypeOnly || declaration.parent.parent.isTypeOnly);
}
