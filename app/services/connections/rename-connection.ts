import { z } from "zod";
import { db } from "#app/db/client.server.ts";

/** Longest name of a connection: it stands over a column of a table. */
export const labelCharsMax = 60;
const labelShape = z.string().trim().min(1).max(labelCharsMax);

/** Calls a connection what the merchant calls it. @returns its name now; null when that is no name */
export async function renameConnection(
  shopId: string,
  connectionId: string,
  label: unknown,
): Promise<string | null> {
  const wanted = labelShape.safeParse(label);
  if (!wanted.success) return null;
  await db().connection.update({
    where: { shopId_id: { shopId, id: connectionId } },
    data: { label: wanted.data },
  });
  return wanted.data;
}
