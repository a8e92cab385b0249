import { marketplaceId } from "./account.ts";

const dayMs = 24 * 60 * 60 * 1_000;

/** Things that nobody complained about. */
const cleanCounts = [
  "productAuthenticityCustomerComplaints",
  "productConditionCustomerComplaints",
  "productSafetyCustomerComplaints",
  "receivedIntellectualPropertyComplaints",
  "restrictedProductPolicyViolations",
  "suspectedIntellectualPropertyViolations",
  "foodAndProductSafetyIssues",
  "otherPolicyViolations",
  "documentRequests",
];

/** specs/amazon/feeds/accountHealthReport-2020-11-18.json: a seller in good standing with one thing to look at. */
export function performanceReport(nowMs: number): unknown {
  const day = (daysAgo: number) => new Date(nowMs - daysAgo * dayMs).toISOString();
  const reportingDateRange = { reportingDateFrom: day(60), reportingDateTo: day(1) };
  const share = (rate: number, targetValue: number, targetCondition: string) => ({
    ...{
      reportingDateRange,
      orderCount: 1_250,
      status: "GOOD",
      rate,
      targetValue,
      targetCondition,
    },
  });
  const counts = (defectsCount: number) => ({
    reportingDateRange,
    defectsCount,
    status: defectsCount > 0 ? "BAD" : "GOOD",
    targetValue: 0,
    targetCondition: "EQUALS",
  });
  const part = (count: number) => ({ count, status: "NONE" });
  const defects = {
    ...share(0.004, 0.01, "LESS_THAN"),
    orderWithDefects: { count: 5, status: "GOOD" },
    claims: part(2),
    chargebacks: part(0),
    negativeFeedback: part(3),
  };
  return {
    accountStatuses: [{ marketplaceId, status: "NORMAL" }],
    performanceMetrics: [
      {
        marketplaceId,
        invoiceDefectRate: {
          ...share(0.02, 0.05, "LESS_THAN"),
          invoiceDefect: { count: 25, status: "GOOD" },
          missingInvoice: part(15),
          lateInvoice: part(10),
        },
        lateShipmentRate: { ...share(0.012, 0.04, "LESS_THAN"), lateShipmentCount: 15 },
        orderDefectRate: {
          mfn: { ...defects, fulfillmentType: "mfn" },
          afn: { ...defects, fulfillmentType: "afn" },
        },
        onTimeDeliveryRate: {
          ...share(0.963, 0.9, "GREATER_THAN"),
          ...{ shipmentCountWithValidTracking: 1_190, onTimeDeliveryCount: 1_146 },
        },
        unitOnTimeDeliveryRate: {
          ...share(0.955, 0.9, "GREATER_THAN"),
          ...{ unitOnTimeDeliveryCount: 1_300, totalUnitCount: 1_361 },
        },
        validTrackingRate: {
          ...share(0.978, 0.95, "GREATER_THAN"),
          ...{ shipmentCount: 1_217, validTrackingCount: 1_190 },
        },
        preFulfillmentCancellationRate: {
          ...share(0.006, 0.025, "LESS_THAN"),
          cancellationCount: 7,
        },
        warningStates: [],
        accountHealthRating: { ahrStatus: "GREAT", reportingDateRange },
        listingPolicyViolations: counts(1),
        ...Object.fromEntries(cleanCounts.map((name) => [name, counts(0)])),
      },
    ],
  };
}
