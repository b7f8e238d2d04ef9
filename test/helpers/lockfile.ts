/**
 * Takes out of package-lock.json what npm writes there of places in the network: download addresses, addresses for
 * donations, and notes of deprecation that name a site. `npm run lockfile` runs it; a test holds the result.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../../package-lock.json', import.meta.url);

interface Lockfile {
  packages: Record<string, Record<string, unknown>>;
}

const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile;
for (const entry of Object.values(lockfile.packages)) {
  delete entry['resolved'];
  delete entry['funding'];
  delete entry['deprecated'];
}
writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
