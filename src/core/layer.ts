/** What a layer is: plain data, and a stage that does its part of each call. */
import type { Limit } from './attempt.ts';
import type { Budget, Call, Inside } from './call.ts';
import type { PolicyEvent } from './policy-event.ts';
import { clockOption, type Clock } from './clock.ts';
import { reportOption, type Emitter, type Report, type Subscription } from './events.ts';
import { optional, type Checks } from './options.ts';
import type { LayerKind, Mode } from './order.ts';
import type { Stage } from './stage.ts';

/** The one contract between a layer and the engine. */
export interface Layer {
  readonly kind: LayerKind;
  /** `'sync'`: it can answer without waiting. */
  readonly mode: Mode;
  /** A guard stands around the function, in {@link ORDER}; a front stands around all guards; an answer outside of those. */
  readonly role: 'front' | 'guard' | 'answer';
  /** The resolved options as `describe()` shows them: plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The same in a few words, such as `retry ×3`. */
  readonly label: string;
  /** The clock that its options name. */
  readonly clock: Clock | undefined;
  /** Where its options send what callbacks throw. */
  readonly report: Report | undefined;
  /** The longest that it lets an attempt take, in milliseconds. */
  readonly bound?: number;
  /** The time that it gives each attempt. */
  readonly attemptLimit?: (events: Emitter<PolicyEvent>) => Limit;
  /** It wants to know how long attempts take: `call.history.startedAt` and `call.history.took`. */
  readonly timed?: boolean;
  /** What it does around the function itself, within the limit of the attempt. */
  readonly inside?: Inside;
  /** The budget that further attempts are taken from. */
  readonly budget?: Budget | undefined;
  /** What the policy shows as its `circuit`. */
  readonly circuit?: unknown;
  /** Tells of what happens to it outside of calls, as long as somebody listens to the policy. */
  announces?(emit: (event: PolicyEvent) => void): Subscription;
  /** Takes over the clock of a policy, where it keeps time of its own and its options name none. */
  adopt?(clock: Clock): void;
  /** Whether nothing would be lost if it was made anew; left out where it keeps nothing. */
  idle?(): boolean;
  /** Runs when a call enters the policy, before anything waits. */
  readonly enter?: (call: Call) => void;
  /** What it does with each call on its way in and out; left out where it only acts when a call enters. */
  readonly stage?: Stage;
}

/** The options that every factory takes. */
export interface CommonOptions {
  /**
   * Where time and randomness come from. One a policy: parts with two different ones are a `TypeError`.
   * @default the host's own
   */
  readonly clock?: Clock | undefined;
  /**
   * Takes what a listener, a callback or a `handle` throws; the call itself is not changed by it.
   * @default a process warning, or `reportError` where there is no process
   */
  readonly onListenerError?: ((error: unknown) => void) | undefined;
}

/** {@link CommonOptions}, checked. */
export interface CommonSettings {
  readonly clock: Clock | undefined;
  readonly onListenerError: Report | undefined;
}

/** The checks of {@link CommonOptions}. */
export const commonChecks: Checks<CommonSettings> = {
  clock: optional(clockOption, undefined),
  onListenerError: optional(reportOption, undefined),
};
