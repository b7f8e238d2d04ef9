/** SVG as text: elements with rounded numbers and escaped words, one to a line, so that a changed drawing has a small diff. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; what is `undefined` among its attributes is left out. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const head = [name, ...given.map(([key, value]) => `${key}="${typeof value === 'number' ? short(value) : escape(value!)}"`)];
  return children.length === 0 ? `<${head.join(' ')}/>` : `<${head.join(' ')}>${children.join('')}</${name}>`;
}

export type Anchor = 'start' | 'middle' | 'end';

/** Words with their baseline at `y`. */
export function words(x: number, y: number, text: string, style = '', anchor: Anchor = 'start'): string {
  const attributes = { class: style === '' ? undefined : style, x, y, 'text-anchor': anchor === 'start' ? undefined : anchor };
  return element('text', attributes, escape(text));
}

export function box(x: number, y: number, width: number, height: number, style: string, rx = 4): string {
  return element('rect', { class: style, x, y, width, height, rx });
}

export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return element('line', { class: style, x1, y1, x2, y2 });
}

export function path(d: string, style: string, arrow?: string): string {
  return element('path', { class: style, d, 'marker-end': arrow === undefined ? undefined : `url(#${arrow})` });
}

/** About how wide words will be, whatever the reader's font is: rather more than less. */
export function widthOf(text: string, size: number): number {
  return text.length * size * 0.57;
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
