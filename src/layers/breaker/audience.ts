/** The audience of a circuit: it is made when there is the first of those in it. */
import type { StateChange } from '../../circuit/circuit.ts';
import { Emitter, reportToHost } from '../../core/events.ts';
import type { BreakerSettings } from './options.ts';

/** Those who hear of a circuit, or wait for it. */
export class Audience {
  readonly changes: Emitter<StateChange>;
  /** The policies that tell of its transitions among their own events. */
  readonly relays: Set<(change: StateChange) => void> = new Set();
  /** Calls asleep in a backoff: woken when it opens. */
  readonly sleepers: Set<() => void> = new Set();
  /** Those who await it: they look again at each change. */
  readonly watchers: Set<() => void> = new Set();

  constructor({ onListenerError, onOpen, onHalfOpen, onClose }: BreakerSettings) {
    this.changes = new Emitter<StateChange>(onListenerError ?? reportToHost);
    const callbacks = { open: onOpen, 'half-open': onHalfOpen, closed: onClose, isolated: undefined };
    for (const [state, callback] of Object.entries(callbacks)) {
      if (callback !== undefined) this.changes.subscribe((change) => change.to === state && callback(change));
    }
  }
}
