/**
 * A pool of workers over a queue. It survives an outage: while the circuit is open, jobs go back into the queue and the
 * workers wait at its door, instead of using the jobs up on a service that is down.
 */
import { CircuitOpenError, type Breaker, type Context, type Policy } from 'breakwater';

/**
 * Any policy without a fallback that has a breaker. Let it count attempts: it then notices an outage early; and let its
 * threshold be at most twice retry's attempts, so that two tries of one job in an outage open it, also with one worker.
 */
export type Guard = Policy & { readonly circuit: Breaker };

export interface WorkOptions<T, R> {
  readonly guard: Guard;
  readonly workers: number;
  /** Does one job. It may run more than once for a job, so it must bear repeating. */
  readonly work: (job: T, ctx: Context) => Promise<R>;
  /** Whether an error is the job's own fault, as a malformed document's: nothing that one waits out. */
  readonly ownFault: (error: unknown) => boolean;
  /** Ends the batch before its time. */
  readonly signal?: AbortSignal | undefined;
}

export interface Report<T, R> {
  readonly done: ReadonlyMap<T, R>;
  /** Jobs at fault, and jobs that used up their attempts twice while the service was well. */
  readonly failed: ReadonlyMap<T, unknown>;
  /** Jobs that nobody did, because the batch was ended. */
  readonly left: readonly T[];
  /** How often a job went back into the queue. */
  readonly postponed: number;
}

export async function workOff<T extends {}, R>(jobs: Iterable<T>, options: WorkOptions<T, R>): Promise<Report<T, R>> {
  const { guard, workers, work, ownFault, signal } = options;
  const queue = [...jobs];
  const done = new Map<T, R>();
  const failed = new Map<T, unknown>();
  /** Jobs that used up their attempts while the circuit was closed: the first of an outage does, too, so they come again. */
  const suspects = new Set<T>();
  let postponed = 0;
  const run = guard.wrapWithContext((ctx: Context, job: T) => work(job, ctx), { signal });

  async function worker(): Promise<void> {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      try {
        await guard.circuit.whenAdmitting({ signal });
        done.set(job, await run(job));
      } catch (error) {
        // The service is down: what came of this job says nothing about it. The first to come back is the probe.
        const outage = error instanceof CircuitOpenError || guard.circuit.state !== 'closed';
        if (signal?.aborted !== true && (ownFault(error) || (!outage && suspects.has(job)))) {
          failed.set(job, error);
          continue;
        }
        if (outage) suspects.delete(job);
        else suspects.add(job);
        queue.push(job);
        postponed += 1;
        if (signal?.aborted === true) return;
      }
    }
  }

  await Promise.all(Array.from({ length: workers }, worker));
  return { done, failed, left: queue, postponed };
}
