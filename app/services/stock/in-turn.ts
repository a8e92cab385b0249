/** The last piece of work under way or waiting in this process, by shop. */
const lastInLine = new Map<string, Promise<unknown>>();

/**
 * One of these at a time per shop within this process: programs that adjust one SKU fifty times at once then meet no
 * race that they could lose. Against other processes the versions decide.
 */
export async function inTurn<T>(shopId: string, work: () => Promise<T>): Promise<T> {
  const before = lastInLine.get(shopId) ?? Promise.resolve();
  const mine = before.then(work, work);
  lastInLine.set(shopId, mine);
  try {
    return await mine;
  } finally {
    if (lastInLine.get(shopId) === mine) lastInLine.delete(shopId);
  }
}
