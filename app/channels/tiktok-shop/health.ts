import type { AccountHealth, ChannelSession } from "#app/channels/contract.ts";
import type { Answer, TiktokShopClient } from "./client.ts";
import type { TiktokShopParts } from "./inventory.ts";

/** TikTok looks at the orders of 30 days (reference/product.md, marketplace penalties). */
const windowMs = 30 * 24 * 60 * 60 * 1_000;
/** The most that the seller may cancel, and above what TikTok holds back reserves (same place). */
const shareMax = 0.025;
const reservesAbove = 0.05;
/** Of 100 cancelled orders each. Above it the share is not known, and none is named. */
export const cancelledPagesMax = 50;

/** Orders of the last 30 days. */
export interface OrderCounts {
  readonly placed: number;
  /** Cancelled by the seller, as far as was counted. */
  readonly bySeller: number;
  /** False where there are more cancelled orders than we look through, or than TikTok gives. */
  readonly isWhole: boolean;
}

/**
 * How the account stands. TikTok has no call for it (specs/tiktok/endpoints): the share that the seller cancelled is
 * counted from the orders, by who asked for it.
 */
export function healthOf({
  context,
  client,
}: TiktokShopParts): Required<Pick<ChannelSession, "readAccountHealth">> {
  return {
    async readAccountHealth(signal) {
      const createdFromS = Math.floor((context.now().getTime() - windowMs) / 1_000);
      const placed = await client.searchCreated({ createdFromS }, signal);
      if (!placed.ok) return placed;
      const { total } = placed.value;
      if (total === 0) return toHealth({ placed: 0, bySeller: 0, isWhole: true });
      const counted = await countBySeller(client, createdFromS, signal);
      return counted.ok ? toHealth({ placed: total, ...counted.value }) : counted;
    },
  };
}

/** Looks through the cancelled orders, page by page. */
async function countBySeller(
  client: TiktokShopClient,
  createdFromS: number,
  signal: AbortSignal,
): Promise<Answer<Omit<OrderCounts, "placed">>> {
  let bySeller = 0;
  let pageToken: string | null = null;
  for (let pages = 0; pages < cancelledPagesMax; pages += 1) {
    const search = { createdFromS, cancelled: { pageToken } };
    const answer = await client.searchCreated(search, signal);
    if (!answer.ok) return answer;
    const { initiators, nextPageToken } = answer.value;
    bySeller += initiators.filter((initiator) => initiator === "SELLER").length;
    if (nextPageToken === null) return { ok: true, value: { bySeller, isWhole: true } };
    // The same token again would count the same orders.
    if (nextPageToken === pageToken) break;
    pageToken = nextPageToken;
  }
  return { ok: true, value: { bySeller, isWhole: false } };
}

/** Without the whole count, the standing is by what was counted: it is so bad at least. */
export function toHealth({ placed, bySeller, isWhole }: OrderCounts): AccountHealth {
  // Orders may be placed and cancelled between the two counts.
  const share = placed === 0 ? 0 : Math.min(1, bySeller / placed);
  const metric = {
    name: "seller_cancellations",
    label: "Cancellations by the seller",
    value: share,
    unit: "share",
    limit: shareMax,
  } as const;
  return {
    ok: true,
    standing: share > reservesAbove ? "bad" : share > shareMax ? "at-risk" : "good",
    metrics: isWhole ? [metric] : [],
    asOf: null,
  };
}
