/** Runs a sample of the docs by itself, and checks the types of all of them at once. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect } from 'vitest';
import { CHECK, checked, type Sample } from './samples.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a sample may import. */
const MODULES: Readonly<Record<string, () => Promise<unknown>>> = {
  breakwater: () => import('breakwater'),
  'breakwater/testing': () => import('breakwater/testing'),
  '@anthropic-ai/sdk': () => import('@anthropic-ai/sdk'),
  cockatiel: () => import('cockatiel'),
  opossum: () => import('opossum'),
  vitest: () => import('vitest'),
};

/** Runs a sample; each value that it states is compared deeply with the real one. Answers how many there were. */
export async function run(sample: Sample): Promise<number> {
  const { code, checks, loose } = checked(sample.code);
  const at = (line: number): string => `${sample.file}:${sample.line + line}`;
  for (const line of loose) throw new Error(`${at(line)}: no expression stands before this value`);
  const check = (actual: unknown, expected: unknown, line: number): void => expect(actual, at(line)).toStrictEqual(expected);
  const load = (name: string): unknown => {
    const module = MODULES[name];
    if (module === undefined) throw new Error(`${at(0)}: a sample may not import ${name}`);
    return module();
  };
  const Body = Object.getPrototypeOf(async () => {}).constructor as new (...words: string[]) => (...given: unknown[]) => Promise<void>;
  await new Body(CHECK, '__load', script(code))(check, load);
  return checks;
}

/** A module as the body of an async function: types taken out, imports made into calls. */
function script(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const source = ts.createSourceFile('sample.js', outputText, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  let body = outputText;
  for (const node of source.statements.toReversed()) {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) continue;
    const text = ts.isImportDeclaration(node) ? binding(node) : '';
    body = body.slice(0, node.getStart(source)) + text + body.slice(node.end);
  }
  return body;
}

function binding({ importClause, moduleSpecifier }: ts.ImportDeclaration): string {
  const module = `await __load(${moduleSpecifier.getText()})`;
  const named = importClause?.namedBindings;
  if (named !== undefined && ts.isNamespaceImport(named)) return `const ${named.name.text} = ${module};`;
  const names = (named?.elements ?? []).map(({ name, propertyName }) => `${(propertyName ?? name).text}: ${name.text}`);
  if (importClause?.name !== undefined) names.unshift(`default: ${importClause.name.text}`);
  return `const { ${names.join(', ')} } = ${module};`;
}

/** What the compiler has to say of samples, under the options of the tests: `file:line: message`. */
export function typeErrors(samples: readonly Sample[]): string[] {
  const config = join(root, 'test/tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    dirname(config),
  );
  const byPath = new Map(samples.map((sample, i) => [join(root, `test/samples/sample-${i}.ts`), sample]));
  const host = ts.createCompilerHost(options, true);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => byPath.has(path) || fileExists(path);
  host.readFile = (path) => byPath.get(path)?.code ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const sample = byPath.get(path);
    if (sample === undefined) return getSourceFile(path, version, ...rest);
    return ts.createSourceFile(path, `${sample.code}\nexport {};`, version, true);
  };
  const program = ts.createProgram([...byPath.keys()], options, host);
  return [...byPath].flatMap(([path, sample]) => {
    const file = program.getSourceFile(path);
    return ts.getPreEmitDiagnostics(program, file).map(({ messageText, start }) => {
      const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
      return `${sample.file}:${sample.line + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}
