import { db } from "#app/db/client.server.ts";

/** Letters given at once, newest first. */
export const deadLettersMax = 200;

export interface OpenDeadLetter {
  readonly id: string;
  readonly subject: string;
  readonly connection: string;
  readonly reason: string;
  readonly payload: string;
  readonly attempts: number;
  readonly createdAt: Date;
}

/** The shop's dead letters that nobody settled yet, at most {@link deadLettersMax}. */
export async function listDeadLetters(request: { shopId: string }): Promise<OpenDeadLetter[]> {
  const { shopId } = request;
  const [letters, connections] = await Promise.all([
    db().deadLetter.findMany({
      where: { shopId, settledAt: null },
      orderBy: { createdAt: "desc" },
      take: deadLettersMax,
    }),
    db().connection.findMany({ where: { shopId }, select: { id: true, label: true } }),
  ]);
  const labelOf = new Map(connections.map(({ id, label }) => [id, label]));
  return letters.map((letter) => ({
    id: letter.id,
    subject: letter.subject,
    connection: labelOf.get(letter.connectionId) ?? "a connection that is gone",
    reason: letter.reason,
    payload: letter.payload,
    attempts: letter.attempts,
    createdAt: letter.createdAt,
  }));
}
