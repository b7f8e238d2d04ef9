/**
 * Functions that stand for others: every call of one is a call of a policy.
 * @module
 */
import { signalOption } from './abort.ts';
import type { Call, Task } from './call.ts';
import { readOptions } from './options.ts';
import { show } from './text.ts';

/** A function of a user's. */
export type Fn = Task['fn'];

/** One call of a function that stands for another; `outer` is the call of another policy that it is made in. */
export type Applied = (self: unknown, args: readonly unknown[], outer?: Call) => unknown;

/** What makes the calls: a policy, or what finds the policy of each call. */
export interface Caller {
  '~call'(task: Task, self: unknown, args: readonly unknown[], signal: AbortSignal | undefined, outer: Call | undefined): unknown;
}

/** The functions that policies wrapped: called by another policy, they take over its attempt's signal and deadline. */
const wrapped = new WeakMap<Fn, { readonly apply: Applied; readonly sync: boolean }>();

/** The function that stands for `fn`, as `wrap` and `wrapWithContext` answer it: it never throws, and always answers with a promise. */
export function wrapFor(caller: Caller, member: string, fn: unknown, withContext: boolean, given: unknown): Fn {
  const inner = fnOf(member, fn);
  const { signal } = readOptions<{ signal: SignalOrFinder }>(member, given, { signal: signalOrFinder });
  const task = taskOf(inner, withContext, false);
  const find = typeof signal === 'function' ? signal : undefined;
  const apply: Applied = (self, args, outer) => {
    try {
      const own = find === undefined ? signal : signalOption(find(...args), `${member}: what signal(...) finds`);
      return promised(caller['~call'](task, self, args, own as AbortSignal | undefined, outer));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return standIn(inner, withContext ? Math.max(0, inner.length - 1) : inner.length, apply, false);
}

/** How a function is run: by itself, or, where a policy wrapped it, as that policy's call under this attempt. */
export function taskOf(fn: Fn, withContext: boolean, sync: boolean): Task {
  const inner = wrapped.get(fn);
  // A synchronous call has no use for a promise, and refuses it.
  const nested = sync && inner?.sync === false ? undefined : inner?.apply;
  return { fn, withContext, sync, nested, simple: !sync && nested === undefined };
}

/** The function that stands for another. It has the other's name. */
export function standIn(fn: Fn, length: number, apply: Applied, sync: boolean): Fn {
  const outside = function (this: unknown, ...args: unknown[]): unknown {
    return apply(this, args);
  };
  Object.defineProperty(outside, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(outside, 'length', { value: length, configurable: true });
  wrapped.set(outside, { apply, sync });
  return outside;
}

/** Always a promise: a synchronous answer, or throw, would leave through a `map` over many calls. */
export function promised(out: unknown): Promise<never> {
  return (out instanceof Promise ? out : Promise.resolve(out)) as Promise<never>;
}

/** @throws TypeError where it is no function. */
export function fnOf(member: string, fn: unknown): Fn {
  if (typeof fn === 'function') return fn as Fn;
  const instead = fn instanceof Promise ? ': give it the function that makes the promise, uncalled' : '';
  throw new TypeError(`${member} expects a function, got ${show(fn)}${instead}`);
}

type SignalOrFinder = AbortSignal | ((...args: readonly unknown[]) => unknown) | undefined;

function signalOrFinder(value: unknown, at: string): SignalOrFinder {
  return typeof value === 'function' ? (value as () => unknown) : signalOption(value, at);
}
