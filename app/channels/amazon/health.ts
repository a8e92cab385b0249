import { parseJson } from "#app/lib/json.ts";
import type { AccountHealth } from "../contract.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient } from "./client.ts";
import { readDocument } from "./documents.ts";
import { healthOf } from "./health-report.ts";
import { createReport, findReports, getReportDocument, isUnderWay } from "./reports.ts";

const reportType = "GET_V2_SELLER_PERFORMANCE_REPORT";
/** Amazon counts once a day; a younger report says nothing new. */
const reportFreshMs = 24 * 60 * 60 * 1_000;
/** An older report than this is not shown any more. */
const reportUsableMs = 14 * 24 * 60 * 60 * 1_000;
/** What a first report takes, about. */
const firstReportMs = 5 * 60 * 1_000;

/**
 * How the account stands in the marketplace, from the newest performance report. Never waits for one: where the newest
 * is older than a day, the next one is asked for and read another time. At most four calls.
 */
export async function readAccountHealth(
  context: AmazonContext,
  client: AmazonClient,
  signal: AbortSignal,
): Promise<AccountHealth> {
  const nowMs = context.now().getTime();
  const sinceMs = nowMs - reportUsableMs;
  const reports = await findReports(context, client, { type: reportType, sinceMs, signal });
  if (!reports.ok) return reports;
  const done = reports.data.find((one) => one.processingStatus === "DONE" && one.reportDocumentId);
  const isFresh = (createdTime: string) => nowMs - Date.parse(createdTime) < reportFreshMs;
  const isComing = reports.data.some((one) => isUnderWay(one) && isFresh(one.createdTime));
  if (!isComing && !(done && isFresh(done.createdTime))) {
    const asked = await createReport(context, client, { type: reportType, signal });
    if (!asked.ok && !done) return asked;
  }
  if (!done?.reportDocumentId) return { ok: false, fault: notYetFault };
  const documentId = done.reportDocumentId;
  const place = await getReportDocument(client, { documentId, signal });
  if (!place.ok) return place;
  const document = await readDocument(client, place.data, signal);
  if (!document.ok) return document;
  const body = parseJson(document.bytes.toString("utf8"));
  return healthOf(body, context.settings.marketplaceId, done.createdTime);
}

const notYetFault = {
  kind: "unavailable",
  message: "Amazon is writing the account health report; it is there in a few minutes.",
  retryAfterMs: firstReportMs,
} as const;
