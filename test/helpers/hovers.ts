/** What an editor shows of the constants of a source: their types, and what is wrong with them. */
import ts from 'typescript';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * For each constant of a source its type as an editor prints it, or the complaint of the compiler.
 *
 * @param source - imports from 'breakwater' are taken from src.
 */
export function hovers(source: string): Record<string, string> {
  const path = `${root}test/hovers-of-a-test.ts`;
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
    paths: { breakwater: [`${root}src/index.ts`] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true) : getSourceFile.call(host, name, ...rest);
  host.fileExists = (name) => name === path || fileExists.call(host, name);
  host.readFile = (name) => (name === path ? source : readFile.call(host, name));
  const program = ts.createProgram([path], options, host);
  const file = program.getSourceFile(path)!;
  const checker = program.getTypeChecker();
  const wrong = program.getSemanticDiagnostics(file);
  const found: Record<string, string> = {};
  ts.forEachChild(file, (node) => {
    const complaint = wrong.find(({ start = -1 }) => node.getStart() <= start && start < node.getEnd());
    const text = complaint && ts.flattenDiagnosticMessageText(complaint.messageText, '\n');
    if (!ts.isVariableStatement(node)) {
      if (text !== undefined) throw new Error(text);
      return;
    }
    for (const { name } of node.declarationList.declarations) {
      found[name.getText()] = text ?? checker.typeToString(checker.getTypeAtLocation(name));
    }
  });
  return found;
}
