/** A trip rule of the user's own, kept from changing what came of a call. */
import type { Tripper } from '../../circuit/trip.ts';
import { safely, type Report } from '../../core/events.ts';

/** A rule of the user's own that throws trips nothing; what it threw is reported. */
export function harmless(tripper: Tripper, report: Report): Tripper {
  const guarded = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (error) {
      safely(report, error);
      return otherwise;
    }
  };
  return {
    record: (failed, failures, time) => guarded(() => tripper.record(failed, failures, time), false),
    reset: () => guarded(() => tripper.reset(), undefined),
  };
}
