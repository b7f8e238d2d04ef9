/** What a breaker does with the calls of one policy. */
import type { Permit } from '../../circuit/circuit.ts';
import type { Call, Refusal } from '../../core/call.ts';
import { PASS, type AGAIN, type Entry, type Gate, type Pass, type Stage } from '../../core/stage.ts';
import { Admission, admissionAround, rejection } from './admission.ts';
import type { LiveCircuit } from './live-circuit.ts';

/** Asks the circuit on the way in, and tells it on the way out. */
export class BreakerStage implements Stage, Gate {
  readonly #circuit: LiveCircuit;
  #latest: QuickPass | undefined = undefined;

  constructor(circuit: LiveCircuit) {
    this.#circuit = circuit;
  }

  admit(call: Call): Entry {
    const circuit = this.#circuit;
    const around = call.outer === undefined ? undefined : admissionAround(circuit, call);
    if (around !== undefined) {
      call.door = around;
      return undefined;
    }
    const permit = circuit.admit(call.env.bound);
    if (permit === undefined) return this.#refuse(call);
    call.door = new Admission(circuit, call, permit);
    return undefined;
  }

  value(call: Call, value: unknown): typeof PASS | typeof AGAIN {
    const door = call.door as Admission;
    if (door.call === call) door.succeeded(value);
    return PASS;
  }

  error(call: Call, error: unknown): typeof PASS | typeof AGAIN {
    const door = call.door as Admission;
    if (door.call === call) door.failed(error);
    return PASS;
  }

  get quick(): Gate | undefined {
    return this.#circuit.settings.handle === undefined ? this : undefined;
  }

  /** On the quick way a closed circuit lets a call in, and counts its success; all else goes the usual way. */
  enter(): QuickPass | undefined {
    const permit = this.#circuit.admitClosed();
    if (permit === undefined) return undefined;
    return this.#latest?.permit === permit ? this.#latest : (this.#latest = new QuickPass(this.#circuit, permit));
  }

  admitted(call: Call, pass: Pass): void {
    call.door = new Admission(this.#circuit, call, (pass as QuickPass).permit);
  }

  #refuse(call: Call): Refusal {
    const circuit = this.#circuit;
    circuit.countRejection();
    if (!call.env.events.observed) return (refused) => rejection(circuit, refused);
    const error = rejection(circuit, call);
    return () => error;
  }
}

/** What the calls of one generation of a closed circuit are let in with on the quick way. */
export class QuickPass implements Pass {
  readonly permit: Permit;
  readonly succeeded: Pass['succeeded'];

  constructor(circuit: LiveCircuit, permit: Permit) {
    this.permit = permit;
    this.succeeded = (value) => {
      circuit.recordSuccess(permit);
      return value;
    };
  }
}
