import { describe, expect, it } from 'vitest';
import { BulkheadRejectedError } from '../../src/core/bulkhead-error.ts';
import { CircuitOpenError, isLocalRejection, PolicyError } from '../../src/core/errors.ts';

const cause = new Error('the last one');

describe('BulkheadRejectedError', () => {
  it('says whether there was no room, or no time', () => {
    const [full, alone, waited] = [
      new BulkheadRejectedError(5, 100),
      new BulkheadRejectedError(5, 0, undefined, { cause }),
      new BulkheadRejectedError(5, 100, 30_000, { cause }),
    ] as const;
    expect([full, alone, waited].map(({ reason, limit, queue, waitedMs }) => [reason, limit, queue, waitedMs])).toEqual([
      ['full', 5, 100, 0],
      ['full', 5, 0, 0],
      ['waited', 5, 100, 30_000],
    ]);
    expect([full, alone, waited].map(({ message }) => message)).toEqual([
      'The bulkhead is full: 5 under way, 100 wait already. No call is made.',
      'The bulkhead is full: 5 under way, none may wait. No call is made.',
      'No permit of the bulkhead (limit 5) came free within 30 s: no call is made.',
    ]);
    expect(['cause' in full, alone.cause, waited.cause]).toEqual([false, cause, cause]);
  });

  it('R13 is a local rejection, told by its brand', () => {
    const error = new BulkheadRejectedError(1, 0);
    expect([isLocalRejection(error), error.name, String(error).split(':')[0]]).toEqual([true, 'BulkheadRejectedError', 'BulkheadRejectedError']);
    const foreign: unknown = Object.assign(new Error('from the other copy'), { '~breakwater': error['~breakwater'] });
    for (const one of [error, foreign]) {
      expect([PolicyError, BulkheadRejectedError, CircuitOpenError].map((type) => one instanceof type)).toEqual([true, true, false]);
    }
    expect((new PolicyError('other') as unknown) instanceof BulkheadRejectedError).toBe(false);
  });

  it('is plain data for a log', () => {
    expect(JSON.parse(JSON.stringify(new BulkheadRejectedError(5, 100, 250, { cause })))).toEqual({
      name: 'BulkheadRejectedError',
      message: 'No permit of the bulkhead (limit 5) came free within 250 ms: no call is made.',
      reason: 'waited',
      limit: 5,
      queue: 100,
      waitedMs: 250,
      cause: { name: 'Error', message: 'the last one' },
    });
  });
});
