/** Shuts the quick way: a project runs the tests that are about calls with this, besides the one that runs them without. */
import { beforeEach } from 'vitest';
import { quickly } from '../../src/core/quick.ts';

beforeEach(() => {
  quickly.on = false;
});
