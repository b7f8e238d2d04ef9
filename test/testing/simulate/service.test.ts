import { describe, expect, it } from 'vitest';
import { retry, timeout } from 'breakwater';
import { simulate, type OutageOptions } from 'breakwater/testing';
import { outageOption } from '../../../src/testing/simulate/service.ts';
import { thrownBy } from '../../helpers/functions.ts';

const once = async (outage: OutageOptions | undefined, more: object = {}) =>
  simulate({ policy: retry({ attempts: 1 }), load: { calls: 1 }, takes: 100, outage, ...more });

describe('the service of a simulation', () => {
  it('answers well where it is well, and late where it is slow', async () => {
    expect((await once(undefined)).calls[0]).toMatchObject({ to: 100, outcome: { value: 'answer' } });
    expect((await once({ is: 'slow' })).calls[0]).toMatchObject({ to: 1_000, outcome: { value: 'answer' } });
    expect((await once({ is: 'slow', takes: 300 })).calls[0]).toMatchObject({ to: 300, outcome: { value: 'answer' } });
  });

  it('that is failing takes what a healthy one does, and says for which call', async () => {
    const { calls } = await once({ is: 'failing' });
    expect(calls[0]).toMatchObject({ to: 100, outcome: { error: new Error('the service is failing (call 1)') } });
    expect((await once({ is: 'failing', takes: 7 })).calls[0]?.to).toBe(7);
  });

  it('draws no chance where all of its attempts meet the outage', async () => {
    let draws = 0;
    const random = (): number => (draws += 1) / 10;
    expect((await once({ is: 'failing' }, { random })).summary.failed).toBe(1);
    expect((await once({ is: 'failing', ratio: 1 }, { random })).summary.failed).toBe(1);
    expect(draws).toBe(0);
    expect((await once({ is: 'failing', ratio: 0.5 }, { random })).summary.failed).toBe(1);
    expect(draws).toBe(1);
    expect((await once({ is: 'failing', ratio: 0 }, { random: () => 0 })).summary.completed).toBe(1);
  });

  it('begins with nobody, and is left with no timer by those who hang up', async () => {
    const { pending, until } = await simulate({ policy: timeout(50), load: { calls: 1, from: 30 }, outage: { is: 'slow' }, takes: 500 });
    expect(pending).toEqual([{ at: 0, count: 0 }, { at: 30, count: 1 }, { at: 80, count: 0 }]);
    expect(until).toBe(80);
  });

  it.each([
    [{ is: 'hung', ratio: -0.1 }, 'RangeError: outage: ratio must be a number from 0 to 1, got -0.1'],
    [{ is: 'hung', ratio: 1.1 }, 'RangeError: outage: ratio must be a number from 0 to 1, got 1.1'],
    [{ is: 'hung', error: 1 }, 'TypeError: outage: error must be a function that makes an error, got 1'],
    [{ is: 'hung', from: 5, until: 4 }, 'RangeError: outage: until must be a time from 5 on, which is when it begins, got 4'],
  ])('refuses %o', (outage, message) => {
    expect(String(thrownBy(() => outageOption(outage, 'outage')))).toBe(message);
  });

  it.each([{ from: 5, until: 5 }, { ratio: 0 }, { ratio: 1 }])('takes an outage of %o', (outage) => {
    expect(outageOption({ is: 'hung', ...outage }, 'outage')).toMatchObject([outage]);
  });
});
