import { randomBytes } from "node:crypto";
import { db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { tokenHash } from "./token-hash.ts";

const tokenBytes = 32;

/** Makes a token for one shop. The answer is the only place where it can ever be read. */
export async function createApiToken(request: {
  readonly shopId: string;
  readonly name: string;
  /** A token made elsewhere, as random as ours; left out, one is made. */
  readonly token?: string;
}): Promise<{ token: string }> {
  // The prefix lets secret scanners and people recognise what they found.
  const token = request.token ?? `lockstep_${randomBytes(tokenBytes).toString("base64url")}`;
  await db().apiToken.create({
    data: { shopId: request.shopId, id: newId(), name: request.name, hash: tokenHash(token) },
  });
  return { token };
}
