/** Turns of the host's event loop: within one, everything that promises have to say is said. */

// As they are when this is loaded: fake timers that are put in their place later stand still.
const { setImmediate, setTimeout, MessageChannel } = globalThis as Partial<typeof globalThis>;

/** Resolves in the next turn of the event loop, when all promises that could go on have gone on. */
export const turn: () => Promise<void> =
  setImmediate !== undefined ? () => new Promise((resolve) => setImmediate(resolve)) : MessageChannel !== undefined ? byMessage : byTimer;

/** Where there are no immediates, as in a page: a message to oneself. It is not slowed down, as timers in a row are. */
export function byMessage(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel!();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Where there is nothing else. */
export function byTimer(): Promise<void> {
  return new Promise((resolve) => setTimeout!(resolve, 0));
}
