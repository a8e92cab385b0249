import type { AccountHealth, ChannelSession, HealthMetric } from "#app/channels/contract.ts";
import type { EbayClient, EbayContext } from "./client.ts";
import { refused } from "./in-calls.ts";
import { standardsAnswer, type StandardsProfile } from "./wire.ts";

/** eBay's three programmes beside the rest of the world (specs/ebay/sell_analytics, StandardsProfile.program). */
const programs: Readonly<Record<string, string>> = {
  EBAY_US: "PROGRAM_US",
  EBAY_GB: "PROGRAM_UK",
  EBAY_IE: "PROGRAM_UK",
  EBAY_DE: "PROGRAM_DE",
  EBAY_AT: "PROGRAM_DE",
  EBAY_CH: "PROGRAM_DE",
};

/** How the account stands: eBay's seller standards of the marketplace's programme. */
export function healthOf(
  context: EbayContext,
  client: EbayClient,
): Required<Pick<ChannelSession, "readAccountHealth">> {
  return {
    async readAccountHealth(signal) {
      const path = "/sell/analytics/v1/seller_standards_profile";
      const call = { operation: "sellerStandards", method: "GET", path } as const;
      const answer = await client.rest(call, standardsAnswer, signal);
      if (!answer.ok) return answer;
      const wanted = programs[context.settings.marketplaceId] ?? "PROGRAM_GLOBAL";
      return toHealth(answer.value.standardsProfiles, wanted);
    },
  };
}

/** The last monthly evaluation counts; where eBay would judge worse today, the account is at risk. */
export function toHealth(profiles: readonly StandardsProfile[], program: string): AccountHealth {
  const own = profiles.filter((profile) => profile.program === program);
  const ofCycle = (type: string) => own.find(({ cycle }) => cycle?.cycleType === type);
  const current = ofCycle("CURRENT") ?? own[0];
  if (!current) {
    return refused({
      kind: "rejected",
      message: "eBay has no seller standards for this account yet.",
    });
  }
  const projected = ofCycle("PROJECTED");
  const isWorse = rankOf(projected?.standardsLevel) < rankOf(current.standardsLevel);
  const isBad = current.standardsLevel === "BELOW_STANDARD";
  return {
    ok: true,
    standing: isBad ? "bad" : isWorse ? "at-risk" : "good",
    metrics: (current.metrics ?? []).flatMap((metric) => toMetric(metric) ?? []),
    asOf: timeOrNull(current.cycle?.evaluationDate),
  };
}

const levels = ["BELOW_STANDARD", "ABOVE_STANDARD", "TOP_RATED"];

function rankOf(level: string | null | undefined): number {
  const rank = levels.indexOf(level ?? "");
  return rank === -1 ? levels.length : rank;
}

type WireMetric = NonNullable<StandardsProfile["metrics"]>[number];

/** Rates come in per cent, with their parts beside them; null for what is no number (a date, a word). */
function toMetric(metric: WireMetric): HealthMetric | null {
  const { metricKey, name, type, value, thresholdUpperBound } = metric;
  if (!metricKey || !value) return null;
  const unit = type === "RATE" || metricKey.endsWith("_RATE") ? "share" : "count";
  const figure = unit === "share" ? shareOf(value) : numberOf(value.value);
  if (figure === null || !isWithin(unit, figure)) return null;
  const bound = numberOf(thresholdUpperBound?.value);
  const limit = bound === null ? null : bound / (unit === "share" ? 100 : 1);
  return { name: metricKey, label: name ?? metricKey, value: figure, unit, limit };
}

function isWithin(unit: HealthMetric["unit"], figure: number): boolean {
  return figure >= 0 && (unit === "count" || figure <= 1);
}

function shareOf(value: NonNullable<WireMetric["value"]>): number | null {
  const numerator = numberOf(value.numerator);
  const denominator = numberOf(value.denominator);
  if (numerator !== null && denominator !== null && denominator > 0) return numerator / denominator;
  const percent = numberOf(value.value);
  return percent === null ? null : percent / 100;
}

function numberOf(figure: string | number | null | undefined): number | null {
  if (figure == null || figure === "") return null;
  const number = Number(figure);
  return Number.isFinite(number) ? number : null;
}

function timeOrNull(text: string | null | undefined): string | null {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
