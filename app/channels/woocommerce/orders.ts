import type { ChannelSession } from "#app/channels/contract.ts";
import { nextPollCursor, readPollCursor } from "#app/channels/poll-cursor.ts";
import { logger } from "#app/lib/logger.ts";
import type { Answer, WooClient, WooContext } from "./client.ts";
import { isDraft, toOrderSnapshot } from "./order-mapping.ts";
import { order, orderFieldNames, rowsOf, type Row, type WooOrder } from "./wire.ts";

/** Orders of one page (specs/channel-limits.json). */
const pageOrdersMax = 100;
/**
 * Orders read again on the next page: one that goes into the bin while we page pulls its followers over the page's
 * edge; the window's overlap heals the rest.
 */
const pageOverlapOrders = 10;
/** `modified_after` leaves out its own second, and WooCommerce's times have no smaller part. */
const secondMs = 1_000;

/** Reading orders: by id, and by the time of change as the safety net. Never with the buyer's name or address. */
export function ordersOf(
  context: WooContext,
  client: WooClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  const list = (query: Readonly<Record<string, string>>, signal: AbortSignal) =>
    client.call(
      {
        method: "GET",
        path: "/wc/v3/orders",
        query: { ...query, per_page: String(pageOrdersMax), _fields: orderFieldNames },
      },
      rowsOf(order),
      signal,
    );
  return {
    async fetchOrders(orderIds, signal) {
      // Anything else makes WordPress refuse the others too.
      const ids = orderIds.filter((id) => /^[1-9]\d{0,15}$/.test(id));
      if (ids.length === 0) return { ok: true, orders: [] };
      const found = await list({ include: ids.join(","), status: "any" }, signal);
      if (!found.ok) return found;
      const orders = readable(found);
      const missing = ids.filter((id) => !found.value.some((row) => idOf(row) === id));
      if (missing.length > 0) {
        // "Any" leaves out what lies in the bin.
        const binned = await list({ include: missing.join(","), status: "trash" }, signal);
        if (!binned.ok) return binned;
        orders.push(...readable(binned));
      }
      return { ok: true, orders: orders.filter((one) => !isDraft(one)).map(toOrderSnapshot) };
    },

    async listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, context.now());
      const offset = Number(cursor.after ?? "0") || 0;
      const query = {
        modified_after: wordPressTime(Date.parse(cursor.since) - secondMs),
        dates_are_gmt: "true",
        status: "any",
        orderby: "date",
        order: "asc",
        offset: String(offset),
      };
      const answer = await list(query, signal);
      if (!answer.ok) return answer;
      const read = readable(answer);
      const orders = read
        .filter((one) => !isDraft(one))
        .map(toOrderSnapshot)
        .sort((a, b) => a.revision - b.revision);
      const rows = answer.value.length;
      const more = answer.total === null ? rows === pageOrdersMax : offset + rows < answer.total;
      const isMore = more && rows > 0;
      const next = nextPollCursor(cursor, {
        changedMs: read.map((one) => Date.parse(one.date_modified_gmt)),
        after: isMore ? String(offset + Math.max(1, rows - pageOverlapOrders)) : null,
      });
      return { ok: true, orders, cursor: next, more: isMore };
    },
  };
}

/** An order that cannot be read must not cost the others: it is logged and left out. */
function readable(answer: Extract<Answer<Row<WooOrder>[]>, { ok: true }>): WooOrder[] {
  return answer.value.flatMap((row) => {
    if (row.ok) return [row.value];
    logger.warn({ channel: "woocommerce", orderId: row.id }, "an order cannot be read");
    return [];
  });
}

function idOf(row: Row<WooOrder>): string {
  return row.ok ? row.value.id : row.id;
}

/** Without a zone, as WordPress compares it; `dates_are_gmt` says which it is. */
function wordPressTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
