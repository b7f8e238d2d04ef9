/**
 * A policy at work is a row of stages around the function. A call runs in through them, and what came of it is brought out
 * through them again: one code path for sync and async, and one promise a call, however many stages there are.
 * @module
 */
import type { Call, Refusal } from './call.ts';
import { invoke } from './race.ts';
import { leave } from './round.ts';

/** What a stage answers where the outcome passes it unchanged. The same in every copy of this package, as a layer may be. */
export const PASS: unique symbol = Symbol.for('breakwater.pass');

/** What a stage answers to send the call in again, beginning with itself. */
export const AGAIN: unique symbol = Symbol.for('breakwater.again');

/** What a call is answered with that need not go further in. */
export interface Ready {
  readonly value: unknown;
}

/**
 * What a stage answers a call on its way in. A call that goes on gets `undefined`. One that is turned away gets what its
 * error is made with: that is done when somebody looks at it. One that has to wait gets a promise of any of these, or of
 * {@link AGAIN}: then the stage is asked again.
 */
export type Entry = Refusal | Ready | Promise<Refusal | Ready | typeof AGAIN | undefined> | undefined;

/**
 * What a layer does with each call. `value` and `error` see what came of what is inside: they answer {@link PASS}, another
 * value (or a promise of one) in its stead, or {@link AGAIN} (or a promise of it); or they throw another error.
 */
export interface Stage {
  /** On the way in. */
  admit?(call: Call): Entry;
  value?(call: Call, value: unknown): unknown;
  error?(call: Call, error: unknown): unknown;
  /**
   * Stands in the place of all that is inside it, and runs that for forks of the call: not once, but as often as it likes.
   * Such a stage has no other part.
   */
  around?(call: Call, inside: Run): unknown;
  /** What it answers a refusal with without looking at the error: then that is not made. */
  readonly unseen?: (() => unknown) | undefined;
  /** What it does on the quick way: as a gate, or nothing. Left out where it has a say in every call. */
  readonly quick?: Gate | true | undefined;
}

/** What a guard does for a call on the quick way. */
export interface Gate {
  /** What it lets the call in with; `undefined` where the call has to take the usual way. */
  enter(): Pass | undefined;
  /** The call goes on the usual way, let in already. */
  admitted(call: Call, pass: Pass): void;
}

/** What a guard lets calls in with on the quick way. */
export interface Pass {
  /** Takes in that a call answered, and hands the value on. */
  readonly succeeded: (value: unknown) => unknown;
}

/** A call's way through a policy: it answers with a value, throws, or answers with a native promise. */
export type Run = (call: Call) => unknown;

/** Stages, the outermost first, and what they stand around. */
export interface Track {
  readonly stages: readonly Stage[];
  readonly core: Run;
}

/** The track through stages: around the function, or around the stage that stands in the place of all that is inside it. */
export function trackOf(stages: readonly Stage[]): Track {
  const at = stages.findIndex((stage) => stage.around !== undefined);
  if (at < 0) return { stages, core: invoke };
  const stage = stages[at] as Stage & Required<Pick<Stage, 'around'>>;
  const inside = link(stages.slice(at + 1));
  return { stages: stages.slice(0, at), core: (call) => stage.around(call, inside) };
}

/** One run through stages, the outermost first. */
export function link(given: readonly Stage[]): Run {
  const track = trackOf(given);
  const { stages } = track;
  return (call) => {
    const pending = inward(track, call);
    if (pending === undefined) {
      const rest = outward(track, call);
      // Nobody has to catch it, as long as the call answers with promises.
      return rest === undefined && call.failed && !call.task.sync ? Promise.reject(errorOf(call)) : finish(track, call, rest);
    }
    if (stages.length === 0 && track.core === invoke) return pending;
    return pending.then(
      (value) => bring(track, call, false, value, pending),
      (error: unknown) => bring(track, call, true, error, pending),
    );
  };
}

/** Brings out what came of the function: `pending` is the promise that it came with. */
export function bring(track: Track, call: Call, failed: boolean, result: unknown, pending?: Promise<unknown>): unknown {
  carry(call, failed, result);
  const rest = outward(track, call);
  // Where nothing became of an error, the promise that it came with is handed on: that costs less than to throw it again.
  const untouched = rest === undefined && failed && call.failed && call.result === result;
  return untouched && pending !== undefined ? pending : finish(track, call, rest);
}

