/** The address of a guide: the name of its file, whatever its title is, or of the folder that its file is the README of. */
import { basename, dirname } from 'node:path';

/** From the site's root, without the ending. */
export function addressOf(file: string): string {
  const name = basename(file, '.md');
  return `guides/${name === 'README' ? basename(dirname(file)) : name.toLowerCase()}`;
}
