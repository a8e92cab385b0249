import type { Fault } from "#app/domain/propagation/faults.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient, AmazonResult } from "./client.ts";
import {
  createReportAnswer,
  documentAnswer,
  report,
  reportsAnswer,
  type DocumentPlace,
  type Report,
} from "./wire-jobs.ts";

const reportsPath = "/reports/2021-06-30";
/** Reports looked at to find the newest one. */
const reportsMax = 10;

/** Asks Amazon to write a report about the connection's marketplace. */
export async function createReport(
  context: AmazonContext,
  client: AmazonClient,
  wish: {
    readonly type: string;
    readonly options?: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
): Promise<AmazonResult<string>> {
  const created = await client.call({
    operation: "createReport",
    method: "POST",
    path: `${reportsPath}/reports`,
    body: {
      reportType: wish.type,
      marketplaceIds: [context.settings.marketplaceId],
      ...(wish.options ? { reportOptions: wish.options } : {}),
    },
    data: createReportAnswer,
    signal: wish.signal,
  });
  return created.ok ? { ok: true, data: created.data.reportId } : created;
}

export function getReport(
  client: AmazonClient,
  { reportId, signal }: { readonly reportId: string; readonly signal: AbortSignal },
): Promise<AmazonResult<Report>> {
  return client.call({
    operation: "getReport",
    method: "GET",
    path: `${reportsPath}/reports/${encodeURIComponent(reportId)}`,
    data: report,
    signal,
  });
}

/** The reports of a type that were asked for since then, newest first. */
export async function findReports(
  context: AmazonContext,
  client: AmazonClient,
  wish: { readonly type: string; readonly sinceMs: number; readonly signal: AbortSignal },
): Promise<AmazonResult<readonly Report[]>> {
  const found = await client.call({
    operation: "getReports",
    method: "GET",
    path: `${reportsPath}/reports`,
    query: {
      reportTypes: wish.type,
      marketplaceIds: context.settings.marketplaceId,
      pageSize: String(reportsMax),
      createdSince: new Date(wish.sinceMs).toISOString(),
    },
    data: reportsAnswer,
    signal: wish.signal,
  });
  if (!found.ok) return found;
  const newestFirst = found.data.reports.toSorted(
    (a, b) => Date.parse(b.createdTime) - Date.parse(a.createdTime),
  );
  return { ok: true, data: newestFirst };
}

/** Where a report's document lies; the address works for five minutes. */
export function getReportDocument(
  client: AmazonClient,
  { documentId, signal }: { readonly documentId: string; readonly signal: AbortSignal },
): Promise<AmazonResult<DocumentPlace>> {
  return client.call({
    operation: "getReportDocument",
    method: "GET",
    path: `${reportsPath}/documents/${encodeURIComponent(documentId)}`,
    data: documentAnswer,
    signal,
  });
}

/** Whether Amazon is still at work on it. */
export function isUnderWay({ processingStatus }: Pick<Report, "processingStatus">): boolean {
  return processingStatus === "IN_QUEUE" || processingStatus === "IN_PROGRESS";
}

/** A report that will never be. */
export function failedReportFault(status: string): Fault {
  return {
    kind: "unavailable",
    message: "Amazon gave up writing its report. It is asked for again later.",
    code: status,
  };
}
