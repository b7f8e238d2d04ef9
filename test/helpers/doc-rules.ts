/** What a doc comment must say, read off the sources: the rules that TypeDoc does not check. */
import ts from 'typescript';

/** Public numbers that are no durations: counts, and factors without a unit. */
const COUNTS: ReadonlySet<string> = new Set([
  'workers', 'count', 'completed', 'fellBack', 'unsettled', 'attemptsInOutage', 'peak', 'openings', 'timers', 'attempt',
  'attempts', 'failures', 'failureThreshold', 'successThreshold', 'probes', 'factor', 'ratio', 'tokens', 'start',
  'waiting', 'maxWaiting',
  'errorRatio', 'latencyRatio', 'workers', 'count', 'completed', 'fellBack', 'unsettled', 'attemptsInOutage', 'peak', 'openings', 'timers',
  'attempt', 'attempts', 'failures', 'failureThreshold', 'successThreshold', 'probes', 'factor', 'ratio', 'tokens',
  'maxTokens', 'pending', 'times', 'calls', 'minimumCalls', 'buckets', 'version', 'reopenings', 'admitted', 'rejected',
  'succeeded', 'failed', 'ignored', 'stale', 'opened', 'iterations', 'limit', 'burst', 'waiting', 'maxWaiting', 'queue',
  'running', 'max', 'size',
]);
/** Durations in another unit than milliseconds, which their comment has to name. */
const OTHER_UNITS: ReadonlyMap<string, RegExp> = new Map([
  ['retryAfter', /seconds/],
  ['random', /from 0/],
  ['max', /milliseconds|attempts|entries/],
  ['size', /entries/],
  ['window', /milliseconds|latencies/],
  ['minimum', /latencies|fewest/],
  ['quantile', /above 0/],
  ['share', /above 0/],
]);

/** What is wrong with the doc comments of what `entry` exports, one sentence each; empty where nothing is. */
export function docFaults(entry: string, program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) return [`${entry} is no module`];
  const faults: string[] = [];
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    for (const declaration of symbol.declarations ?? []) {
      if (isPublicValue(declaration) && !hasExample(symbol, checker)) faults.push(`${exported.name} has no @example that runs`);
      if (ts.isFunctionDeclaration(declaration)) faults.push(...parameterFaults(exported.name, declaration, symbol, checker));
      if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) continue;
      for (const member of declaration.members) faults.push(...memberFaults(exported.name, member, checker));
    }
  }
  return [...new Set(faults)];
}

/** An option, with the default that its doc comment states; `undefined` where it must be given. */
export interface Option {
  readonly name: string;
  readonly otherwise: string | undefined;
}

/** The options of an exported interface, those that it extends included. */
export function optionsOf(entry: string, program: ts.Program, owner: string): Option[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module && checker.getExportsOfModule(module).find(({ name }) => name === owner);
  if (exported === undefined) return [];
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map((property) => ({
    name: property.name,
    otherwise: tagsOf(property, checker).find(({ name }) => name === 'default')?.text,
  }));
}

function isPublicValue(node: ts.Declaration): boolean {
  return ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isVariableDeclaration(node);
}

function hasExample(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  return tagsOf(symbol, checker).some(({ name, text }) => name === 'example' && text.includes('```ts') && text.includes('// => '));
}

function tagsOf(symbol: ts.Symbol, checker: ts.TypeChecker): { readonly name: string; readonly text: string }[] {
  return symbol.getJsDocTags(checker).map(({ name, text }) => ({ name, text: ts.displayPartsToString(text) }));
}

function parameterFaults(owner: string, node: ts.FunctionDeclaration, symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  const said = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const tags = tagsOf(symbol, checker).map(({ text }) => text);
  return node.parameters.flatMap(({ name, type }) => {
    const word = name.getText();
    if (!mentionsNumber(type) || COUNTS.has(word) || saysUnit(word, [said, ...tags].join(' '))) return [];
    return [`${owner}(${word}) does not say its unit`];
  });
}

function memberFaults(owner: string, member: ts.TypeElement | ts.ClassElement, checker: ts.TypeChecker): string[] {
  const symbol = member.name && checker.getSymbolAtLocation(member.name);
  if (symbol === undefined || symbol.name.startsWith('~')) return [];
  const at = `${owner}.${symbol.name}`;
  const tags = tagsOf(symbol, checker);
  const faults: string[] = [];
  const optional = ts.isPropertySignature(member) && member.questionToken !== undefined;
  if (optional && owner.endsWith('Options') && !tags.some(({ name, text }) => name === 'default' && text.trim() !== '')) {
    faults.push(`${at} has no @default`);
  }
  const type = 'type' in member ? (member.type as ts.TypeNode | undefined) : undefined;
  const said = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  if (mentionsNumber(type) && !COUNTS.has(symbol.name) && !saysUnit(symbol.name, said)) faults.push(`${at} does not say its unit`);
  return faults;
}

/** Whether a type is a number, or may be one. */
function mentionsNumber(type: ts.TypeNode | undefined): boolean {
  if (type === undefined) return false;
  if (ts.isUnionTypeNode(type)) return type.types.some(mentionsNumber);
  return type.kind === ts.SyntaxKind.NumberKeyword;
}

function saysUnit(name: string, said: string): boolean {
  return (OTHER_UNITS.get(name) ?? /milliseconds/i).test(said);
}
