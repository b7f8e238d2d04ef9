/** What tells the descriptions of two policies apart. */
import { show } from '../core/text.ts';

/** What is compared of a layer. */
interface Described {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The first difference between two descriptions, in words; `undefined` where there is none. */
export function differenceOf(one: readonly Described[], other: readonly Described[]): string | undefined {
  const kinds = (layers: readonly Described[]): string => layers.map(({ kind }) => kind).join(', ') || 'nothing';
  if (kinds(one) !== kinds(other)) return `its parts are ${kinds(one)}, not ${kinds(other)}`;
  for (const [i, { kind, options }] of one.entries()) {
    const { options: others } = other[i] as Described;
    for (const name of new Set([...Object.keys(options), ...Object.keys(others)])) {
      if (!same(options[name], others[name])) return `${kind}: ${name} is ${told(options[name])}, not ${told(others[name])}`;
    }
  }
  return undefined;
}

/** Whether two pieces of plain data are the same. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const [names, others] = [Object.keys(a), Object.keys(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    names.length === others.length &&
    names.every((name) => Object.hasOwn(b, name) && same((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]))
  );
}

function told(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : show(value);
}
