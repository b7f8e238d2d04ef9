import { describe, expect, it } from 'vitest';
import { maxIterations, noProgress, stopCondition, stopWhen } from '../../src/index.ts';
import { thrownBy } from '../helpers/functions.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

describe('stopWhen', () => {
  it('is gone over with the numbers of the iterations, from 1', () => {
    const stop = stopWhen(maxIterations(3));
    const seen: number[] = [];
    for (const i of stop) seen.push(i, stop.iterations);
    expect(seen).toEqual([1, 1, 2, 2, 3, 3]);
    expect([stop.iterations, stop.reason?.kind]).toEqual([3, 'max-iterations']);
  });

  it('is asked before each iteration', () => {
    const stop = stopWhen(maxIterations(2));
    const seen: number[] = [];
    while (!stop.check()) seen.push(stop.iterations);
    expect([seen, stop.iterations]).toEqual([[1, 2], 2]);
  });

  it('has no reason where the loop ended by itself, and goes on from there', () => {
    const stop = stopWhen(maxIterations(3));
    for (const i of stop) if (i === 2) break;
    expect([stop.iterations, stop.reason]).toEqual([2, undefined]);
    expect([...stop]).toEqual([3]);
    expect(stop.reason?.kind).toBe('max-iterations');
  });

  it('has stopped for good, with the reason it stopped for', () => {
    let over = true;
    const stop = stopWhen(stopCondition('over', () => over && 'It is over.'));
    expect(stop.check()).toBe(true);
    const { reason } = stop;
    over = false;
    expect([stop.check(), [...stop], stop.iterations]).toEqual([true, [], 0]);
    expect([stop.reason === reason, stop.peek() === reason]).toEqual([true, true]);
  });

  it('can be looked at: that counts and changes nothing', () => {
    let over = true;
    const stop = stopWhen(stopCondition('over', () => over));
    expect([stop.peek()?.kind, stop.reason]).toEqual(['over', undefined]);
    over = false;
    expect([stop.peek(), stop.iterations, stop.check(), stop.iterations]).toEqual([undefined, 0, false, 1]);
  });

  it('R27 counts for one loop: another has one of its own', async () => {
    const clock = new VirtualClock();
    const condition = noProgress(10);
    const first = stopWhen(condition, { clock });
    await clock.advance(10);
    const second = stopWhen(condition, { clock });
    expect([first.check(), second.check()]).toEqual([true, false]);
  });

  it('C1 D8 has no timer', () => {
    const clock = new VirtualClock();
    const stop = stopWhen(noProgress(10), { clock });
    stop.check();
    stop.progress();
    expect(clock.armed).toBe(0);
  });

  it('goes by the host’s own monotonic clock', () => {
    const before = performance.now();
    let elapsed = -1;
    const stop = stopWhen(stopCondition('looks', ({ elapsedMs }) => ((elapsed = elapsedMs), false)));
    stop.check();
    expect(elapsed).toBeGreaterThanOrEqual(0);
    expect(elapsed).toBeLessThanOrEqual(performance.now() - before);
  });

  it.each([
    [{ clocks: 1 }, 'stopWhen has no option "clocks"; it has clock'],
    [{ clock: 1 }, 'stopWhen: clock must be a clock, an object with now, wall, setTimer, clearTimer, random, got 1'],
    [maxIterations(1), 'stopWhen takes one condition, got two: join them with anyOf(a, b), a.or(b) or a.and(b)'],
  ])('refuses options that are none: %#', (options, message) => {
    const error = thrownBy(() => stopWhen(maxIterations(1), options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(message);
  });
});
