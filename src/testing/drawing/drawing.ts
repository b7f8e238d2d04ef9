/** What every drawing has around it: its card, its title, and what it says to those who do not see it. */
import { ownStyle } from './palette.ts';
import { box, element, escape } from './svg.ts';

/** Wide enough for a line of words, and narrow enough for them to be read on a telephone. */
export const WIDTH = 440;

/** One picture, to be written into a file of its name. */
export interface Drawing {
  /** The file, without its ending. */
  readonly name: string;
  readonly title: string;
  /** What there is to see, in words. */
  readonly about: string;
  readonly height: number;
  /** The elements, the hindmost first. */
  readonly parts: readonly string[];
}

/** The file of a drawing. It loads nothing, and follows the system between light and dark. */
export function toSvg({ name, title, about, height, parts }: Drawing): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'drawing',
    role: 'img',
    'aria-labelledby': `${name}-title ${name}-about`,
    viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`,
    width: 560,
    height: Math.ceil((height * 560) / WIDTH),
  };
  const lines = [
    '',
    element('title', { id: `${name}-title` }, escape(title)),
    element('desc', { id: `${name}-about` }, escape(about)),
    `<style>\n${ownStyle()}\n</style>`,
    box(0.5, 0.5, WIDTH - 1, Math.ceil(height) - 1, 'paper', 8),
    ...parts,
    '',
  ];
  return `${element('svg', attributes, lines.join('\n'))}\n`;
}
