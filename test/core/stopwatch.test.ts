import { describe, expect, it } from 'vitest';
import { link } from '../../src/core/stage.ts';
import { stopwatch } from '../../src/core/stopwatch.ts';
import { callOf, envOf } from '../helpers/calls.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

describe('stopwatch', () => {
  it('notes when an attempt starts and how long it takes, whatever comes of it', async () => {
    for (const settle of [Promise.resolve.bind(Promise), Promise.reject.bind(Promise)]) {
      const clock = new VirtualClock();
      clock.time = 30;
      const call = callOf(
        () => new Promise((resolve) => clock.setTimer(() => resolve(undefined), 12)).then(() => settle('what came')),
        { env: envOf({ clock }) },
      );
      const out = Promise.resolve(link([stopwatch])(call)).catch((error: unknown) => error);
      expect([call.history.startedAt, call.history.took]).toEqual([30, undefined]);
      await clock.drain();
      expect([await out, call.history.took]).toEqual(['what came', 12]);
    }
  });

  it('tells who wants to know, right before the function starts', () => {
    const said: string[] = [];
    const call = callOf(() => said.push('started'));
    call.history.starting = () => said.push(`starts at ${call.history.startedAt}`);
    void link([stopwatch])(call);
    expect(said).toEqual(['starts at 0', 'started']);
  });

  it('does the same for a function that answers, or throws, at once', () => {
    const clock = new VirtualClock();
    const answers = callOf(() => (clock.time += 3), { env: envOf({ clock }) });
    expect([link([stopwatch])(answers), answers.history.took]).toEqual([3, 3]);
    const throws = callOf(
      () => {
        clock.time += 4;
        throw new Error('at once');
      },
      { env: envOf({ clock }), sync: true },
    );
    expect(() => link([stopwatch])(throws)).toThrow('at once');
    expect(throws.history.took).toBe(4);
  });
});
