/** Markdown tables, and how numbers are written in them. */

/** What stands where there is no value. */
export const NONE = '–';

/** Rows of cells; the first row is the head. */
export type Table = readonly (readonly string[])[];

/** A heading, a sentence and a table; nothing, where the table has no row but its head and what is wanted. */
export function section(title: string, [head, ...body]: Table, note: string): string {
  if (head === undefined || body.every(([name]) => name === 'goal')) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [`### ${title}`, '', note, '', line(head), line(rule), ...body.map(line)].join('\n');
}

/** A contender's name at the head of a column. */
export function label(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A whole number that may be missing. */
export function number(value: number | undefined): string {
  return value === undefined ? NONE : count(value);
}

/** A whole number. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Three digits, or all before the point. */
export function round(value: number): string {
  return value >= 100 ? count(value) : value.toFixed(value < 10 ? 2 : 1);
}
