/** The attempts of one call side by side: a further one beside a slow one, until one of them has answered. */
import type { RetryBudget } from '../../backoff/budget.ts';
import type { Budget, Call } from '../../core/call.ts';
import { after, nothing } from '../../core/clock.ts';
import { isLocalRejection } from '../../core/errors.ts';
import { settleFirst } from '../../core/events.ts';
import { forkOf, takeOver } from '../../core/fork.ts';
import type { Judge, Outcome, Verdict } from '../../core/handle.ts';
import { judge } from '../../core/judge.ts';
import type { CommonSettings } from '../../core/layer.ts';
import { dismiss } from '../../core/round.ts';
import type { Run } from '../../core/stage.ts';
import { settle } from '../../core/thenable.ts';
import { fits } from '../../core/wait.ts';
import type { LatencyWatch } from './latencies.ts';
import type { Quantile } from './quantile.ts';

/** The options of a hedge, checked. */
export interface HedgeSettings extends CommonSettings {
  readonly after: number | Quantile;
  readonly max: number;
  readonly budget: RetryBudget | undefined;
  readonly handle: Judge | undefined;
}

/** One attempt among those that run side by side. */
interface Runner {
  readonly fork: Call;
  /** Aborts it alone; left out where it cannot get company. */
  readonly own: AbortController | undefined;
  /** How many attempts had started when it went in: one more, and its function runs. */
  readonly before: number;
}

/** What an attempt came to that did not win. */
interface Spent {
  readonly fork: Call;
  readonly outcome: Outcome;
  /** It never got as far as the other end. */
  readonly refused: boolean;
}

/** The attempts that one round of a call makes. */
export class Hedging {
  readonly #settings: HedgeSettings;
  readonly #latencies: LatencyWatch | undefined;
  readonly #call: Call;
  readonly #inside: Run;
  /** Those that are under way. */
  readonly #running = new Set<Runner>();
  #first: Runner | undefined = undefined;
  #count = 0;
  /** What to end with, once nobody is under way any more. */
  #last: Spent | undefined = undefined;
  #over = false;
  #disarm = nothing;
  #resolve: (value: unknown) => void = nothing;
  #reject: (error: unknown) => void = nothing;

  constructor(settings: HedgeSettings, latencies: LatencyWatch | undefined, call: Call, inside: Run) {
    this.#settings = settings;
    this.#latencies = latencies;
    this.#call = call;
    this.#inside = inside;
  }

