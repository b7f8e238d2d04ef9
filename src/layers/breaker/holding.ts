/** What a breaker does with the calls of one policy where it holds them instead of turning them away. */
import type { Permit } from '../../circuit/circuit.ts';
import type { Call } from '../../core/call.ts';
import type { Outcome, Verdict } from '../../core/handle.ts';
import { AGAIN, PASS, type Entry, type Pass } from '../../core/stage.ts';
import { Admission, admissionAround } from './admission.ts';
import type { Line } from './line.ts';
import type { LiveCircuit } from './live-circuit.ts';
import { BreakerStage, type QuickPass } from './stage.ts';

/**
 * What sends a call back to the door: thrown inside, it passes every layer as a rejection of the policy's own, and ends where
 * the door is. One for all: nobody outside ever sees it.
 */
class SentBack extends Error {
  get '~breakwater'(): readonly string[] {
    return ['SentBack'];
  }
  get isLocalRejection(): boolean {
    return true;
  }
}

const BACK: SentBack = /* @__PURE__ */ new SentBack('back to the door');

/** No circuit knows it. */
const NONE: Permit = { probe: false };

/** The admission of a call that is held until it has one. */
class HeldAdmission extends Admission {
  readonly #line: Line;
  /** What the attempt under this permit counted as. */
  #verdict: Verdict | undefined = undefined;

  constructor(circuit: LiveCircuit, call: Call, line: Line, permit: Permit | undefined) {
    super(circuit, call, permit ?? NONE);
    this.#line = line;
  }

  /** A call comes back from a failed probe where retry would have made another attempt. */
  comesBack(call: Call): boolean {
    return this.probe && this.#verdict === true && call.past?.unfinished === true;
  }

  override take(permit: Permit): void {
    this.#verdict = undefined;
    // What was recorded was recorded of the permit before: a nested call may be let in again within one attempt.
    if (this.call.made !== undefined) this.call.made.recorded = false;
    super.take(permit);
  }

  override ask(): Permit | undefined {
    return this.#line.admit(this.call.env.bound);
  }

  override turnAway(): Error {
    return BACK;
  }

  /** What is sent back keeps its attempt: nothing has come of that. */
  override attempted(call: Call, outcome: Outcome): void {
    if (outcome.error !== BACK) super.attempted(call, outcome);
  }

  override judge(call: Call, outcome: Outcome): Verdict {
    return (this.#verdict = super.judge(call, outcome));
  }
}

/** Like a {@link BreakerStage}; but a call that may not go in, or on, is held in the line until it may. */
export class HoldingStage extends BreakerStage {
  readonly #circuit: LiveCircuit;
  readonly #line: Line;

  constructor(circuit: LiveCircuit, line: Line) {
    super(circuit);
    this.#circuit = circuit;
    this.#line = line;
  }

  override admit(call: Call): Entry {
    let door = call.door as HeldAdmission | undefined;
    if (door === undefined) {
      call.door = call.outer === undefined ? undefined : admissionAround(this.#circuit, call);
      if (call.door !== undefined) return undefined;
      call.door = door = new HeldAdmission(this.#circuit, call, this.#line, this.#line.admit(call.env.bound));
    }
    // What was granted may have ended before the call got to go.
    return door.valid ? undefined : this.#line.hold(call, door).then(() => AGAIN);
  }

  override value(call: Call, value: unknown): typeof PASS | typeof AGAIN {
    super.value(call, value);
    return goesOn(call);
  }

  override error(call: Call, error: unknown): typeof PASS | typeof AGAIN {
    if (error === BACK) return AGAIN;
    super.error(call, error);
    return goesOn(call);
  }

  override enter(): QuickPass | undefined {
    return this.#line.size === 0 ? super.enter() : undefined;
  }

  override admitted(call: Call, pass: Pass): void {
    call.door = new HeldAdmission(this.#circuit, call, this.#line, (pass as QuickPass).permit);
  }
}

function goesOn(call: Call): typeof PASS | typeof AGAIN {
  return (call.door as HeldAdmission).comesBack(call) ? AGAIN : PASS;
}
