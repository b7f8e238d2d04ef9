import { describe, expect, it } from 'vitest';
import { breaker, fallback, policy, retry } from 'breakwater';
import { simulate } from 'breakwater/testing';

const circuitLine = async (load: Parameters<typeof simulate>[0]['load'], outage: Parameters<typeof simulate>[0]['outage']): Promise<string> => {
  const guard = policy(breaker({ failureThreshold: 2, recoveryTimeout: 10_000 }), retry({ attempts: 1 }));
  const text = (await simulate({ policy: guard, load, outage, takes: 100 })).toText();
  return /^ {2}circuit {2,}([a-z][^\n]*)$/m.exec(text)![1]!;
};

describe('a timeline in words', () => {
  it('says when the circuit opened, how often, and when it closed', async () => {
    expect(await circuitLine({ calls: 3 }, undefined)).toBe('never opened');
    expect(await circuitLine({ calls: 3, every: 500 }, { is: 'failing' })).toBe('opened at 0.6 s, did not close again');
    expect(await circuitLine({ calls: 3, every: 6_000 }, { is: 'failing', until: 7_000 })).toBe('opened at 6.1 s, did not close again');
    expect(await circuitLine({ calls: 4, every: 6_000 }, { is: 'failing', until: 7_000 })).toBe('opened at 6.1 s, closed at 18.1 s');
    expect(await circuitLine({ calls: 5, every: 11_000 }, { is: 'failing', until: 25_000 })).toBe(
      'opened at 11.1 s, 2 times in all, closed at 33.1 s',
    );
  });

  it('counts what the fallback answered, and names each kind of outage once', async () => {
    const text = (
      await simulate({
        policy: fallback('none'),
        load: { calls: 4, every: 1_000 },
        outage: [{ is: 'failing', until: 1 }, { is: 'slow', from: 1_000, until: 1_001 }, { is: 'failing', from: 2_000, until: 2_001 }],
      })
    ).toText();
    expect(text).toMatch(/^ {2}answered by the fallback {2}2$/m);
    expect(text).toContain('Service: ! failing, ~ slow.');
  });

  it('counts the timers that are left', async () => {
    const policy = retry({ attempts: Infinity, delay: 60_000 });
    const text = (await simulate({ policy, load: { calls: 3 }, outage: { is: 'failing', takes: 0 }, until: 90_000 })).toText();
    expect(text).toMatch(/^ {2}timers left behind {2}3$/m);
  });

  it('has bars in eighths, the lowest one for whatever there is', async () => {
    const load = [{ calls: 80 }, { calls: 1, from: 600 }, { calls: 11, from: 660 }, { calls: 40, from: 740 }];
    const text = (await simulate({ policy: retry(), load, takes: 1 })).toText();
    expect(text).toMatch(/^ {2}attempts {2,}█ {29}▁ {2}▂ {3}▄$/m);
    expect((await simulate({ policy: retry(), load: load.slice(0, 2), takes: 1 })).toText()).toMatch(/^ {2}attempts {2,}█ +▁$/m);
  });
});

describe('a timeline as a drawing', () => {
  const drawn = async (calls: number, outage?: Parameters<typeof simulate>[0]['outage']): Promise<string> =>
    (await simulate({ policy: retry({ attempts: 1 }), load: { calls, every: 1_000 }, takes: 100, outage })).toSvg();

  it('has a lane for each of up to eight calls, and sums for more', async () => {
    expect(await drawn(8)).toContain('>call 8<');
    expect(await drawn(9)).not.toContain('>call 8<');
  });

  it('says what came of the calls, under which policy, and how the service was', async () => {
    const well = await drawn(2);
    expect(well).toContain('2 of 2 calls are completed.');
    expect(well).toContain('>retry ×1 ▸ fn<');
    expect(well).not.toContain('>service<');
    const failing = await drawn(3, { is: 'failing', from: 500, until: 1_500 });
    expect(failing).toContain('2 of 3 calls are completed.');
    expect(failing).toContain('>service<');
    expect(failing).toContain('>failing<');
  });

  it('has some figures on its axis, whatever the length', async () => {
    const figures = (svg: string): string[] => [...svg.matchAll(/>([\d.]+)<\/text>/g)].map(([, figure]) => figure!);
    expect(figures(await drawn(7))).toEqual(expect.arrayContaining(['0', '2', '4', '6']));
  });
});