  /** The first good answer; where there is none, the last failure. */
  run(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#start(this.#delay());
    });
  }

  /** How long an attempt may take until it gets company; `undefined` where it may get none. */
  #delay(): number | undefined {
    const { after } = this.#settings;
    if (!this.#mayHedge()) return undefined;
    if (typeof after === 'number') return after;
    const latency = this.#latencies?.value;
    // Where all answer within the grain of the clock, a quantile says 0: time has to pass before anybody is slow.
    return latency === undefined ? undefined : Math.max(1, latency);
  }

  /** A probe is one attempt, and nothing is added to a circuit that has opened, or for a caller who has left. */
  #mayHedge(): boolean {
    const { aborted, door } = this.#call;
    return aborted === undefined && door?.steady !== false;
  }

  /** Starts an attempt, which gets company after `delay`. */
  #start(delay: number | undefined): void {
    const call = this.#call;
    // Alone it needs no signal of its own.
    const own = delay === undefined && this.#count === 0 ? undefined : new AbortController();
    const fork = forkOf(call, own === undefined ? call.signals : [...call.signals, own.signal], call.number);
    const { history } = fork;
    // Where it is given up in a line, it tells of the error before it.
    history.last = this.#last?.outcome ?? call.past?.last;
    const runner: Runner = { fork, own, before: fork.started };
    this.#first ??= runner;
    this.#count += 1;
    this.#running.add(runner);
    let [within, started] = [true, false];
    // It is not slow as long as it waits for a permit.
    history.starting = () => {
      started = true;
      if (!within) this.#wait(delay);
    };
    void settle(
      () => this.#inside(fork),
      (value) => this.#ended(runner, { value }),
      (error) => this.#ended(runner, { error }),
    );
    within = false;
    // After the function: what it has set for the same time comes first.
    if (started) this.#wait(delay);
  }

  #wait(delay: number | undefined): void {
    const call = this.#call;
    if (delay === undefined || this.#over || this.#count === this.#settings.max || !fits(call, delay)) return;
    this.#disarm = after(call.env.clock, delay, () => this.#hedge());
  }

  #hedge(): void {
    const call = this.#call;
    if (!this.#mayHedge() || !granted(this.#settings.budget ?? call.env.budget)) return;
    call.number += 1;
    call.env.events.emit({ type: 'hedged', attempt: call.number });
    // Who heard of it may have aborted the call, or opened the circuit.
    if (this.#mayHedge()) this.#start(this.#delay());
  }

  #ended(runner: Runner, outcome: Outcome): void {
    this.#running.delete(runner);
    if (this.#over) dismiss(runner.fork);
    else settleFirst(() => this.#weigh(runner, outcome));
  }

  /** It has an outcome, and nobody has won yet. */
  #weigh(runner: Runner, outcome: Outcome): void {
    const { fork, before } = runner;
    if (this.#call.aborted !== undefined) return this.#finish(fork, outcome);
    const refused = !('value' in outcome) && (fork.started === before || isLocalRejection(outcome.error));
    const verdict = refused || this.#judge(fork, outcome);
    if (verdict !== true) {
      if (verdict === false && 'value' in outcome) this.#succeeded(runner);
      return this.#finish(fork, outcome);
    }
    // What is turned away beside an attempt that runs says nothing of that: there is no room for another, that is all.
    if (refused) this.#disarm();
    if (!refused || this.#last?.refused !== false) this.#last = { fork, outcome, refused };
    if (this.#running.size === 0) {
      // Also what is left to be done for this one, where an earlier failure is the outcome.
      if (this.#last.fork !== fork) takeOver(this.#call, fork);
      return this.#finish(this.#last.fork, this.#last.outcome);
    }
    if (!refused) for (const { fork: other } of this.#running) other.history.last = outcome;
    dismiss(fork);
  }

  /** The verdict; a failure is told to a guard that counts attempts, as it happens. */
  #judge(fork: Call, outcome: Outcome): Verdict {
    const { handle, onListenerError } = this.#settings;
    const verdict = judge(fork, handle, outcome, onListenerError ?? fork.env.report);
    if (verdict === true) {
      const { history } = fork;
      // The guard judges for itself, and the layers between are to hear what was said here.
      const { judged } = history;
      fork.door?.attempted(fork, outcome);
      history.judged = judged;
    }
    return verdict;
  }

  #succeeded(runner: Runner): void {
    const { budget } = this.#settings;
    // The budget of a retry is given back to by that.
    if (budget !== this.#call.env.budget) budget?.['~succeeded']();
    const first = this.#first as Runner;
    const { history, env } = first.fork;
    // An attempt that was overtaken is as slow as that at least: were it left out, the slow ones would never be seen.
    if (runner === first) this.#latencies?.note(history.took as number);
    else if (this.#running.has(first)) this.#latencies?.note(env.clock.now() - history.startedAt);
  }

  /** The call goes on with what came of one of them; the others are aborted, and what they come to is dropped. */
  #finish(fork: Call, outcome: Outcome): void {
    this.#over = true;
    this.#disarm();
    takeOver(this.#call, fork);
    if ('value' in outcome) this.#resolve(outcome.value);
    else this.#reject(outcome.error);
    for (const { own } of this.#running) own?.abort(new DOMException('Another attempt has answered.', 'AbortError'));
  }
}

/** Takes a token for a further attempt, where one is granted: nothing has failed, so it costs nothing where none is. */
function granted(budget: Budget | undefined): boolean {
  return budget === undefined || (budget.tokens - 1 > budget.maxTokens / 2 && budget['~failed']());
}
