/** What an editor shows of sources: what it prints over a name, offers behind a dot, and complains of. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A complaint, as the lines that an editor shows: the first says what, those behind it why. */
export type Complaint = readonly string[];

export interface Editor {
  /** The text of a source. */
  read(file: string): ts.SourceFile;
  /** What is shown over a node: one line, or several where a type is long. */
  hover(file: string, node: ts.Node): string;
  /** The names that are offered at a position. */
  offers(file: string, position: number): string[];
  /** What is wrong with a source, or with one node of it. */
  complaints(file: string, node?: ts.Node): Complaint[];
}

const OPTIONS: ts.CompilerOptions = {
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
};

/**
 * Opens sources, by their names such as `a.mts`, with the pinned compiler.
 *
 * @param folder - where they seem to lie, and 'breakwater' is looked for. Without it, that means src.
 */
export function openEditor(sources: Readonly<Record<string, string>>, folder?: string): Editor {
  const at = folder ?? `${root}test`;
  const texts = new Map(Object.entries(sources).map(([name, text]) => [`${at}/${name}`, text]));
  const read = (path: string): string | undefined => texts.get(path) ?? ts.sys.readFile(path);
  const service = ts.createLanguageService({
    getCompilationSettings: () => (folder === undefined ? { ...OPTIONS, paths: { breakwater: [`${root}src/index.ts`] } } : OPTIONS),
    getScriptFileNames: () => [...texts.keys()],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => at,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => texts.has(path) || ts.sys.fileExists(path),
    readFile: read,
    ...(ts.sys.realpath === undefined ? {} : { realpath: ts.sys.realpath }),
  });
  const program = service.getProgram();
  const source = (name: string): ts.SourceFile => {
    const file = program?.getSourceFile(`${at}/${name}`);
    if (file === undefined) throw new Error(`no source is called ${name}`);
    return file;
  };
  return {
    read: source,
    hover: (file, node) => {
      const info = service.getQuickInfoAtPosition(source(file).fileName, node.getStart());
      return ts.displayPartsToString(info?.displayParts);
    },
    offers: (file, position) =>
      (service.getCompletionsAtPosition(source(file).fileName, position, undefined)?.entries ?? []).map(({ name }) => name),
    complaints: (file, node = source(file)) => {
      const { fileName } = source(file);
      return [...service.getSyntacticDiagnostics(fileName), ...service.getSemanticDiagnostics(fileName)]
        .filter(({ start = -1 }) => node.getFullStart() <= start && start < node.getEnd())
        .map(({ messageText, relatedInformation = [] }) =>
          [messageText, ...relatedInformation.map((related) => related.messageText)].flatMap((text) =>
            ts.flattenDiagnosticMessageText(text, '\n').split('\n'),
          ),
        );
    },
  };
}
