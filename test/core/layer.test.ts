import { describe, expect, it } from 'vitest';
import { commonChecks } from '../../src/core/layer.ts';
import { hostClock } from '../../src/core/clock.ts';
import { readOptions } from '../../src/core/options.ts';

describe('commonChecks', () => {
  it('are those of the options that every factory takes; both may be left out', () => {
    expect(readOptions('f', undefined, commonChecks)).toEqual({ clock: undefined, onListenerError: undefined });
    const onListenerError = (): void => {};
    expect(readOptions('f', { clock: hostClock, onListenerError }, commonChecks)).toEqual({
      clock: hostClock,
      onListenerError,
    });
  });

  it('say which is wrong', () => {
    expect(() => readOptions('f', { clock: Date }, commonChecks)).toThrow(/^f: clock must be a clock, /);
    expect(() => readOptions('f', { onListenerError: console }, commonChecks)).toThrow(
      /^f: onListenerError must be a function that takes the error, got /,
    );
  });
});
