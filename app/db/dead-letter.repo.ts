import { newId } from "#app/lib/ids.ts";
import type { Database } from "./client.server.ts";

export interface NewDeadLetter {
  readonly subject: "event" | "listing";
  readonly subjectId: string;
  readonly connectionId: string;
  /** Why, in words that say what to do. */
  readonly reason: string;
  readonly payload: string;
  readonly attempts: number;
}

/** Characters of a payload kept with a dead letter; the whole one stays in the inbox. */
const payloadCharsMax = 100_000;

/** Records dead letters. A subject that is dead already keeps its letter; the new reason joins its history. */
export async function buryAll(
  db: Database,
  shopId: string,
  letters: readonly NewDeadLetter[],
): Promise<void> {
  for (const letter of letters) {
    const open = await db.deadLetter.findFirst({
      where: { shopId, subject: letter.subject, subjectId: letter.subjectId, settledAt: null },
    });
    const seen = { at: new Date().toISOString(), reason: letter.reason };
    const history = Array.isArray(open?.history) ? [...open.history, seen] : [seen];
    const { reason, attempts } = letter;
    if (open) {
      await db.deadLetter.update({
        where: { shopId_id: { shopId, id: open.id } },
        data: { reason, attempts, history },
      });
    } else {
      const payload = letter.payload.slice(0, payloadCharsMax);
      await db.deadLetter.create({ data: { ...letter, shopId, id: newId(), payload, history } });
    }
  }
}
