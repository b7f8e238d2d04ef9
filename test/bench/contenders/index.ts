/** Everybody who takes part, in the order of the columns. */
import type * as library from 'breakwater';
import * as cockatiel3 from 'cockatiel';
import * as cockatiel4 from 'cockatiel4';
import { pathToFileURL } from 'node:url';
import type { Contender } from '../contender.ts';
import { bare } from './bare.ts';
import { breakwater } from './breakwater.ts';
import { cockatiel } from './cockatiel.ts';
import { lowerBound } from './lower-bound.ts';
import { mollitia } from './mollitia.ts';
import { oneKey } from './one-key.ts';
import { opossum } from './opossum.ts';

/** The build in a folder. It is named at run time, so that it stays the file that it is. */
async function buildIn(folder: string): Promise<typeof library> {
  return (await import(pathToFileURL(`${folder}/index.js`).href)) as typeof library;
}

/** The contenders. The builds come from the environment: the one that is measured, and perhaps another beside it. */
export async function contenders(): Promise<readonly Contender[]> {
  const { BREAKWATER_DIST: dist, BREAKWATER_BESIDE: beside } = process.env;
  return [
    bare,
    lowerBound,
    ...(dist === undefined ? [] : [breakwater('breakwater', await buildIn(dist))]),
    ...(beside === undefined ? [] : [breakwater('beside', await buildIn(beside))]),
    cockatiel('cockatiel 3', 'cockatiel', cockatiel3),
    cockatiel('cockatiel 4', 'cockatiel4', cockatiel4 as unknown as typeof cockatiel3),
    opossum,
    mollitia,
    ...(dist === undefined ? [] : [oneKey(await buildIn(dist))]),
  ];
}

/** One of them by its name. */
export async function contender(name: string): Promise<Contender> {
  const found = (await contenders()).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no contender is called ${name}`);
  return found;
}
