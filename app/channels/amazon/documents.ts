import { gunzipSync } from "node:zlib";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { responseBytesMax } from "../contract.ts";
import type { AmazonClient } from "./client.ts";
import type { DocumentPlace } from "./wire-jobs.ts";

/** Longest document read whole, unpacked. A feed's report of 10,000 refusals is about 3 MB. */
const unpackedBytesMax = 64 * 1024 * 1024;

export type DocumentRead =
  { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly fault: Fault };

/** A short document as a whole: a feed's processing report, the account health report. */
export async function readDocument(
  client: AmazonClient,
  place: DocumentPlace,
  signal: AbortSignal,
): Promise<DocumentRead> {
  const { url } = place;
  const piece = await client.download({ url, from: 0, length: responseBytesMax - 1, signal });
  if (!piece.ok) return piece;
  if (!piece.data.end) return { ok: false, fault: unreadableDocument };
  if (place.compressionAlgorithm === undefined) return { ok: true, bytes: piece.data.bytes };
  try {
    const bytes = gunzipSync(piece.data.bytes, { maxOutputLength: unpackedBytesMax });
    return { ok: true, bytes };
  } catch {
    return { ok: false, fault: unreadableDocument };
  }
}

export const unreadableDocument: Fault = {
  kind: "unexpected",
  message: "Amazon's report cannot be read.",
};
