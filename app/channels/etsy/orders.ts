import type { ChannelSession } from "#app/channels/contract.ts";
import { mapBounded } from "#app/channels/map-bounded.ts";
import { nextPollCursor, readPollCursor, type PollCursor } from "#app/channels/poll-cursor.ts";
import type { EtsyClient, EtsyContext } from "./client.ts";
import { toOrderSnapshot } from "./mapping.ts";

/** Receipts of one call (specs/etsy, getShopReceipts). */
const pageSizeMax = 100;
/**
 * Receipts read again on the next page: one that changes while we page moves to the end and pulls its followers over
 * the page's edge. The window's overlap heals the rest.
 */
const pageOverlap = 10;
/** Etsy gives receipts by id one at a time; this many calls are under way at once. */
const fetchesAtOnceMax = 4;

/**
 * Where in a run a page lies. Etsy's plain list leaves canceled receipts out (etsy/open-api #604, #629): a run reads
 * it first and the canceled ones after it.
 */
interface Place {
  readonly canceled: boolean;
  readonly offset: number;
}

/** Reading receipts: by id after a notification, by modification time as the safety net. */
export function ordersOf(
  context: EtsyContext,
  client: EtsyClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  return {
    async fetchOrders(orderIds, signal) {
      const ids = orderIds.filter((id) => /^\d{1,20}$/.test(id));
      const answers = await mapBounded(ids, fetchesAtOnceMax, (id) =>
        client.getReceipt(id, signal),
      );
      const failed = answers.find((one) => !one.ok && one.fault.kind !== "unknown-listing");
      if (failed && !failed.ok) return { ok: false, fault: failed.fault };
      const orders = answers.flatMap((one) => (one.ok ? [toOrderSnapshot(one.value)] : []));
      return { ok: true, orders };
    },
    async listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, context.now());
      const { canceled, offset } = readPlace(cursor);
      const sinceS = Math.floor(Date.parse(cursor.since) / 1_000);
      const window = { sinceS, offset, limit: pageSizeMax, canceled };
      const answer = await client.getReceipts(window, signal);
      if (!answer.ok) return { ok: false, fault: answer.fault };
      const { count, receipts } = answer.value;
      const orders = receipts.map(toOrderSnapshot).sort((a, b) => a.revision - b.revision);
      const after = placeAfter({ canceled, offset }, count);
      const next = nextPollCursor(cursor, {
        changedMs: orders.map(({ revision }) => revision),
        after,
      });
      return { ok: true, orders, cursor: next, more: after !== null };
    },
  };
}

function readPlace({ after }: PollCursor): Place {
  const [, kind, offset] = /^([nc]):(\d{1,9})$/.exec(after ?? "") ?? [];
  return { canceled: kind === "c", offset: Number(offset ?? "0") };
}

/** Null ends the run. */
function placeAfter({ canceled, offset }: Place, count: number): string | null {
  if (offset + pageSizeMax < count) {
    return `${canceled ? "c" : "n"}:${offset + pageSizeMax - pageOverlap}`;
  }
  return canceled ? null : "c:0";
}
