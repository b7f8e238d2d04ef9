import { handleAll, handleType, handleWhenResult } from 'cockatiel';
import { handleType as handleType4 } from 'cockatiel4';
import { describe, expect, it } from 'vitest';
import {
  anyError,
  errors,
  handleOption,
  ignoring,
  outcomes,
  results,
  type Outcome,
  type Verdict,
} from '../../src/core/handle.ts';
import { CircuitOpenError, PolicyError } from '../../src/core/errors.ts';
import { flush } from '../helpers/virtual-clock.ts';

class NetError extends Error {}
class Status {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

const net: Outcome = { error: new NetError('net') };
const type: Outcome = { error: new TypeError('type') };
const local: Outcome = { error: new CircuitOpenError(5) };

/** What a `handle` says of an outcome; `undefined` where the default applies. */
function says(handle: unknown, outcome: Outcome, isLocal = false): Verdict | undefined {
  return handleOption(handle, 'x: handle')(outcome, isLocal);
}

describe('handle', () => {
  describe('as a function of the error', () => {
    it('R14 says what it says', () => {
      const handle = (error: unknown): Verdict =>
        error instanceof NetError ? true : error instanceof TypeError ? 'ignore' : false;
      expect([net, type, { error: 7 }].map((outcome) => says(handle, outcome))).toEqual([true, 'ignore', false]);
    });

    it('R14 is never asked about values', () => {
      const never = (): never => {
        throw new Error('asked');
      };
      expect(says(never, { value: 503 })).toBe(false);
    });

    it.each([
      [1, true],
      ['yes', true],
      [{}, true],
      [0, false],
      ['', false],
      [null, false],
      [undefined, false],
    ])('takes the truth of %s', (answer, verdict) => {
      expect(says(() => answer, net)).toBe(verdict);
    });

    it('D7 refuses a promise, which would always be true, and takes its rejection', async () => {
      expect(() =>
        says(async () => {
          throw new Error('late');
        }, net),
      ).toThrow('handle must answer at once with true, false or "ignore", got a promise');
      await flush();
    });

    it('R14 lets what it throws through to the judge', () => {
      expect(() =>
        says(() => {
          throw new Error('broken');
        }, net),
      ).toThrow('broken');
    });
  });

  describe('as a class', () => {
    it('R14 calls its errors failures; others say nothing; values are good', () => {
      expect(says(NetError, net)).toBe(true);
      expect(says(NetError, type)).toBe('ignore');
      expect(says(NetError, { value: new NetError('as a value') })).toBe(false);
    });

    it('takes a class that is no Error, and one written as a function', () => {
      function Old(): void {}
      Old.prototype = Object.create(Error.prototype) as object;
      expect(says(Status, { error: new Status(500) })).toBe(true);
      expect(says(Old, { error: Object.create(Old.prototype) as unknown })).toBe(true);
      expect(says(Old, net)).toBe('ignore');
    });
  });

  describe('as a list', () => {
    it('R14 takes the first answer other than false', () => {
      expect(says([() => false, () => 'ignore', () => true], net)).toBe('ignore');
      expect(says([() => false, () => true, () => 'ignore'], net)).toBe(true);
      expect(says([() => false, () => false], net)).toBe(false);
      expect(says([NetError, (error: unknown) => error instanceof TypeError], type)).toBe(true);
    });

    it('R14 says "ignore" of an error that only classes were asked about', () => {
      expect(says([NetError, errors(RangeError)], type)).toBe('ignore');
    });

    it("R14 lets a predicate's own false call an error a success beside a class", () => {
      expect(says([NetError, () => false], type)).toBe(false);
    });

    it('refuses an empty one', () => {
      expect(() => handleOption([], 'x: handle')).toThrow(
        new RangeError('x: handle must name at least one outcome, got an array of 0'),
      );
    });

    it('does not change when the array changes later', () => {
      const list: unknown[] = [NetError];
      const handle = handleOption(list, 'x: handle');
      list[0] = TypeError;
      expect(handle(net, false)).toBe(true);
    });
  });

  describe('of local rejections', () => {
    it('are shown to a class that names them and to anyError', () => {
      for (const handle of [
        CircuitOpenError,
        PolicyError,
        Error,
        errors(CircuitOpenError),
        anyError,
        [NetError, anyError],
      ]) {
        expect(says(handle, local, true)).toBe(true);
      }
      expect(
        says(
          errors(CircuitOpenError, () => false),
          local,
          true,
        ),
      ).toBe(false);
      expect(says(NetError, local, true)).toBe('ignore');
    });

    it('are shown to no predicate', () => {
      const never = (): never => {
        throw new Error('asked');
      };
      for (const handle of [
        never,
        outcomes(never),
        results(never),
        ignoring(never),
        { options: { errorFilter: never, resultFilter: never } },
      ]) {
        expect(says(handle, local, true)).not.toBe(true);
      }
    });
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    ['TypeError', '"TypeError"'],
    [{}, 'an object'],
    [{ options: null }, 'an object'],
    [{ options: { errorFilter: () => true } }, 'an object'],
    [{ options: { resultFilter: () => true } }, 'an object'],
    [{ '~test': true }, 'an object'],
    [new Error('instance'), 'an object of Error'],
  ])('refuses %s', (value, got) => {
    expect(() => handleOption(value, 'x: handle')).toThrow(TypeError);
    expect(() => handleOption(value, 'x: handle')).toThrow(
      /^x: handle must be a function of the error, a class of errors, .*, or a list of these, got /,
    );
    expect(() => handleOption([NetError, value], 'x: handle')).toThrow(
      new RegExp(`^x: handle\\[1\\] must be .*, got ${got}$`),
    );
  });
});

describe('anyError', () => {
  it('calls every error a failure, and says nothing of values', () => {
    expect([net, type, { error: undefined }, { value: 1 }].map((outcome) => says(anyError, outcome))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(says([anyError, results((n: number) => n > 1)], { value: 2 })).toBe(true);
  });
});

describe('errors', () => {
  it('R14 asks its predicate only about its class', () => {
    const handle = errors(Status, ({ code }) => (code === 429 ? 'ignore' : code >= 500));
    expect([500, 429, 404].map((code) => says(handle, { error: new Status(code) }))).toEqual([true, 'ignore', false]);
    expect(says(handle, net)).toBe('ignore');
    expect(says(handle, { value: new Status(500) })).toBe(false);
  });

  it.each([[undefined], [null], ['Error'], [{}], [() => {}]])('refuses %s as a class', (notAClass) => {
    expect(() => errors(notAClass as never)).toThrow(/^errors\(type\) must be a class of errors, got /);
  });

  it('takes a bound class', () => {
    expect(says(errors(NetError.bind(null) as never), net)).toBe(true);
  });

  it('refuses a predicate that is none', () => {
    expect(() => errors(Error, 7 as never)).toThrow('errors(type, predicate) must be a function of the error, got 7');
  });
});

describe('results', () => {
  it('R14 asks about values, and leaves errors their default', () => {
    const handle = results((text: string) => text === '');
    expect([says(handle, { value: '' }), says(handle, { value: 'x' }), says(handle, net)]).toEqual([
      true,
      false,
      undefined,
    ]);
    expect(
      says(
        results(() => 'ignore'),
        { value: 1 },
      ),
    ).toBe('ignore');
  });

  it('R14 beside a class leaves errors to the class', () => {
    const handle = [results((n: number) => n > 5), NetError];
    expect([{ value: 6 }, { value: 5 }, net, type].map((outcome) => says(handle, outcome))).toEqual([
      true,
      false,
      true,
      'ignore',
    ]);
  });

  it('refuses what is no function', () => {
    expect(() => results('bad' as never)).toThrow('results(predicate) must be a function of the value, got "bad"');
  });
});

describe('outcomes', () => {
  it('R14 asks about both', () => {
    const handle = outcomes((outcome) =>
      'value' in outcome ? outcome.value === null : outcome.error instanceof NetError,
    );
    expect([net, type, { value: null }, { value: 0 }].map((outcome) => says(handle, outcome))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('refuses what is no function', () => {
    expect(() => outcomes(undefined as never)).toThrow(
      'outcomes(predicate) must be a function of the outcome, got undefined',
    );
  });
});

describe('ignoring', () => {
  it('R14 says nothing of what its tests call failures, and leaves the rest its default', () => {
    const handle = ignoring(
      TypeError,
      results((n: number) => n === 7),
      (error) => error === 'x',
    );
    expect([type, net, { error: 'x' }, { value: 7 }, { value: 8 }].map((outcome) => says(handle, outcome))).toEqual([
      'ignore',
      undefined,
      'ignore',
      'ignore',
      false,
    ]);
  });

  it('R14 comes first in a list that would call the same a failure', () => {
    class Special extends NetError {}
    const handle = [ignoring(Special), NetError];
    expect([{ error: new Special('x') }, net, type].map((outcome) => says(handle, outcome))).toEqual([
      'ignore',
      true,
      'ignore',
    ]);
  });

  it('ignores nothing where nothing is named', () => {
    expect(says(ignoring(), net)).toBeUndefined();
  });

  it('refuses what is no test, and says which', () => {
    expect(() => ignoring(TypeError, 7 as never)).toThrow(/^ignoring\(…\): argument 2 must be /);
  });
});

describe('a cockatiel filter', () => {
  it.each([
    ['3', handleType(NetError)],
    ['4', handleType4(NetError)],
  ])("R14 of version %s: its false reads as 'ignore' for an error, as a success for a value", (_, filter) => {
    expect(says(filter, net)).toBe(true);
    expect(says(filter, type)).toBe('ignore');
    expect(says(filter, { value: 1 })).toBe(false);
  });

  it('R14 judges values, too', () => {
    const filter = handleWhenResult((value) => value === 503).orType(NetError);
    expect([{ value: 503 }, { value: 200 }, net, type].map((outcome) => says(filter, outcome))).toEqual([
      true,
      false,
      true,
      'ignore',
    ]);
    expect(says(handleAll, type)).toBe(true);
  });

  it('R14 may answer with anything that is true', () => {
    const filter = { options: { errorFilter: () => 1, resultFilter: () => 'bad' } };
    expect([says(filter, net), says(filter, { value: 1 })]).toEqual([true, true]);
  });
});
