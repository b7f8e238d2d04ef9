/**
 * For the tests of your policies: a clock in your hand, functions that do as they are told, and whole outages in
 * milliseconds.
 * @module breakwater/testing
 */
export { manualClock, type ManualClock, type ManualClockOptions } from './manual-clock.ts';
export {
  failsTimes,
  hangs,
  latency,
  script,
  type FailsTimesOptions,
  type HangsOptions,
  type LatencyOptions,
  type Scripted,
} from './functions.ts';
export { chaos, type AddedLatency, type ChaosMode, type ChaosOptions } from './chaos.ts';
export { simulate, type SimulateOptions } from './simulate.ts';
export type { CallsOptions, Load, RateOptions, WorkersOptions } from './simulate/load.ts';
export type { OutageOptions } from './simulate/service.ts';
export type { Step } from './simulate/steps.ts';
export type { OutageRecord, Summary, SvgOptions, Timeline } from './simulate/facts.ts';
export type { AttemptRecord, CallRecord, Came, StateRecord, WaitRecord } from './recording.ts';
