/** Chance that can be repeated. */

/**
 * Numbers from 0 up to, but not including, 1 that look random and are the same for the same seed (mulberry32: 32 bits of
 * state, which is plenty for jitter and injected faults).
 */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
