/** How one call came through the door of a circuit, and what becomes of it when the circuit moves on. */
import type { Permit } from '../../circuit/circuit.ts';
import type { Attempt, Call, Door } from '../../core/call.ts';
import { settleFirst, type Report } from '../../core/events.ts';
import type { Outcome } from '../../core/handle.ts';
import { isPlainSuccess, judge } from '../../core/judge.ts';
import { becauseOf } from '../../core/wait.ts';
import type { LiveCircuit } from './live-circuit.ts';

/** The admission of one call. Its permit says in which generation of the circuit it was given. */
export class Admission implements Door {
  readonly circuit: LiveCircuit;
  readonly #call: Call;
  readonly #leaseFloor: number | undefined;
  #permit: Permit;
  /** The attempts that were recorded, under `counts: 'attempts'`: where the last one was, the call is not recorded again. */
  #recorded: WeakSet<Attempt> | undefined = undefined;

  constructor(circuit: LiveCircuit, call: Call, permit: Permit) {
    this.circuit = circuit;
    this.#call = call;
    this.#leaseFloor = call.env.bound;
    this.#permit = permit;
  }

  get probe(): boolean {
    return this.#permit.probe;
  }

  refusal(call: Call): Error | undefined {
    if (this.circuit.holds(this.#permit) || !this.circuit.isOpen()) return undefined;
    return turnAway(this.circuit, call);
  }

  /** The same generation goes on. Another one asks at the door again, and may become the probe. */
  renew(call: Call): Error | undefined {
    if (this.circuit.holds(this.#permit)) return undefined;
    const permit = this.circuit.admit(this.#leaseFloor);
    if (permit === undefined) return turnAway(this.circuit, call);
    this.#permit = permit;
    return undefined;
  }

  watch(call: Call, shut: (refusal: Error) => void): () => void {
    return this.circuit.sleep(() => shut(turnAway(this.circuit, call)));
  }

  attempted(attempt: Attempt, outcome: Outcome): void {
    if (this.circuit.settings.counts === 'calls' || this.#recorded?.has(attempt) === true) return;
    // A nested call that was cancelled from here: what came of this call's own attempt is about to be told.
    const cancelled = attempt.call !== this.#call && attempt.call.aborted !== undefined;
    const recorded = (this.#recorded ??= new WeakSet());
    for (let own: Attempt | undefined = attempt; own !== undefined; own = own.call.outer) {
      if (cancelled) recorded.delete(own);
      else recorded.add(own);
    }
    if (!cancelled) this.#record(attempt, outcome);
  }

  /** The call is over. */
  leave(attempt: Attempt, outcome: Outcome): void {
    if (this.#recorded?.has(attempt.call.attempt) === true) return;
    const plain = 'value' in outcome && isPlainSuccess(attempt.call, this.circuit.settings.handle);
    if (plain) this.circuit.record(this.#permit, false);
    else settleFirst(() => this.#record(attempt, outcome));
  }

  #record(attempt: Attempt, outcome: Outcome): void {
    const { handle, onListenerError } = this.circuit.settings;
    const report: Report = onListenerError ?? attempt.call.env.report;
    this.circuit.record(this.#permit, judge(attempt, handle, outcome, report));
  }
}

/** The error for a call that the circuit turns away now, told to the call's policy. */
export function turnAway(circuit: LiveCircuit, call: Call): Error {
  const error = circuit.rejection(becauseOf(call));
  call.env.events.emit({ type: 'rejected', by: 'breaker', error });
  return error;
}

/** The admission under which this call already runs, where it is nested in a call of the same breaker. */
export function admissionAround(circuit: LiveCircuit, call: Call): Admission | undefined {
  for (let outer = call.outer; outer !== undefined; outer = outer.call.outer) {
    const { door } = outer.call;
    if (door instanceof Admission && door.circuit === circuit) return door;
  }
  return undefined;
}