/** What remains to be done for a call: go in again, wait for a stage, or nothing. */
type Rest = typeof AGAIN | Promise<unknown> | undefined;

/** What a promise on the way in comes to where the call carries its outcome already. */
const CARRIED: unique symbol = Symbol('carried');

function carry(call: Call, failed: boolean, result: unknown): void {
  if (result === CARRIED) return;
  call.refusal = undefined;
  call.failed = failed;
  call.result = result;
}

/** The error that it carries: now somebody looks at it. */
function errorOf(call: Call): unknown {
  const { refusal } = call;
  if (refusal !== undefined) carry(call, true, refusal(call));
  return call.result;
}

/** In, to the function. It answers the promise of what comes of it; else the call carries that already. */
function inward(track: Track, call: Call): Promise<unknown> | undefined {
  const { stages } = track;
  try {
    for (; call.at < stages.length; call.at++) {
      const entry = (stages[call.at] as Stage).admit?.(call);
      if (entry !== undefined) return held(track, call, entry);
    }
    const out = track.core(call);
    if (out instanceof Promise) return out;
    carry(call, false, out);
  } catch (error) {
    carry(call, true, error);
  }
  return undefined;
}

/** A call that a stage did not simply let in: it is turned away, answered, or waits. */
function held(track: Track, call: Call, entry: Exclude<Entry, undefined>): Promise<unknown> | undefined {
  if (entry instanceof Promise) {
    return entry.then((next) => {
      if (next !== AGAIN && next !== undefined) return held(track, call, next) ?? CARRIED;
      // While it waited, the door may have moved on.
      if (next === undefined) {
        call.at += 1;
        const refusal = call.door?.renew(call);
        if (refusal !== undefined) throw refusal;
      }
      return inward(track, call) ?? CARRIED;
    });
  }
  if (typeof entry === 'function') {
    carry(call, true, undefined);
    call.refusal = entry;
  } else carry(call, false, entry.value);
  return undefined;
}

/** Out, with what the call carries, as far as the stages let it. What was to be done after this round is done then. */
function outward(track: Track, call: Call): Rest {
  const rest = pass(track, call);
  leave(call);
  return rest;
}

function pass({ stages }: Track, call: Call): Rest {
  while (call.at > 0) {
    call.at -= 1;
    // As if it had a turn for either: where it has not, the call passes it by.
    const stage = stages[call.at] as Required<Stage>;
    if ((call.failed ? stage.error : stage.value) === undefined) continue;
    if (call.refusal !== undefined && stage.unseen !== undefined && call.aborted === undefined) {
      carry(call, false, stage.unseen());
      continue;
    }
    try {
      const answer = call.failed ? stage.error(call, errorOf(call)) : stage.value(call, call.result);
      if (answer === PASS) continue;
      if (answer === AGAIN || answer instanceof Promise) return answer as Rest;
      carry(call, false, answer);
    } catch (error) {
      carry(call, true, error);
    }
  }
  return undefined;
}

/** The end of the first round: nearly always of the whole call. */
function finish(track: Track, call: Call, first: Rest): unknown {
  let rest = first;
  while (rest === AGAIN && call.task.sync) {
    void inward(track, call);
    rest = outward(track, call);
  }
  if (rest !== undefined) return new Promise((resolve, reject) => follow(track, call, rest, resolve, reject));
  if (call.failed) throw errorOf(call);
  return call.result;
}

/** All further rounds, with one promise however many there are: promises that wait for each other would all stay in memory. */
function follow(
  track: Track,
  call: Call,
  first: Rest,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): void {
  const on = (rest: Rest): void => follow(track, call, rest, resolve, reject);
  const arrive = (failed: boolean) => (result: unknown) => {
    carry(call, failed, result);
    on(outward(track, call));
  };
  let rest = first;
  while (rest === AGAIN) {
    const pending = inward(track, call);
    if (pending !== undefined) return void pending.then(arrive(false), arrive(true));
    rest = outward(track, call);
  }
  if (rest === undefined) return call.failed ? reject(errorOf(call)) : resolve(call.result);
  // A stage waits: what the promise comes to is what the stage answers.
  rest.then((answer) => {
    if (answer === AGAIN) return on(AGAIN);
    if (answer !== PASS) carry(call, false, answer);
    return on(outward(track, call));
  }, arrive(true));
}
