import type { SandboxContext } from "../context.ts";
import { seller } from "./account.ts";
import { gatewayRefuse, ok, type WalmartAnswer } from "./frame.ts";

/** `GET /v3/settings/partnerprofile` */
export function partnerProfile(): WalmartAnswer {
  return ok({
    partner: {
      partnerId: seller.partnerId,
      partnerName: `${seller.name} LLC`,
      partnerDisplayName: seller.name,
    },
    configurations: [],
  });
}

/** `GET /v3/settings/shipping/shipnodes` */
export function shipNodes(): WalmartAnswer {
  return ok([
    {
      shipNode: seller.shipNode,
      shipNodeName: seller.shipNodeName,
      status: "ACTIVE",
      nodeType: "PHYSICAL",
    },
  ]);
}

/** Rates in per cent, as Walmart's Insights give them: some split by who answers for it, some not. */
const summaries: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  otd: { overallRate: 94.1, sellerAccountableRate: 97.3, standard: "above 90%" },
  vtr: { cumulativeRate: 99.6, standard: "above 99%" },
  cancellations: { cumulativeRate: 0.8, ordersImpacted: 2, standard: "below 2%" },
  itemNotReceived: { cumulativeRate: 0.4, ordersImpacted: 1, standard: "below 2%" },
};

/** `GET /v3/insights/performance/{metric}/summary` */
export function performanceSummary(
  context: SandboxContext,
  { metric, hasOrders }: { readonly metric: string; readonly hasOrders: boolean },
  query: URLSearchParams,
): WalmartAnswer {
  const summary = summaries[metric];
  const days = Number(query.get("reportDuration") ?? "30");
  if (!summary || ![14, 30, 60, 90].includes(days)) {
    return gatewayRefuse(404, "URI_NOT_FOUND", "No such metric or duration");
  }
  if (metric === "itemNotReceived" && !hasOrders) return { status: 204, body: null };
  return ok({
    status: "OK",
    payload: {
      reportDuration: days,
      updatedTimestamp: new Date(context.now()).toISOString(),
      ...summary,
      riskLevel: "MEETS STANDARD",
      performanceRiskLevel: "Good",
    },
  });
}
