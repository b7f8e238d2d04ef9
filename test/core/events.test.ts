import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  attend,
  Emitter,
  reportOption,
  reportToHost,
  safely,
  settleFirst,
  subscription,
} from '../../src/core/events.ts';
import { flush } from '../helpers/virtual-clock.ts';

const boom = new Error('boom');

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** An emitter, and what its listeners threw. */
function emitter<T = string>(): { on: Emitter<T>; errors: unknown[]; watched: boolean[] } {
  const errors: unknown[] = [];
  const watched: boolean[] = [];
  return {
    on: new Emitter<T>(
      (error) => errors.push(error),
      (observed) => watched.push(observed),
    ),
    errors,
    watched,
  };
}

describe('subscription', () => {
  it('D12 ends once, however often it is disposed', () => {
    let ended = 0;
    const one = subscription(() => (ended += 1));
    one.dispose();
    one.dispose();
    one[Symbol.dispose]();
    expect(ended).toBe(1);
  });

  it('D12 can be disposed by `using`, without its object', () => {
    let ended = 0;
    const { dispose } = subscription(() => (ended += 1));
    dispose();
    expect(ended).toBe(1);
    subscription(() => (ended += 1))[Symbol.dispose]();
    expect(ended).toBe(2);
  });

  it('works where the host has no Symbol.dispose', () => {
    let ended = 0;
    const name = Symbol.for('Symbol.dispose');
    vi.stubGlobal('Symbol', { for: () => name });
    const one = subscription(() => (ended += 1)) as unknown as Record<symbol, () => void>;
    vi.unstubAllGlobals();
    one[name]?.();
    expect(ended).toBe(1);
  });
});

describe('Emitter', () => {
  it('tells all listeners, in the order in which they came', () => {
    const { on, watched } = emitter();
    const heard: string[] = [];
    on.subscribe((event) => heard.push(`a ${event}`));
    const b = on.subscribe((event) => heard.push(`b ${event}`));
    on.emit('1');
    b.dispose();
    on.emit('2');
    expect(heard).toEqual(['a 1', 'b 1', 'a 2']);
    expect(watched).toEqual([true]);
  });

  it('D12 knows whether anybody listens, and says when that changes', () => {
    const { on, watched } = emitter();
    on.emit('to nobody');
    expect(on.observed).toBe(false);
    const [a, b] = [on.subscribe(() => {}), on.subscribe(() => {})];
    a.dispose();
    a.dispose();
    expect(on.observed).toBe(true);
    b.dispose();
    expect([on.observed, watched]).toEqual([false, [true, false]]);
    on.subscribe(() => {});
    expect(watched).toEqual([true, false, true]);
  });

  it('lets each subscription of the same function end on its own', () => {
    const { on } = emitter();
    let heard = 0;
    const count = (): void => void (heard += 1);
    const first = on.subscribe(count);
    on.subscribe(count);
    on.emit('x');
    first.dispose();
    on.emit('x');
    expect(heard).toBe(3);
  });

  it('D5 reports what a listener throws, and tells the others', () => {
    const { on, errors } = emitter();
    const heard: string[] = [];
    on.subscribe(() => {
      throw boom;
    });
    on.subscribe((event) => heard.push(event));
    on.emit('x');
    expect([errors, heard]).toEqual([[boom], ['x']]);
  });

  it('D5 D7 reports what an async listener rejects with, which would end the process otherwise', async () => {
    const { on, errors } = emitter();
    // oxlint-disable-next-line typescript/no-misused-promises -- what people write
    on.subscribe(async () => {
      throw boom;
    });
    on.emit('x');
    await flush();
    expect(errors).toEqual([boom]);
  });

  it.each([[undefined], [null], ['on'], [{ handleEvent() {} }]])('refuses a listener that is %s', (listener) => {
    expect(() => emitter().on.subscribe(listener as never)).toThrow(
      /^a listener must be a function that takes the event, got /,
    );
  });

  it('D6 R30 queues what a listener causes behind what is being told', () => {
    const { on } = emitter();
    const heard: string[] = [];
    on.subscribe((event) => {
      heard.push(`a ${event}`);
      if (event === '1') on.emit('2');
      heard.push(`a ${event} over`);
    });
    on.subscribe((event) => heard.push(`b ${event}`));
    on.emit('1');
    expect(heard).toEqual(['a 1', 'a 1 over', 'b 1', 'a 2', 'a 2 over', 'b 2']);
  });

  it('D6 does not tell one that a listener of the same event added: one that adds itself again would never end', () => {
    const { on } = emitter();
    let heard = 0;
    const again = (): void => {
      heard += 1;
      on.subscribe(again);
    };
    on.subscribe(again);
    on.emit('1');
    expect(heard).toBe(1);
    on.emit('2');
    expect(heard).toBe(3);
  });

  it('D6 does not tell one that an earlier listener of the same event ended, and goes on', () => {
    const { on } = emitter();
    const heard: string[] = [];
    on.subscribe(() => b.dispose());
    const b = on.subscribe(() => heard.push('b'));
    on.subscribe(() => heard.push('c'));
    on.emit('x');
    expect(heard).toEqual(['c']);
  });
});

