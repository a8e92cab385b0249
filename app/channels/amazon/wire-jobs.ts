import { z } from "zod";

const text = z.string().min(1);
const textOrNull = text.nullish().catch(null);

/** models/reports_2021-06-30.json and feeds_2021-06-30.json have the same states. */
const processingStatus = z.enum(["CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"]);

const anyTime = z.string().refine((given) => !Number.isNaN(Date.parse(given)));

export const report = z.looseObject({
  reportId: text,
  processingStatus,
  createdTime: anyTime,
  reportDocumentId: textOrNull,
});
export type Report = z.infer<typeof report>;
export const reportsAnswer = z.looseObject({ reports: z.array(report) });
export const createReportAnswer = z.looseObject({ reportId: text });

export const feed = z.looseObject({
  feedId: text,
  processingStatus,
  createdTime: anyTime,
  resultFeedDocumentId: textOrNull,
});
export const createFeedAnswer = z.looseObject({ feedId: text });
export const createFeedDocumentAnswer = z.looseObject({ feedDocumentId: text, url: z.url() });

/** Where a document lies, of reports and feeds alike. */
export const documentAnswer = z.looseObject({
  url: z.url(),
  compressionAlgorithm: z.enum(["GZIP"]).optional(),
});
export type DocumentPlace = z.infer<typeof documentAnswer>;

/** feeds/listings-feed-processing-report-schema-v2.json. */
export const feedReport = z.looseObject({
  issues: z.array(
    z.looseObject({
      messageId: z.number().int().optional(),
      code: z.string().optional(),
      severity: z.string(),
      message: z.string(),
    }),
  ),
  summary: z.looseObject({ messagesAccepted: z.number().int().nonnegative() }),
});
export type FeedReport = z.infer<typeof feedReport>;
