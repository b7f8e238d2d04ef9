/** What an editor shows of the constants of a source: their types, and what is wrong with them. */
import ts from 'typescript';
import { openEditor } from './editor.ts';

const FILE = 'hovers-of-a-test.ts';

/**
 * For each constant of a source its type as an editor prints it, in one line, or the complaint of the compiler.
 *
 * @param source - imports from 'breakwater' are taken from src.
 */
export function hovers(source: string): Record<string, string> {
  const editor = openEditor({ [FILE]: source });
  const found: Record<string, string> = {};
  for (const node of editor.read(FILE).statements) {
    const complaint = editor.complaints(FILE, node)[0]?.join('\n');
    if (!ts.isVariableStatement(node)) {
      if (complaint !== undefined) throw new Error(complaint);
      continue;
    }
    for (const { name } of node.declarationList.declarations) {
      found[name.getText()] = complaint ?? editor.hover(FILE, name).replace(/^(?:const|let) \w+: /, '').replaceAll(/\n\s*/g, ' ');
    }
  }
  return found;
}
