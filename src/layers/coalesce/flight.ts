/** One run that several calls wait for. It goes on as long as one of them does. */
import { onAbort } from '../../core/abort.ts';
import type { Call } from '../../core/call.ts';
import { forkOf, takeOver } from '../../core/fork.ts';
import { after } from '../../core/clock.ts';
import { settleFirst } from '../../core/events.ts';
import type { Outcome } from '../../core/handle.ts';
import type { Run } from '../../core/stage.ts';
import { settle } from '../../core/thenable.ts';
import { outOfTime } from '../../core/wait.ts';

/** One run, and the calls that wait for it. */
export class Flight {
  /** The run's own call. Nobody's signal ends it but that of the flight. */
  readonly run: Call;
  readonly #controller = new AbortController();
  readonly #waiting = new Set<(outcome: Outcome) => void>();
  readonly #over: () => void;

  /** `over` is called when nobody can join any more: as soon as it has its outcome, or all have left. */
  constructor(first: Call, over: () => void) {
    this.run = forkOf(first, [this.#controller.signal], first.number);
    // What is to be done after its round waits for no call of those that share it.
    this.run.parent = undefined;
    this.#over = over;
  }

  /** Starts the run. The first call waits already: the run may be over at once, or end that call. */
  start(inside: Run): void {
    void settle(
      () => inside(this.run),
      (value) => this.#land({ value }),
      (error) => this.#land({ error }),
    );
  }

  /** Waits for what comes of the run, until the call's own signal aborts or its own deadline ends. */
  board(call: Call): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const ends: (() => void)[] = [];
      const off = (): void => {
        this.#waiting.delete(land);
        for (const end of ends.splice(0)) end();
      };
      const land = (outcome: Outcome): void => {
        off();
        resolve(outcome);
      };
      const leave = (reason: unknown): void => {
        off();
        reject(reason);
        if (this.#waiting.size === 0) this.#abandon(reason);
      };
      this.#waiting.add(land);
      for (const signal of call.signals) ends.push(onAbort(signal, () => leave(signal.reason)));
      // Where the run has no more time than the call, its end tells the call, and a guard has heard of it first.
      const left = call.remainingMs();
      if (left < this.run.remainingMs()) {
        const late = (): void => settleFirst(() => leave(outOfTime(this.share(call))));
        ends.push(after(call.env.clock, left, late));
      }
    });
  }

  /** Tells a call what came of the run so far. */
  share(call: Call): Call {
    takeOver(call, this.run);
    call.started = this.run.started;
    return call;
  }

  #land(outcome: Outcome): void {
    this.#over();
    for (const land of [...this.#waiting]) land(outcome);
  }

  /** Nobody waits any more. Who comes now does not join a run that is being stopped. */
  #abandon(reason: unknown): void {
    this.#over();
    this.#controller.abort(reason);
  }
}
