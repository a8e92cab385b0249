import { db } from "#app/db/client.server.ts";
import { isUuid } from "#app/lib/ids.ts";
import { acceptSuggestions, decideMatches, type Match } from "./decide-matches.ts";
import { importMatches, type MatchReport } from "./import-matches.ts";

/** Suggestions at least this sure are accepted together: the SKU text in another spelling, or the barcode. */
const sureScoreMin = 0.9;
/** Largest file of matches, in bytes. */
export const matchFileBytesMax = 50 * 1024 * 1024;

/** Follows a form of the matching page. @returns what came of it, in words */
export async function actOnMatches(input: {
  readonly shopId: string;
  readonly connectionId: string;
  readonly fields: Readonly<Record<string, string>>;
}): Promise<string> {
  const { shopId, connectionId, fields } = input;
  if (fields["intent"] === "accept-sure") {
    const accepted = await acceptSuggestions({ shopId, connectionId, scoreMin: sureScoreMin });
    return accepted === 0 ? "No suggestion is sure enough." : `${accepted} listings are matched.`;
  }
  const listingId = fields["listing"] ?? "";
  if (!isUuid(listingId)) return "There is no such listing.";
  const match = await matchOf(shopId, listingId, fields);
  if (typeof match === "string") return match;
  const changed = await decideMatches(shopId, [match], "manual");
  return changed.size > 0 ? "Done." : "The listing is being written right now: try again.";
}

async function matchOf(
  shopId: string,
  listingId: string,
  fields: Readonly<Record<string, string>>,
): Promise<Match | string> {
  if (fields["intent"] === "ignore") return { listingId, as: "ignored" };
  const code = (fields["sku"] ?? "").trim();
  if (code === "") return "Name the SKU.";
  const sku = await db().sku.findUnique({ where: { shopId_code: { shopId, code } } });
  return sku ? { listingId, as: "sku", skuId: sku.id } : `There is no SKU "${code}".`;
}

/** Follows an uploaded file of matches. */
export async function readMatchFile(input: {
  readonly shopId: string;
  readonly connectionId: string;
  readonly file: Blob;
  readonly dryRun: boolean;
}): Promise<{ readonly message: string; readonly problems: MatchReport["problems"] }> {
  const { shopId, connectionId, file, dryRun } = input;
  if (file.size > matchFileBytesMax) {
    return { message: "The file is larger than 50 MB: split it.", problems: [] };
  }
  try {
    const text = file.stream() as unknown as AsyncIterable<Buffer>;
    const report = await importMatches(shopId, connectionId, text, dryRun);
    return { message: sentenceOf(report, dryRun), problems: report.problems };
  } catch (error) {
    if (error instanceof RangeError) return { message: error.message, problems: [] };
    throw error;
  }
}

function sentenceOf(report: MatchReport, dryRun: boolean): string {
  const { lines, matched, ignored, unmatched, unchanged, problems } = report;
  const would = dryRun ? "would be " : "";
  return `${lines} lines: ${matched} ${would}matched, ${ignored} ${would}ignored, ${unmatched} ${would}unmatched, ${unchanged} unchanged, ${problems.length} with problems.`;
}
