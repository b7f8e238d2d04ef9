import { describe, expect, it } from 'vitest';
import { Call, type Task } from '../../src/core/call.ts';
import { Callees, keyOf, keyOption, type CallKey } from '../../src/core/call-key.ts';
import { envOf, taskOf } from '../helpers/calls.ts';

const env = envOf();
const fn: Task['fn'] = () => {};
const callWith = (args: readonly unknown[], self?: unknown, of = fn): Call => new Call(env, taskOf(of), self, args, [], undefined);
const key = (args: readonly unknown[], by?: CallKey): string | undefined => keyOf('cache', by, callWith(args));

describe('keyOf', () => {
  it('tells primitives apart, also those that look the same', () => {
    const args: unknown[] = [7, '7', 7n, '7n', true, 'true', null, 'null', undefined, 'undefined', NaN, 'NaN', '', Infinity, -1, '"7"'];
    const keys = args.map((arg) => key([arg]));
    expect(new Set(keys).size).toBe(args.length);
    expect(keys.every((one) => typeof one === 'string')).toBe(true);
    expect(key([-0])).toBe(key([0]));
    expect(keys).not.toContain(key([]));
    expect(key([])).toBe('');
  });

  it.each([
    { args: [{}], got: 'with an object' },
    { args: [() => {}], got: 'with the function (without a name)' },
    { args: [Symbol('s')], got: 'with Symbol(s)' },
    { args: [new Date(0)], got: 'with an object of Date' },
    { args: [1, 2], got: 'with 2 arguments' },
    { args: [1, undefined], got: 'with 2 arguments' },
  ])('asks for a key where there is none in the arguments: $got', ({ args, got }) => {
    const text =
      `cache: key must be given where a call has more than one primitive argument, got a call ${got}: ` +
      'write cache({ key: (...args) => … })';
    expect(() => key(args)).toThrow(new TypeError(text));
  });

  it('takes what key answers: a string as it is, numbers as one, undefined as none', () => {
    expect(key([1, 2], (a: number, b: number) => `${a}/${b}`)).toBe('1/2');
    expect(key([{ id: 7 }], ({ id }: { id: number }) => id)).toBe('7');
    expect(key([{ id: 7n }], ({ id }: { id: bigint }) => id)).toBe('7');
    expect(key([1], () => undefined)).toBeUndefined();
    expect(key([1], () => '')).toBe('');
  });

  it.each([
    ['null', null, 'null'],
    ['NaN', NaN, 'NaN'],
    ['an object', {}, 'an object'],
    ['true', true, 'true'],
    ['a promise, whose rejection it takes', () => Promise.reject(new Error('late')), 'an object of Promise'],
  ])('refuses %s', (_name, answer, got) => {
    const by = (() => (typeof answer === 'function' ? answer() : answer)) as never;
    const text = `cache: what key(...) answers must be a string, a number, or undefined for a call that goes by itself, got ${got}`;
    expect(() => key([1], by)).toThrow(new TypeError(text));
  });

  it("calls key with the call's own this", () => {
    const by = function (this: { tenant: string }, id: number): string {
      return `${this.tenant} ${id}`;
    };
    expect(keyOf('cache', by, callWith([7], { tenant: 'acme' }))).toBe('acme 7');
  });
});

describe('keyOption', () => {
  it('takes a function', () => {
    expect(keyOption(fn, 'cache: key')).toBe(fn);
    expect(() => keyOption('id', 'cache: key')).toThrow('cache: key must be a function of the arguments that answers with a key, got "id"');
  });
});

describe('Callees', () => {
  it('names what is called: the function, and its this', () => {
    const callees = new Callees();
    const [one, two] = [{}, {}];
    const names = [
      callWith([], undefined),
      callWith([], one),
      callWith([], two),
      callWith([], undefined, () => {}),
      callWith([], 'text'),
      callWith([], 'undefined'),
      callWith([], 7),
      callWith([], Symbol('s')),
      callWith([], fn),
    ].map((call) => callees.nameOf(call));
    expect(new Set(names).size).toBe(names.length);
    expect(callees.nameOf(callWith([1], one))).toBe(names[1]);
    // In the order in which they came: a function, an object, another.
    expect(names.slice(0, 3)).toEqual(['1 undefined ', '1 #2 ', '1 #3 ']);
  });
});
