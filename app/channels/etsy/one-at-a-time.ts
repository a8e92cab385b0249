/** The last piece of work per key; done work is forgotten. */
const last = new Map<string, Promise<unknown>>();

/**
 * Runs pieces of work with the same key one after another in this process, in the order they were asked for. A listing's
 * inventory document holds all of its SKUs: two writes of different SKUs that overlap would undo each other. Of several
 * processes the connection's lease lets only one write.
 */
export async function oneAtATime<Result>(
  key: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = last.get(key) ?? Promise.resolve();
  const mine = before.then(work);
  const settled = mine.catch(() => undefined);
  last.set(key, settled);
  try {
    return await mine;
  } finally {
    if (last.get(key) === settled) last.delete(key);
  }
}
