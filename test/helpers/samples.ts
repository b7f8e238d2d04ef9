/** The code samples of the docs: found in Markdown and in doc comments, and made into modules that check what they say. */
import ts from 'typescript';

/** One fenced block of TypeScript. */
export interface Sample {
  /** Where it stands: the file's path, and the line of its first line of code. */
  readonly file: string;
  readonly line: number;
  readonly code: string;
  /** Why it is not run; `undefined` where it is. */
  readonly notRun: string | undefined;
}

/** The samples of a Markdown text: each block that is fenced as `ts`. Behind it may stand `no-run: <the reason>`. */
export function samplesIn(file: string, markdown: string, firstLine = 1): Sample[] {
  const found: Sample[] = [];
  let open: { readonly line: number; readonly info: string; readonly code: string[] } | undefined;
  for (const [i, line] of markdown.split('\n').entries()) {
    const fence = /^\s*```\s*(.*)$/.exec(line);
    if (fence === null) open?.code.push(line);
    else if (open === undefined) open = { line: firstLine + i + 1, info: fence[1]!.trim(), code: [] };
    else {
      const { info, code } = open;
      if (/^(?:ts|typescript|tsx|js|javascript)\b/.test(info)) found.push({ file, line: open.line, code: code.join('\n'), notRun: reasonOf(info) });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: the block has no end`);
  return found;
}

/** `undefined` for what is to be run; an empty text where no reason is given. */
function reasonOf(info: string): string | undefined {
  if (info === 'ts') return undefined;
  return /^ts no-run: *(.*)$/.exec(info)?.[1] ?? '';
}

/** The samples of a source's doc comments. */
export function samplesInComments(file: string, source: string): Sample[] {
  return [...source.matchAll(/\/\*\*[^]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const text = comment.slice(3, -2).replaceAll(/^ *\* ?/gm, '');
    return samplesIn(file, text, source.slice(0, index).split('\n').length);
  });
}

/** Answers what is wrong where `actual` is not `expected`. */
export const CHECK = '__check';

/** A sample with its stated values put into calls of {@link CHECK}, and what it could not do with them. */
export interface Checked {
  readonly code: string;
  readonly checks: number;
  /** The lines, counted from the sample's first as 0, of stated values that no expression stands before. */
  readonly loose: readonly number[];
}

/** Makes `expression // => value` (or the value on the line below) a check that the expression gives that value. */
export function checked(code: string): Checked {
  const source = ts.createSourceFile('sample.ts', code, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const stated = statedValues(code);
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node)) {
      const last = lineOf(node.end);
      const line = stated.has(last) ? last : stated.get(last + 1)?.alone === true ? last + 1 : undefined;
      const value = line === undefined ? undefined : stated.get(line);
      if (line !== undefined && value !== undefined && code.slice(node.end, value.start).trim() === '') {
        stated.delete(line);
        const text = `${CHECK}(${node.expression.getText(source)}, (${value.text}), ${last});`;
        edits.push({ start: node.getStart(source), end: node.end, text });
        return;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let out = code;
  for (const { start, end, text } of edits.toReversed()) out = out.slice(0, start) + text + out.slice(end);
  return { code: out, checks: edits.length, loose: [...stated.keys()] };
}

interface Stated {
  readonly text: string;
  readonly start: number;
  /** It has a line of its own, below the expression. */
  readonly alone: boolean;
}

function statedValues(code: string): Map<number, Stated> {
  const values = new Map<number, Stated>();
  let start = 0;
  for (const [i, line] of code.split('\n').entries()) {
    const at = line.indexOf('// => ');
    if (at >= 0) values.set(i, { text: line.slice(at + 6).trim(), start: start + at, alone: line.slice(0, at).trim() === '' });
    start += line.length + 1;
  }
  return values;
}
