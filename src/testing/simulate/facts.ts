/** What a simulation answers: all that happened, and what it comes to. */
import type { CallRecord, StateRecord } from '../recording.ts';
import type { Step } from './steps.ts';

/** A simulation in numbers. Times are milliseconds since its beginning. */
export interface Summary {
  /** How many calls entered the policy. */
  readonly calls: number;
  /** How many of them the service answered. */
  readonly completed: number;
  /** How many the fallback answered. */
  readonly fellBack: number;
  /** How many ended with an error of their last attempt. */
  readonly failed: number;
  /** How many the policy turned away or gave up: an open circuit, a full queue, a deadline. */
  readonly rejected: number;
  /** How many had not ended when the simulation did. */
  readonly unsettled: number;
  /** How many attempts reached the service. */
  readonly attempts: number;
  /** How many of them started during an outage. */
  readonly attemptsInOutage: number;
  /** The most attempts that the service had at once. */
  readonly peak: number;
  /** How often the circuit opened, again after failed probes included. */
  readonly openings: number;
  /** When it opened first, in milliseconds; `undefined` where it never did. */
  readonly openedAt: number | undefined;
  /** When it closed again for the last time, in milliseconds; `undefined` where it is not closed, or never opened. */
  readonly closedAt: number | undefined;
  /** When the last call that ended did so, in milliseconds. */
  readonly settledAt: number;
  /** How many timers of the policy were armed at the end: 0 where nothing is left behind. */
  readonly timers: number;
}

/** A time in which the service was not well. */
export interface OutageRecord {
  /** How it was. */
  readonly is: 'hung' | 'failing' | 'slow';
  /** When it began, in milliseconds. */
  readonly from: number;
  /** When it was over, in milliseconds. */
  readonly until: number;
}

/** How {@link Timeline.toSvg} draws. */
export interface SvgOptions {
  /**
   * What is read out as its title.
   * @default 'What the policy does'
   */
  readonly title?: string | undefined;
  /**
   * What the ids in it begin with: of use where a page shows several.
   * @default 'timeline'
   */
  readonly name?: string | undefined;
}

/** What happened in a simulation, as plain data; its times are milliseconds since the beginning. See {@link simulate}. */
export interface Timeline {
  /** The policy, as it prints itself. */
  readonly policy: string;
  /** When the timeline ends, in milliseconds. */
  readonly until: number;
  /** Each call, in the order in which they came. */
  readonly calls: readonly CallRecord[];
  /** When attempts reached the service, in milliseconds. */
  readonly arrivals: readonly number[];
  /** How many attempts the service had, from when on. */
  readonly pending: readonly Step[];
  /** How many calls waited in the policy, from when on. */
  readonly waiting: readonly Step[];
  /** The states of the circuit; none where the policy has none. */
  readonly states: readonly StateRecord[];
  /** When the service was not well. */
  readonly outages: readonly OutageRecord[];
  /** All of it in numbers. */
  readonly summary: Summary;
  /** The summary, and a line each for attempts, pending and waiting calls, the service and the circuit. */
  toText(): string;
  /** A drawing that loads nothing, follows the reader between light and dark, and says in words what it shows. */
  toSvg(options?: SvgOptions): string;
}

/** What a timeline is drawn from. */
export type Facts = Omit<Timeline, 'toText' | 'toSvg'>;
