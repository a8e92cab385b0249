import type { OrderLineState, OrderState } from "#app/domain/orders/order-state.ts";
import type { Database } from "./client.server.ts";

/** An order is known by its connection and the channel's id. */
export interface OrderKey {
  readonly connectionId: string;
  readonly orderId: string;
}

export function orderKeyText(key: OrderKey): string {
  return `${key.connectionId}:${key.orderId}`;
}

interface OrderRow {
  connection_id: string;
  order_id: string;
  revision: bigint;
  cancelled: boolean;
  test: boolean;
  placed_at: Date;
  lines: OrderLineState[];
}

/** The orders among `keys` that are known, by {@link orderKeyText}. */
export async function readOrders(
  db: Database,
  shopId: string,
  keys: readonly OrderKey[],
): Promise<Map<string, OrderState>> {
  if (keys.length === 0) return new Map();
  const rows = await db.$queryRaw<OrderRow[]>`
    SELECT o.connection_id, o.order_id, o.revision, o.cancelled, o.test, o.placed_at,
      COALESCE((SELECT jsonb_agg(jsonb_build_object('lineId', l.line_id, 'skuId', l.sku_id,
        'quantity', l.quantity, 'oversold', l.oversold, 'shipped', l.shipped, 'allocations', l.allocations,
        'revision', l.revision, 'problem', l.problem) ORDER BY l.line_id)
        FROM order_line l WHERE l.shop_id = o.shop_id AND l.connection_id = o.connection_id
          AND l.order_id = o.order_id), '[]') AS lines
    FROM unnest(${keys.map((key) => key.connectionId)}::uuid[], ${keys.map((key) => key.orderId)}::text[])
      AS k(connection_id, order_id)
    JOIN "order" o ON o.shop_id = ${shopId}::uuid AND o.connection_id = k.connection_id
      AND o.order_id = k.order_id`;
  return new Map(
    rows.map((row) => [
      orderKeyText({ connectionId: row.connection_id, orderId: row.order_id }),
      {
        orderId: row.order_id,
        revision: Number(row.revision),
        cancelled: row.cancelled,
        test: row.test,
        placedAt: row.placed_at,
        lines: row.lines,
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
  const lineRows = orders.flatMap(lineRowsOf);
  await db.$executeRaw`
    WITH saved AS (
    INSERT INTO "order" AS o (shop_id, connection_id, order_id, revision, cancelled, test, placed_at, updated_at)
    SELECT ${shopId}::uuid, r.connection_id, r.order_id, r.revision, r.cancelled, r.test, r.placed_at, now()
    FROM jsonb_to_recordset(${JSON.stringify(orderRows)}::jsonb) AS r(
      connection_id uuid, order_id text, revision bigint, cancelled boolean, test boolean, placed_at timestamptz)
    ON CONFLICT (shop_id, connection_id, order_id) DO UPDATE SET revision = excluded.revision,
      cancelled = excluded.cancelled, test = excluded.test, updated_at = now()
    )
    INSERT INTO order_line (shop_id, connection_id, order_id, line_id, sku_id, quantity, oversold, shipped,
      allocations, revision, problem)
    SELECT ${shopId}::uuid, r.* FROM jsonb_to_recordset(${JSON.stringify(lineRows)}::jsonb) AS r(
      connection_id uuid, order_id text, line_id text, sku_id uuid, quantity int, oversold int, shipped int,
      allocations jsonb, revision int, problem text)
    ON CONFLICT (shop_id, connection_id, order_id, line_id) DO UPDATE SET sku_id = excluded.sku_id,
      quantity = excluded.quantity, oversold = excluded.oversold, shipped = excluded.shipped,
      allocations = excluded.allocations, revision = excluded.revision, problem = excluded.problem`;
}

function lineRowsOf({
  connectionId,
  state,
}: {
  readonly connectionId: string;
  readonly state: OrderState;
}) {
  return state.lines.map((line) => ({
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
  }));
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
  const connectionIds = [...new Set(names.map(({ connectionId }) => connectionId))];
  const rows = await db.$queryRaw<{ connection_id: string | null; name: string; sku_id: string }[]>`
    SELECT connection_id, order_key AS name, sku_id FROM listing
    WHERE shop_id = ${shopId}::uuid AND connection_id = ANY(${connectionIds}::uuid[])
      AND order_key = ANY(${orderKeys}::text[]) AND sku_id IS NOT NULL
    UNION ALL
    SELECT NULL, code, id FROM sku WHERE shop_id = ${shopId}::uuid AND code = ANY(${codes}::text[])`;
  const known = new Map(rows.map((row) => [`${row.connection_id ?? ""}:${row.name}`, row.sku_id]));
  return ({ connectionId, orderKey, sku }) =>
    (orderKey === null ? null : known.get(`${connectionId}:${orderKey}`)) ??
    (sku === null ? null : known.get(`:${sku.trim()}`)) ??
    null;
}
