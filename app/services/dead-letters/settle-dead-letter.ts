import { inTransaction, type Database } from "#app/db/client.server.ts";
import { wake } from "#app/services/wake/wake.ts";

/** What a letter is about. */
interface Subject {
  readonly subject: string;
  readonly subjectId: string;
  readonly connectionId: string;
}

interface Wish {
  readonly shopId: string;
  readonly id: string;
}

/**
 * Tries a dead letter again: an event goes back to the inbox, a listing is pushed with the number of today, not
 * the one that failed. @returns false when there is no open letter of this id
 */
export async function replayDeadLetter(wish: Wish): Promise<boolean> {
  const letter = await settle(wish, "replayed", null, async (tx, { subject, subjectId }) => {
    const key = { shopId_id: { shopId: wish.shopId, id: subjectId } };
    if (subject === "event") {
      await tx.inboundEvent.update({
        where: key,
        data: { status: "ready", attempts: 0, nextAttemptAt: null, doneAt: null },
      });
    } else {
      await tx.listing.update({
        where: key,
        data: { state: "active", attempts: 0, nextAttemptAt: new Date(), dueSince: new Date() },
      });
    }
  });
  if (!letter) return false;
  const { shopId } = wish;
  if (letter.subject === "event") await wake("ingest", [{ shopId, subjectId: shopId }]);
  else await wake("propagate", [{ shopId, subjectId: letter.connectionId }]);
  return true;
}

/** Gives a dead letter up, with a reason for those who ask later. @returns false when there is no open one */
export async function discardDeadLetter(wish: Wish & { readonly why: string }): Promise<boolean> {
  return (await settle(wish, "discarded", wish.why, () => Promise.resolve())) !== null;
}

async function settle(
  { shopId, id }: Wish,
  settledAs: "replayed" | "discarded",
  settledWhy: string | null,
  alongside: (tx: Database, letter: Subject) => Promise<void>,
): Promise<Subject | null> {
  return await inTransaction(async (tx) => {
    const settled = await tx.deadLetter.updateMany({
      where: { shopId, id, settledAt: null },
      data: { settledAs, settledWhy, settledAt: new Date() },
    });
    if (settled.count === 0) return null;
    const letter = await tx.deadLetter.findUniqueOrThrow({ where: { shopId_id: { shopId, id } } });
    await alongside(tx, letter);
    return letter;
  });
}
