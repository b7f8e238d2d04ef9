import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isAbortSignal, onAbort } from '../../src/core/abort.ts';

const linked = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('onAbort', () => {
  it('calls back once, when the signal aborts', () => {
    const controller = new AbortController();
    const heard: string[] = [];
    onAbort(controller.signal, () => heard.push('a'));
    onAbort(controller.signal, () => heard.push('b'));
    expect(heard).toEqual([]);
    controller.abort();
    controller.abort();
    expect(heard).toEqual(['a', 'b']);
  });

  it('B7 adds one listener however many follow, and none is left when the last one ends', () => {
    const { signal } = new AbortController();
    const ends = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
    expect(linked(signal)).toBe(1);
    for (const end of ends.slice(1)) end();
    expect(linked(signal)).toBe(1);
    ends[0]?.();
    expect(linked(signal)).toBe(0);
    const again = onAbort(signal, () => {});
    for (const end of ends) end();
    expect(linked(signal)).toBe(1);
    again();
    expect(linked(signal)).toBe(0);
  });

  it('B7 leaves no listener after an abort', () => {
    const controller = new AbortController();
    const end = onAbort(controller.signal, () => {});
    controller.abort();
    expect(linked(controller.signal)).toBe(0);
    end();
    expect(linked(controller.signal)).toBe(0);
  });

  it('does not call one that an earlier one ended', () => {
    const controller = new AbortController();
    const heard: string[] = [];
    onAbort(controller.signal, () => {
      heard.push('a');
      endB();
    });
    const endB = onAbort(controller.signal, () => heard.push('b'));
    controller.abort();
    expect(heard).toEqual(['a']);
  });

  it('keeps the same callback given twice apart', () => {
    const controller = new AbortController();
    let heard = 0;
    const count = (): void => void (heard += 1);
    onAbort(controller.signal, count)();
    onAbort(controller.signal, count);
    onAbort(controller.signal, count);
    controller.abort();
    expect(heard).toBe(2);
  });
});

describe('isAbortSignal', () => {
  it('takes a signal, and what is one by its structure', () => {
    expect(isAbortSignal(new AbortController().signal)).toBe(true);
    expect(isAbortSignal({ aborted: false, addEventListener() {}, removeEventListener() {} })).toBe(true);
  });

  it.each([
    [undefined],
    [null],
    ['signal'],
    [{}],
    [{ aborted: false }],
    [{ aborted: 'no', addEventListener() {} }],
    [new AbortController()],
  ])('refuses %s', (value) => {
    expect(isAbortSignal(value)).toBe(false);
  });
});
