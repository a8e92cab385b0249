import { z } from "zod";
import type { AccountHealth, HealthMetric } from "../contract.ts";
import { unreadableDocument } from "./documents.ts";

type Standing = Extract<AccountHealth, { ok: true }>["standing"];

/** feeds/accountHealthReport-2020-11-18.json; its example has SUSPENDED where its schema says DEACTIVATED. */
const standings: Readonly<Record<string, Standing>> = {
  NORMAL: "good",
  AT_RISK: "at-risk",
  DEACTIVATED: "bad",
  SUSPENDED: "bad",
};

/**
 * Metrics in the order they are shown, with what the merchant reads. The schema and its own example spell some
 * differently: both are known.
 */
const labels: Readonly<Record<string, string>> = {
  orderDefectRate: "Order defect rate",
  lateShipmentRate: "Late shipment rate",
  preFulfillmentCancellationRate: "Cancellation rate before shipping",
  prefulfillmentCancelRate: "Cancellation rate before shipping",
  validTrackingRate: "Parcels without valid tracking",
  onTimeDeliveryRate: "Deliveries that were late",
  unitOnTimeDeliveryRate: "Units delivered late",
  invoiceDefectRate: "Invoice defect rate",
  listingPolicyViolations: "Listing policy violations",
  productAuthenticityCustomerComplaints: "Complaints about authenticity",
  productConditionCustomerComplaints: "Complaints about condition",
  productSafetyCustomerComplaints: "Complaints about safety",
  receivedIntellectualPropertyComplaints: "Intellectual property complaints",
  suspectedIntellectualPropertyViolations: "Suspected intellectual property violations",
  foodAndProductSafetyIssues: "Food and product safety issues",
  restrictedProductPolicyViolations: "Restricted product violations",
  documentRequests: "Documents Amazon asks for",
  documentRequest: "Documents Amazon asks for",
  otherPolicyViolations: "Other policy violations",
};

const metric = z.looseObject({
  status: z.string().optional(),
  rate: z.number().min(0).max(1).optional(),
  defectsCount: z.number().int().nonnegative().optional(),
  targetValue: z.number().optional(),
  targetCondition: z.string().optional(),
});
type Metric = z.infer<typeof metric>;

const shape = z.looseObject({
  accountStatuses: z.array(z.looseObject({ marketplaceId: z.string(), status: z.string() })),
  performanceMetrics: z.array(z.looseObject({ marketplaceId: z.string().optional() })).default([]),
});

/**
 * The report's part about one marketplace.
 * @param asOf when the report was written, ISO 8601
 */
export function healthOf(body: unknown, marketplaceId: string, asOf: string): AccountHealth {
  const report = shape.safeParse(body).data;
  if (!report) return { ok: false, fault: unreadableDocument };
  const own = report.performanceMetrics.find(
    (one) => (one.marketplaceId ?? marketplaceId) === marketplaceId,
  );
  const read = Object.keys(labels).flatMap((name) => metricOf(name, own?.[name]) ?? []);
  const status = report.accountStatuses.find((one) => one.marketplaceId === marketplaceId)?.status;
  if (status === undefined && read.length === 0) return { ok: false, fault: absentFault };
  const anyBad = read.some(({ isBad }) => isBad);
  const told = status === undefined ? "good" : (standings[status] ?? "at-risk");
  return {
    ok: true,
    standing: told === "good" && anyBad ? "at-risk" : told,
    metrics: read.map(({ shown }) => shown),
    asOf: new Date(asOf).toISOString(),
  };
}

interface ReadMetric {
  readonly shown: HealthMetric;
  readonly isBad: boolean;
}

function metricOf(name: string, given: unknown): ReadMetric | null {
  // The defect rate comes apart by who ships: what the merchant ships is the merchant's.
  const merchants = z.looseObject({ mfn: z.unknown() }).safeParse(given).data?.mfn;
  const read = metric.safeParse(merchants ?? given).data;
  const shown = read ? shownOf(name, read) : null;
  return shown ? { shown, isBad: read?.status === "BAD" } : null;
}

function shownOf(name: string, read: Metric): HealthMetric | null {
  const label = labels[name] ?? name;
  if (read.rate === undefined) {
    if (read.defectsCount === undefined) return null;
    return {
      name,
      label,
      value: read.defectsCount,
      unit: "count",
      limit: read.targetValue ?? null,
    };
  }
  // Where more is better, the share that fails is shown: above its limit Amazon acts.
  const turned = read.targetCondition === "GREATER_THAN";
  const share = (rate: number) => (turned ? Number((1 - rate).toFixed(6)) : rate);
  const limit = read.targetValue === undefined ? null : share(read.targetValue);
  return { name, label, value: share(read.rate), unit: "share", limit };
}

const absentFault = {
  kind: "unavailable",
  message: "Amazon's report says nothing about this marketplace yet.",
} as const;