describe('settleFirst', () => {
  it('R30 does its work to the end before any listener hears, also when nested', () => {
    const { on } = emitter();
    const heard: string[] = [];
    on.subscribe((event) => heard.push(event));
    const answer = settleFirst(() => {
      on.emit('1');
      settleFirst(() => on.emit('2'));
      heard.push('settled');
      return 7;
    });
    expect([answer, heard]).toEqual([7, ['settled', '1', '2']]);
  });

  it('R30 tells also where the work throws', () => {
    const { on } = emitter();
    const heard: string[] = [];
    on.subscribe((event) => heard.push(event));
    expect(() =>
      settleFirst(() => {
        on.emit('1');
        throw boom;
      }),
    ).toThrow(boom);
    on.emit('2');
    expect(heard).toEqual(['1', '2']);
  });
});

describe('attend', () => {
  it('D5 passes the event, and reports what is thrown', () => {
    const errors: unknown[] = [];
    const heard: number[] = [];
    attend(
      (n: number) => heard.push(n),
      7,
      (error) => errors.push(error),
    );
    attend(
      () => {
        throw undefined;
      },
      7,
      (error) => errors.push(error),
    );
    expect([heard, errors]).toEqual([[7], [undefined]]);
  });
});

describe('safely', () => {
  it('D5 tells the host what the reporter itself throws', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    safely(() => {
      throw boom;
    }, new Error('first'));
    expect(warn.mock.calls).toEqual([[boom]]);
  });

  it('D5 D7 tells the host what an async reporter rejects with', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    // oxlint-disable-next-line typescript/no-misused-promises -- what people write
    safely(async () => {
      throw boom;
    }, new Error('first'));
    await flush();
    expect(warn.mock.calls).toEqual([[boom]]);
  });

  it("D5 stays calm where the host's reporter throws, too", () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {
      throw boom;
    });
    expect(() => safely(reportToHost, new Error('first'))).not.toThrow();
  });
});

describe('reportToHost', () => {
  it.each([
    ['an error as it is', boom, boom],
    ['a string in words', 'text', 'A listener threw "text"'],
    ['nothing in words', undefined, 'A listener threw undefined'],
    ['an object without a prototype in words', Object.create(null), 'A listener threw an object'],
  ])('D5 warns where there is a process, whose end a reportError might be: %s', (_, error, warning) => {
    const reportError = vi.fn<(error: unknown) => void>();
    vi.stubGlobal('reportError', reportError);
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    reportToHost(error);
    expect([warn.mock.calls, reportError.mock.calls]).toEqual([[[warning]], []]);
  });

  it.each([[undefined], [{}]])("D5 else uses the host's reportError: process is %s", (host) => {
    const reportError = vi.fn<(error: unknown) => void>();
    vi.stubGlobal('reportError', reportError);
    vi.stubGlobal('process', host);
    reportToHost(boom);
    vi.unstubAllGlobals();
    expect(reportError.mock.calls).toEqual([[boom]]);
  });

  it.each([[undefined], [{}]])('D5 says nothing where the host has neither: process is %s', (host) => {
    vi.stubGlobal('reportError', undefined);
    vi.stubGlobal('process', host);
    expect(() => reportToHost(boom)).not.toThrow();
    vi.unstubAllGlobals();
  });
});

describe('reportOption', () => {
  it('takes a function', () => {
    expect(reportOption(reportToHost, 'x: onListenerError')).toBe(reportToHost);
    expect(() => reportOption('log', 'x: onListenerError')).toThrow(
      'x: onListenerError must be a function that takes the error, got "log"',
    );
  });
});
