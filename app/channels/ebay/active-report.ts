import { StringDecoder } from "node:string_decoder";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { logger } from "#app/lib/logger.ts";
import { unpacked } from "./archive.ts";
import type { Answer, EbayClient } from "./client.ts";
import { refused } from "./in-calls.ts";
import { reportEntry, type ReportEntry } from "./trading-wire.ts";
import { taskAnswer } from "./wire.ts";
import { parseXml } from "./xml.ts";

/** eBay's report of all active listings: one document, whichever API made them. */
const feedType = "LMS_ACTIVE_INVENTORY_REPORT";
/** Longest text of one listing that is kept: 250 variations have a tenth of it. */
const entryCharactersMax = 2_000_000;
/** Longest unpacked report that is read. */
const reportCharactersMax = 1_000_000_000;

const reportsKeptMax = 2;
const keptMs = 10 * 60_000;
/** Reports by task: the pages of one import, in one process, download theirs once. */
const kept = new Map<string, { readonly file: Buffer; readonly untilMs: number }>();

/** Asks for the report. @returns the task's id; eBay makes 25 in a day for a seller */
export async function startReport(
  client: EbayClient,
  signal: AbortSignal,
): Promise<Answer<string>> {
  const path = "/sell/feed/v1/inventory_task";
  const body = { feedType, schemaVersion: "1.0" };
  const call = { operation: "feed", method: "POST", path, body } as const;
  const started = await client.command(call, signal);
  if (!started.ok || started.value !== "") return started;
  return refused({ kind: "unexpected", message: "eBay started a report without naming it." });
}

const failedStates: ReadonlySet<string> = new Set(["FAILED", "ABORTED", "CANCELED"]);
const doneStates: ReadonlySet<string> = new Set([
  "COMPLETED",
  "COMPLETED_WITH_ERROR",
  "PARTIALLY_PROCESSED",
]);

/** Whether the report is there. @returns a fault when there will be none */
export async function isReportReady(
  client: EbayClient,
  task: string,
  signal: AbortSignal,
): Promise<Answer<boolean>> {
  const path = `/sell/feed/v1/inventory_task/${encodeURIComponent(task)}`;
  const answer = await client.rest({ operation: "feed", method: "GET", path }, taskAnswer, signal);
  if (!answer.ok) return answer;
  const { status } = answer.value;
  if (!failedStates.has(status)) return { ok: true, value: doneStates.has(status) };
  return refused({ kind: "unexpected", message: `eBay's report of the listings ended ${status}.` });
}

/** A part of the report. */
export interface ReportPart {
  readonly entries: readonly ReportEntry[];
  /** Where the next part begins; null: that was all. */
  readonly next: number | null;
}

/** Reads listings `from` on until `enough` says so. @param weigh what one listing counts */
export async function readReport(
  client: EbayClient,
  task: string,
  part: { readonly from: number; readonly weightMax: number; weigh(entry: ReportEntry): number },
  signal: AbortSignal,
): Promise<Answer<ReportPart>> {
  const file = await download(client, task, signal);
  if (!file.ok) return file;
  const stream = unpacked(file.value);
  if (!stream) return refused(unreadable);
  const entries: ReportEntry[] = [];
  let weight = 0;
  let at = 0;
  try {
    for await (const block of blocksOf(stream)) {
      at += 1;
      if (at <= part.from) continue;
      if (weight >= part.weightMax) return { ok: true, value: { entries, next: at - 1 } };
      const entry = reportEntry.safeParse(parseXml(block));
      if (!entry.success) {
        logger.warn({ channel: "ebay", task, at }, "a listing of the report is unreadable");
        continue;
      }
      entries.push(entry.data.SKUDetails);
      weight += part.weigh(entry.data.SKUDetails);
    }
  } catch {
    return refused(unreadable);
  }
  return { ok: true, value: { entries, next: null } };
}

const unreadable: Fault = {
  kind: "unexpected",
  message: "eBay's report of the listings cannot be read. Start the import again.",
};

async function download(
  client: EbayClient,
  task: string,
  signal: AbortSignal,
): Promise<Answer<Buffer>> {
  const known = kept.get(task);
  if (known && known.untilMs > Date.now()) return { ok: true, value: known.file };
  const path = `/sell/feed/v1/task/${encodeURIComponent(task)}/download_result_file`;
  const file = await client.file({ operation: "feed", method: "GET", path }, signal);
  if (!file.ok) return file;
  kept.delete(task);
  kept.set(task, { file: file.value, untilMs: Date.now() + keptMs });
  const [oldest] = kept.keys();
  if (kept.size > reportsKeptMax && oldest !== undefined) kept.delete(oldest);
  return file;
}

const opening = "<SKUDetails>";
const closing = "</SKUDetails>";
const reportEnd = "</ActiveInventoryReport>";

/**
 * Every `<SKUDetails>` of the text, one by one. @throws Error for a text that is no whole report: half of one would
 * look like an account with half its listings.
 */
async function* blocksOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let text = "";
  let seen = 0;
  for await (const chunk of stream) {
    const piece = decoder.write(chunk);
    seen += piece.length;
    text += piece;
    for (;;) {
      const end = text.indexOf(closing);
      if (end === -1) break;
      const start = text.lastIndexOf(opening, end);
      if (start === -1) throw new Error("not a report");
      yield text.slice(start, end + closing.length);
      text = text.slice(end + closing.length);
    }
    if (text.length > entryCharactersMax || seen > reportCharactersMax) throw new Error("too long");
  }
  // An account without listings has `<ActiveInventoryReport/>`, or nothing but its acknowledgement.
  if (!text.includes(reportEnd) && !/<ActiveInventoryReport[^>]*\/>/.test(text)) {
    throw new Error("cut off");
  }
}
