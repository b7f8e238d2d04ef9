/** A new user's project: an empty folder, the packed tarball installed, and the SDK of the ten lines. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sdk = fileURLToPath(new URL('../../node_modules/@anthropic-ai/sdk', import.meta.url));

export interface Project extends Disposable {
  readonly folder: string;
}

/**
 * Makes it.
 *
 * @param consumer - a project in which the tarball is installed, and nothing else; it is left as it is.
 */
export function newProject(consumer: string): Project {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'breakwater-user-'));
  for (const name of ['package.json', 'node_modules']) cpSync(join(consumer, name), join(folder, name), { recursive: true });
  mkdirSync(join(folder, 'node_modules/@anthropic-ai'));
  symlinkSync(sdk, join(folder, 'node_modules/@anthropic-ai/sdk'), 'junction');
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
