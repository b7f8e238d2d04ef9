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
