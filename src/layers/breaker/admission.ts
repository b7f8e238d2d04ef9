/** How one call came through the door of a circuit, and what becomes of it when the circuit moves on. */
import type { Permit } from '../../circuit/circuit.ts';
import type { Attempt } from '../../core/attempt.ts';
import type { Call, Door } from '../../core/call.ts';
import { settleFirst, type Report } from '../../core/events.ts';
import type { Outcome, Verdict } from '../../core/handle.ts';
import { isPlainSuccess, judge } from '../../core/judge.ts';
import { becauseOf, turnedAway } from '../../core/wait.ts';
import type { LiveCircuit } from './live-circuit.ts';

/** The admission of one call. Its permit says in which generation of the circuit it was given. */
export class Admission implements Door {
  readonly circuit: LiveCircuit;
  readonly call: Call;
  #permit: Permit;

  constructor(circuit: LiveCircuit, call: Call, permit: Permit) {
    this.circuit = circuit;
    this.call = call;
    this.#permit = permit;
  }

  /** Whether the call may go on with its permit. */
  get valid(): boolean {
    return this.circuit.holds(this.#permit);
  }

  /** Gets another permit. */
  take(permit: Permit): void {
    this.#permit = permit;
  }

  /** Asks at the door. */
  ask(): Permit | undefined {
    return this.circuit.admit(this.call.env.bound);
  }

  /** What a call ends with that may not go on. */
  turnAway(call: Call): Error {
    return turnAway(this.circuit, call);
  }

  get probe(): boolean {
    return this.#permit.probe;
  }

  get steady(): boolean {
    return !this.#permit.probe && this.valid;
  }

  get countsAttempts(): boolean {
    return this.circuit.settings.counts === 'attempts';
  }

  refusal(call: Call): Error | undefined {
    return this.valid || !this.circuit.isOpen() ? undefined : this.turnAway(call);
  }

  /** The same generation goes on. Another one asks at the door again, and may become the probe. */
  renew(call: Call): Error | undefined {
    if (this.valid) return undefined;
    const permit = this.ask();
    if (permit === undefined) return this.turnAway(call);
    this.take(permit);
    return undefined;
  }

  watch(call: Call, shut: (refusal: Error) => void): () => void {
    return this.circuit.sleep(() => shut(this.turnAway(call)));
  }

  attempted(call: Call, outcome: Outcome): void {
    if (!this.countsAttempts || call.attempt.recorded) return;
    // A nested call that was cancelled from here: what came of this call's own attempt is about to be told.
    const cancelled = call !== this.call && call.aborted !== undefined;
    let { attempt }: { attempt: Attempt | undefined } = call;
    for (let own: Call | undefined = call; own !== undefined; own = own.outer) {
      if (own.door === this && attempt !== undefined) attempt.recorded = !cancelled;
      attempt = own.under;
    }
    if (!cancelled) this.#record(call, outcome);
  }

  /** The call is over with a value. */
  succeeded(value: unknown): void {
    const { call, circuit } = this;
    if (call.made?.recorded === true) return;
    if (isPlainSuccess(call, circuit.settings.handle)) circuit.record(this.#permit, false, call.past?.took);
    else settleFirst(() => this.#record(call, { value }));
  }

  /** The call is over with an error. */
  failed(error: unknown): void {
    if (this.call.made?.recorded !== true) settleFirst(() => this.#record(this.call, { error }));
  }

  #record(call: Call, outcome: Outcome): void {
    this.circuit.record(this.#permit, this.judge(call, outcome), call.past?.took);
  }

  /** What an outcome counts as. */
  judge(call: Call, outcome: Outcome): Verdict {
    const { handle, onListenerError } = this.circuit.settings;
    const report: Report = onListenerError ?? call.env.report;
    return judge(call, handle, outcome, report);
  }
}

/** The error for a call that the circuit turns away now, told to the call's policy. */
export function turnAway(circuit: LiveCircuit, call: Call): Error {
  circuit.countRejection();
  return rejection(circuit, call);
}

/** The same for a call that is counted already. */
export function rejection(circuit: LiveCircuit, call: Call): Error {
  return turnedAway(call, 'breaker', circuit.rejection(becauseOf(call)));
}

/** The admission under which this call already runs, where it is nested in a call of the same breaker. */
export function admissionAround(circuit: LiveCircuit, call: Call): Admission | undefined {
  for (let { outer } = call; outer !== undefined; outer = outer.outer) {
    const { door } = outer;
    if (door instanceof Admission && door.circuit === circuit) return door;
  }
  return undefined;
}
