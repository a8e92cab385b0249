import type { Allocation, OrderLineState, OrderState } from "#app/domain/orders/order-state.ts";
import type { Database } from "./client.server.ts";

/** An order is known by its connection and the channel's id. */
export interface OrderKey {
  readonly connectionId: string;
  readonly orderId: string;
}

export function orderKeyText(key: OrderKey): string {
  return `${key.connectionId}:${key.orderId}`;
}

/** The orders among `keys` that are known, by {@link orderKeyText}. */
export async function readOrders(
  db: Database,
  shopId: string,
  keys: readonly OrderKey[],
): Promise<Map<string, OrderState>> {
  if (keys.length === 0) return new Map();
  const where = {
    shopId,
    OR: keys.map(({ connectionId, orderId }) => ({ connectionId, orderId })),
  };
  const [orders, lines] = await Promise.all([
    db.order.findMany({ where }),
    db.orderLine.findMany({ where, orderBy: { lineId: "asc" } }),
  ]);
  const linesOf = Map.groupBy(lines, orderKeyText);
  return new Map(
    orders.map((order) => [
      orderKeyText(order),
      {
        orderId: order.orderId,
        revision: Number(order.revision),
        cancelled: order.cancelled,
        test: order.test,
        placedAt: order.placedAt,
        lines: (linesOf.get(orderKeyText(order)) ?? []).map((line): OrderLineState => ({
          ...line,
          allocations: line.allocations as unknown as Record<string, Allocation>,
        })),
      },
    ]),
  );
}

/** Writes orders and their lines as they are now, set-wise. */
export async function saveOrders(
  db: Database,
  shopId: string,
  orders: readonly { readonly connectionId: string; readonly state: OrderState }[],
): Promise<void> {
  if (orders.length === 0) return;
  const orderRows = orders.map(({ connectionId, state }) => ({
    connection_id: connectionId,
    order_id: state.orderId,
    revision: state.revision,
    cancelled: state.cancelled,
    test: state.test,
    placed_at: state.placedAt,
  }));
  await db.$executeRaw`
    INSERT INTO "order" AS o (shop_id, connection_id, order_id, revision, cancelled, test, placed_at, updated_at)
    SELECT ${shopId}::uuid, r.connection_id, r.order_id, r.revision, r.cancelled, r.test, r.placed_at, now()
    FROM jsonb_to_recordset(${JSON.stringify(orderRows)}::jsonb) AS r(
      connection_id uuid, order_id text, revision bigint, cancelled boolean, test boolean, placed_at timestamptz)
    ON CONFLICT (shop_id, connection_id, order_id) DO UPDATE SET revision = excluded.revision,
      cancelled = excluded.cancelled, test = excluded.test, updated_at = now()`;
  const lineRows = orders.flatMap(({ connectionId, state }) =>
    state.lines.map((line) => ({
      connection_id: connectionId,
      order_id: state.orderId,
      line_id: line.lineId,
      sku_id: line.skuId,
      quantity: line.quantity,
      oversold: line.oversold,
      shipped: line.shipped,
      allocations: line.allocations,
      revision: line.revision,
      problem: line.problem,
    })),
  );
  await db.$executeRaw`
    INSERT INTO order_line (shop_id, connection_id, order_id, line_id, sku_id, quantity, oversold, shipped,
      allocations, revision, problem)
    SELECT ${shopId}::uuid, r.* FROM jsonb_to_recordset(${JSON.stringify(lineRows)}::jsonb) AS r(
      connection_id uuid, order_id text, line_id text, sku_id uuid, quantity int, oversold int, shipped int,
      allocations jsonb, revision int, problem text)
    ON CONFLICT (shop_id, connection_id, order_id, line_id) DO UPDATE SET sku_id = excluded.sku_id,
      quantity = excluded.quantity, oversold = excluded.oversold, shipped = excluded.shipped,
      allocations = excluded.allocations, revision = excluded.revision, problem = excluded.problem`;
}

/** How an order line names what it sells. */
export interface LineName {
  readonly connectionId: string;
  readonly orderKey: string | null;
  readonly sku: string | null;
}

/** Finds SKUs by the channel's own key first, then by the merchant's text (trimmed, else exact). */
export async function readSkuNames(
  db: Database,
  shopId: string,
  names: readonly LineName[],
): Promise<(name: LineName) => string | null> {
  const orderKeys = [...new Set(names.flatMap(({ orderKey }) => orderKey ?? []))];
  const codes = [...new Set(names.flatMap(({ sku }) => sku?.trim() ?? []))];
  const [listings, skus] = await Promise.all([
    orderKeys.length === 0
      ? []
      : db.listing.findMany({
          where: { shopId, orderKey: { in: orderKeys }, skuId: { not: null } },
          select: { connectionId: true, orderKey: true, skuId: true },
        }),
    codes.length === 0
      ? []
      : db.sku.findMany({
          where: { shopId, code: { in: codes } },
          select: { id: true, code: true },
        }),
  ]);
  const byKey = new Map(listings.map((l) => [`${l.connectionId}:${l.orderKey}`, l.skuId]));
  const byCode = new Map(skus.map((sku) => [sku.code, sku.id]));
  return ({ connectionId, orderKey, sku }) =>
    (orderKey === null ? null : byKey.get(`${connectionId}:${orderKey}`)) ??
    (sku === null ? null : byCode.get(sku.trim())) ??
    null;
}
