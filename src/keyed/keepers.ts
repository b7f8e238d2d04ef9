/** Counting the calls of a policy that are under way. One policy may be that of several keys, each of which counts them. */

/** Counts calls. */
export interface Keeper {
  /** A call begins. */
  began(): void;
  /** It is over. */
  ended(): void;
}

/** What is counted: a policy, as far as this is concerned. */
export interface Counted {
  /** What stands around its calls: of those that begin from now on. */
  '~around': ((go: () => unknown) => unknown) | undefined;
}

const keeping = new WeakMap<Counted, readonly Keeper[]>();

/** Lets a keeper count the calls that begin from now on. */
export function keep(policy: Counted, keeper: Keeper): void {
  keptBy(policy, [...(keeping.get(policy) ?? []), keeper]);
}

/** Ends that; of the calls that it saw begin it still hears the end. */
export function leave(policy: Counted, keeper: Keeper): void {
  const keepers = keeping.get(policy);
  if (keepers !== undefined) keptBy(policy, keepers.filter((one) => one !== keeper));
}

function keptBy(policy: Counted, keepers: readonly Keeper[]): void {
  keeping.set(policy, keepers);
  policy['~around'] = keepers.length > 0 ? (go) => counted(keepers, go) : undefined;
}

/** Makes a call that is counted: its promise is one that comes after the count. */
function counted(keepers: readonly Keeper[], go: () => unknown): unknown {
  const over = (): void => {
    for (const keeper of keepers) keeper.ended();
  };
  for (const keeper of keepers) keeper.began();
  let out: unknown;
  try {
    out = go();
  } catch (error) {
    over();
    throw error;
  }
  if (!(out instanceof Promise)) {
    over();
    return out;
  }
  return out.then(
    (value: unknown) => {
      over();
      return value;
    },
    (error: unknown) => {
      over();
      throw error;
    },
  );
}
