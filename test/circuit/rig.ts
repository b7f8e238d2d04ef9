/** A circuit with clocks that are set by hand, and words for what tests do with it. */
import { CircuitMachine, type CircuitRules, type Permit } from '../../src/circuit/circuit.ts';
import type { CircuitSnapshot } from '../../src/circuit/snapshot.ts';
import { consecutive } from '../../src/circuit/trip.ts';

export interface RigOptions extends Partial<Omit<CircuitRules, 'recovery'>> {
  /** Failures in a row that open it; 3. */
  readonly threshold?: number;
  /** 1_000 ms. */
  readonly recovery?: CircuitRules['recovery'] | number;
  readonly snapshot?: CircuitSnapshot;
  /** Where the clocks start. */
  readonly at?: { readonly mono: number; readonly wall: number };
}

export class Rig {
  mono: number;
  wall: number;
  /** How many times a clock was read. */
  reads = 0;
  /** The transitions so far, as `from → to`. */
  readonly turns: string[] = [];
  readonly machine: CircuitMachine;

  readonly time = {
    now: (): number => {
      this.reads += 1;
      return this.mono;
    },
    wall: (): number => {
      this.reads += 1;
      return this.wall;
    },
  };

  constructor({ threshold = 3, recovery = 1_000, snapshot, at, ...rules }: RigOptions = {}) {
    this.mono = at?.mono ?? 0;
    this.wall = at?.wall ?? 1_000_000;
    this.machine = new CircuitMachine(
      {
        trip: consecutive(threshold)['~start'](() => {}),
        recovery: typeof recovery === 'number' ? () => recovery : recovery,
        successThreshold: 1,
        probes: 1,
        probeLease: undefined,
        changed: ({ from, to }) => this.turns.push(`${from} → ${to}`),
        ...rules,
      },
      this.time,
      snapshot,
    );
  }

  /** Time passes on both clocks. */
  pass(ms: number): void {
    this.mono += ms;
    this.wall += ms;
  }

  tryAdmit(leaseFloor?: number): Permit | undefined {
    return this.machine.admit(this.time, leaseFloor);
  }

  /** A permit; the test fails where there is none. */
  admit(leaseFloor?: number): Permit {
    const permit = this.tryAdmit(leaseFloor);
    if (permit === undefined) throw new Error(`not admitted while ${this.machine.state}`);
    return permit;
  }

  fails(permit: Permit, took?: number): boolean {
    return this.machine.record(permit, true, this.time, took);
  }

  succeeds(permit: Permit, took?: number): boolean {
    return this.machine.record(permit, false, this.time, took);
  }

  ignored(permit: Permit): boolean {
    return this.machine.record(permit, 'ignore', this.time);
  }

  /** So many calls, one after another, fail. */
  failures(count: number): void {
    for (let made = 0; made < count; made += 1) this.fails(this.admit());
  }

  /** One call after another: `F` fails, `S` succeeds, `I` is ignored. It stops where the circuit opens, and answers after how many. */
  play(outcomes: string): number {
    for (let made = 0; made < outcomes.length; made += 1) {
      if (this.machine.state !== 'closed') return made;
      this.machine.record(this.admit(), outcomes[made] === 'I' ? 'ignore' : outcomes[made] === 'F', this.time);
    }
    return outcomes.length;
  }

  /** The default circuit after its three failures. */
  trip(): void {
    this.failures(3);
    this.#shouldBe('open');
  }

  /** Open, the recovery time passed, one probe in flight. */
  probe(leaseFloor?: number): Permit {
    this.trip();
    this.pass(this.retryAfterMs);
    const permit = this.admit(leaseFloor);
    this.#shouldBe('half-open');
    return permit;
  }

  #shouldBe(state: CircuitMachine['state']): void {
    if (this.machine.state !== state) throw new Error(`${this.machine.state} where ${state} was expected`);
  }

  open(): void {
    this.machine.open(this.time);
  }

  save(): CircuitSnapshot {
    return this.machine.toJSON(this.time);
  }

  get isOpen(): boolean {
    return this.machine.isOpen(this.time);
  }

  get retryAfterMs(): number {
    return this.machine.retryAfterMs(this.time);
  }

  /** Every reading that R6 names, in the order of its table. */
  get reads6(): readonly [state: string, isOpen: boolean, retryAfterMs: number, failures: number] {
    return [this.machine.state, this.isOpen, this.retryAfterMs, this.machine.failures];
  }
}
