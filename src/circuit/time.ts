/**
 * The two clocks of a circuit. Time is an argument everywhere in this folder: nothing here reads a clock of its own.
 * @module
 */

/**
 * Where a circuit reads the time. It is read only when it matters: not at all while closed under a rule that does not
 * ask.
 */
export interface Time {
  /** The monotonic clock, in milliseconds from any origin. It may stand still while the machine sleeps. */
  now(): number;
  /** The wall clock, in milliseconds since 1970. It may jump, also backwards. */
  wall(): number;
}
