/**
 * The line in front of a circuit that holds calls: who is in it, and when the next is let in. One a circuit, first in first
 * out, whichever policies the calls come from.
 * @module
 */
import type { Permit } from '../../circuit/circuit.ts';
import { Ramp, type RampSettings } from '../../circuit/ramp.ts';
import type { Call } from '../../core/call.ts';
import { after, MAX_TIMER, nothing } from '../../core/clock.ts';
import { DeadlineExceededError, withoutStack, type CircuitOpenError } from '../../core/errors.ts';
import { settleFirst } from '../../core/events.ts';
import { Queue } from '../../core/queue.ts';
import { becauseOf, fits, turnedAway, waitInLine } from '../../core/wait.ts';
import type { LiveCircuit } from './live-circuit.ts';

/** What is held for a permit. */
export interface Holder {
  /** Whether it may go on with the permit that it has. */
  readonly valid: boolean;
  take(permit: Permit): void;
}

interface Held {
  readonly call: Call;
  readonly holder: Holder;
  readonly go: () => void;
  readonly fail: (error: Error) => void;
  leave: () => void;
}

/** The line of one circuit. It keeps a timer, and so the process, only while somebody is in it. */
export class Line {
  readonly #circuit: LiveCircuit;
  readonly #most: number;
  readonly #shape: RampSettings | undefined;
  readonly #queue = new Queue<Held>();
  #ramp: Ramp | undefined = undefined;
  #disarm: () => void = nothing;
  #unwatch: (() => void) | undefined = undefined;
  #serving = false;

  constructor(circuit: LiveCircuit, most: number, shape: RampSettings | undefined) {
    this.#circuit = circuit;
    this.#most = most;
    this.#shape = shape;
  }

  /** How many calls are held. */
  get size(): number {
    return this.#queue.size;
  }

  /** Lets a call in that finds nobody before it, or answers undefined. */
  admit(leaseFloor: number | undefined): Permit | undefined {
    return this.size === 0 ? this.#circuit.admit(leaseFloor) : undefined;
  }

  /**
   * Holds a call until its holder has a permit.
   *
   * @throws CircuitOpenError where too many are held already; DeadlineExceededError where the recovery ends too late for it.
   */
  hold(call: Call, holder: Holder): Promise<void> {
    if (this.size >= this.#most) {
      this.#circuit.countRejection();
      const waits = `The circuit is ${this.#circuit.state}, and ${this.size} calls are held already (maxWaiting).`;
      throw turnedAway(call, 'breaker', this.#circuit.rejection(becauseOf(call), waits));
    }
    if (this.#tooLate(call)) throw this.#late(call);
    const begin = (resolve: (value: void) => void, fail: (error: unknown) => void): (() => void) => {
      const held: Held = { call, holder, go: () => resolve(), fail, leave: nothing };
      held.leave = this.#queue.join(held);
      this.#unwatch ??= this.#circuit.watch(() => this.#serve());
      this.#serve();
      return () => {
        held.leave();
        if (this.size === 0) this.#close();
      };
    };
    // It stands outside of its own door.
    return waitInLine(call, 'breaker', begin, { door: undefined, late: () => this.#late(call) });
  }

  /** Lets in who may go now, in their order. What they move of the circuit would lead here again. */
  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    try {
      settleFirst(() => this.#admit());
    } finally {
      this.#serving = false;
    }
  }

  #admit(): void {
    this.#disarm();
    this.#disarm = nothing;
    for (const { call, fail } of [...this.#queue]) if (this.#tooLate(call)) fail(this.#late(call));
    for (let next = this.#queue.first; next !== undefined; next = this.#queue.first) {
      const wait = this.#wait();
      if (wait > 0) {
        // A timer also where only a change can help: who is held keeps the process alive.
        this.#disarm = after(this.#circuit.time, Math.min(wait, MAX_TIMER), () => this.#serve());
        return;
      }
      if (!next.holder.valid) {
        const permit = this.#circuit.admit(next.call.env.bound);
        // A listener has moved the circuit on.
        if (permit === undefined) continue;
        next.holder.take(permit);
      }
      this.#ramp?.let();
      next.leave();
      next.go();
    }
  }

  /** How long the first has to wait, in milliseconds. */
  #wait(): number {
    const circuit = this.#circuit;
    if (circuit.state !== 'closed') {
      this.#ramp = undefined;
      return circuit.retryAfterMs;
    }
    if (this.#shape === undefined) return 0;
    const now = circuit.time.now();
    return (this.#ramp ??= new Ramp(this.#shape, now)).wait(now);
  }

  #close(): void {
    this.#disarm();
    this.#disarm = nothing;
    this.#ramp = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** While it is open, it is known whether the recovery ends in time. */
  #tooLate(call: Call): boolean {
    if (call.deadlineAt === Infinity) return false;
    return !fits(call, this.#circuit.state === 'open' ? this.#circuit.retryAfterMs : 0);
  }

  #late(call: Call): Error {
    const cause: CircuitOpenError = this.#circuit.rejection(becauseOf(call));
    return turnedAway(call, 'deadline', withoutStack(() => new DeadlineExceededError(call.started, { cause })));
  }
}
