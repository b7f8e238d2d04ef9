/**
 * Takes out of the lockfiles what npm writes there of places in the network: download addresses, addresses for
 * donations, and notes of deprecation that name a site. `npm run lockfile` runs it; a test holds the result.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** The project's own, and that of the other runtimes. */
const LOCKFILES = ['../../package-lock.json', '../runtimes/package-lock.json'];

interface Lockfile {
  packages: Record<string, Record<string, unknown>>;
}

for (const name of LOCKFILES) {
  const path = new URL(name, import.meta.url);
  const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile;
  for (const entry of Object.values(lockfile.packages)) {
    delete entry['resolved'];
    delete entry['funding'];
    delete entry['deprecated'];
  }
  writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
}
