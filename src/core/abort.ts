/**
 * Following a signal by hand: `AbortSignal.any` keeps memory on signals that live long (node#55351, node#54614).
 * @module
 */
import { wrongType } from './options.ts';

/** What is ended when a signal aborts. */
interface Follower {
  cut(reason: unknown): void;
}

/** Those whom one listener on a signal tells. */
interface Following {
  readonly followers: Set<Follower>;
  readonly listener: () => void;
}

const followed = new WeakMap<AbortSignal, Following>();

/**
 * Cuts the follower when the signal aborts. A signal has one listener of ours however many follow it (adding one costs the
 * host time in proportion to those already there), and none once the last has left.
 */
export function follow(signal: AbortSignal, follower: Follower): void {
  (followed.get(signal) ?? listen(signal)).followers.add(follower);
}

/** Ends {@link follow}; again does nothing. */
export function unfollow(signal: AbortSignal, follower: Follower): void {
  const following = followed.get(signal);
  if (following?.followers.delete(follower) === true && following.followers.size === 0) leave(signal, following);
}

/** Calls back when the signal aborts; the answer unlinks. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const follower = { cut: callback };
  follow(signal, follower);
  return () => unfollow(signal, follower);
}

function listen(signal: AbortSignal): Following {
  const followers = new Set<Follower>();
  const listener = (): void => {
    for (const follower of followers) {
      followers.delete(follower);
      follower.cut(signal.reason);
    }
    leave(signal, following);
  };
  const following = { followers, listener };
  followed.set(signal, following);
  signal.addEventListener('abort', listener);
  return following;
}

function leave(signal: AbortSignal, following: Following): void {
  followed.delete(signal);
  signal.removeEventListener('abort', following.listener);
}

/** Whether a value can be used as an `AbortSignal`, whichever realm or polyfill it comes from. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AbortSignal).aborted === 'boolean' &&
    typeof (value as AbortSignal).addEventListener === 'function'
  );
}

/** The check of a signal that may be left out. */
export function signalOption(value: unknown, at: string): AbortSignal | undefined {
  if (value === undefined || isAbortSignal(value)) return value;
  throw wrongType(at, 'an AbortSignal', value);
}
