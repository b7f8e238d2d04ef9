/** The clock of the tests: the package's own manual clock, with what only tests of the package itself do to a clock. */
import { HandClock } from '../../src/testing/manual-clock.ts';

export { turn as flush } from '../../src/testing/turn.ts';

export class VirtualClock extends HandClock {
  /** Draws: 0.5 unless a test says otherwise. */
  draw: () => number = () => 0.5;

  constructor() {
    super(() => this.draw());
  }

  /** How many timers are armed: 0 when nothing is under way. */
  get armed(): number {
    return this.pending;
  }

  /** Moves on until nothing is armed any more, at most to `limit`. */
  drain(limit = 10_000_000): Promise<void> {
    return this.runAll(limit);
  }
}
