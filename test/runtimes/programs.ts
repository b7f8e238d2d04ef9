/** What every runtime runs: README's own ten lines with two calls behind them, and the self-check; and what they print. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { CHECK, checked, samplesIn } from '../helpers/samples.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** A program in TypeScript, and the line of JSON that it prints. */
export interface Program {
  readonly code: string;
  readonly prints: unknown;
}

/** README's first sample, as it stands there. */
export const tenLines: string = samplesIn('README.md', read('../../README.md'))[0]?.code ?? '';

const LINE = 'breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 30 s ▸ fn, else fallback';

/**
 * Runs the ten lines: each value that they state is checked, a document is summed up, and one that comes while the circuit
 * is open is not.
 */
export function calling(lines: string): Program {
  const { code } = checked(lines);
  return {
    code: `${code}
const stated = [];
function ${CHECK}(actual, expected) {
  queueMicrotask(() => stated.push(actual === expected));
}
const answer = await summarize('a long story');
guard.circuit.open();
console.log(JSON.stringify({ answer: answer.content[0].text, whileOpen: await summarize('another'), stated, text: \`\${guard}\` }));
`,
    prints: { answer: 'In short: a long story', whileOpen: null, stated: [true], text: LINE },
  };
}

/** See self-check.ts. */
export const selfCheck: Program = {
  code: read('./self-check.ts'),
  prints: {
    warned: true,
    attempts: 3,
    states: ['open'],
    rejection: ['CircuitOpenError', 1],
    probed: ['back', 'closed'],
    timeout: 'The attempt was not finished after 20 ms.',
    cancelled: true,
    overdue: true,
    aborted: 'changed my mind',
    sync: [[1], 'plan B', 'open'],
    despite: [2, 2],
    text: 'breaker(1 in a row, 60 s) ▸ retry ×2 ▸ fn, else fallback',
    manual: ['at last', 120_000, 0],
    simulated: [20, 80, 4, 625_000],
  },
};

/** Requires the package and imports it: there may be two copies then, and each knows the other's errors. It is JavaScript. */
export const bothCopies: Program = {
  code: `
const { breaker, CircuitOpenError } = require('breakwater');
const circuit = breaker();
circuit.open();
import('breakwater').then(async (esm) => {
  const error = await circuit.execute(() => 1).catch((error) => error);
  const known = [CircuitOpenError, esm.CircuitOpenError].map((type) => error instanceof type);
  console.log(JSON.stringify({ known }));
});
`,
  prints: { known: [true, true] },
};

/** A program for runtimes that know no TypeScript and no \`using\`. */
export function lowered(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}
