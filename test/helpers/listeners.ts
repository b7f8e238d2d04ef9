/**
 * Counts the listeners that are on a signal now; those of before are not known.
 *
 * @param signal - its two methods are replaced by ones that count.
 */
export function listenersOn(signal: AbortSignal): () => number {
  const here = new Set<unknown>();
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    here.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    here.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  return () => here.size;
}
