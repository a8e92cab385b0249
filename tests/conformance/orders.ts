import { describe, expect, test } from "vitest";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { groundOf, listingsAt, neverAborted, placed, type Ground } from "./ground.ts";
import type { ChannelSession } from "#app/channels/contract.ts";

/** Pages that a poll of this suite may take. */
const pagesMax = 60;
/** More orders than two pages of any channel hold. */
const manyOrders = 450;

/** Orders: found by polling and by id, cancelled whole and in part, over pages and under crooked clocks. */
export function describeOrders(ground: Ground): void {
  const { powers, scenario } = ground;
  if (!powers.has("listChangedOrders")) return;
  describe("orders", () => {
    test("an order comes out of the poll and the fetch as the same snapshot", async () => {
      const { session } = ground.rig;
      const { sku } = listingAt(ground, 6);
      const orderId = placed(ground, sku, 2);
      const { orders } = await pollAll(session, null);
      const order = orders.find((one) => sameOrder(one, orderId));
      expect(order).toMatchObject({ cancelled: false, test: false });
      expect(unitsOf(order)).toEqual({ wanted: 2, shipped: 0 });
      expect(keysOf(order)).toEqual(new Set([orderKeyOf(ground, 6)]));
      if (!powers.has("fetchOrders") || !session.fetchOrders) return;
      const fetched = await session.fetchOrders([order?.orderId ?? "", "4-0-4"], neverAborted());
      expect(fetched).toEqual({ ok: true, orders: [order] });
      expect(await session.fetchOrders([], neverAborted())).toEqual({ ok: true, orders: [] });
    });

    test("a cancelled order is seen by the next poll, with a newer revision", async () => {
      const { session } = ground.rig;
      const orderId = placed(ground, listingAt(ground, 6).sku, 3);
      const first = await pollAll(session, null);
      cancel(ground, orderId);
      const next = await pollAll(session, first.cursor);
      const before = first.orders.find((one) => sameOrder(one, orderId));
      const after = next.orders.findLast((one) => sameOrder(one, orderId));
      expect(after?.cancelled === true || unitsOf(after).wanted === 0).toBe(true);
      expect(after?.revision).toBeGreaterThanOrEqual(before?.revision ?? Infinity);
    });

    if (!scenario.cancelsWholeOrders) {
      test("a part that is cancelled lowers its line", async () => {
        const { session } = ground.rig;
        const orderId = placed(ground, listingAt(ground, 6).sku, 3);
        const first = await pollAll(session, null);
        cancel(ground, orderId, 1);
        const next = await pollAll(session, first.cursor);
        const order = next.orders.findLast((one) => sameOrder(one, orderId));
        expect(order?.cancelled).toBe(false);
        expect(unitsOf(order).wanted).toBe(2);
      });
    }

    test("clocks five minutes apart hide no order", async () => {
      const { session } = ground.rig;
      const { control } = ground.platform.sandbox;
      const channel = ground.platform.definition.id;
      for (const clockSkewMs of [300_000, -300_000]) {
        control.setFaults({ channel, clockSkewMs });
        const orderId = placed(ground, listingAt(ground, 7).sku, 1);
        const { orders } = await pollAll(session, null);
        expect(orders.some((one) => sameOrder(one, orderId))).toBe(true);
        const { cursor } = await pollAll(session, null);
        const late = placed(ground, listingAt(ground, 7).sku, 1);
        const next = await pollAll(session, cursor);
        expect(next.orders.some((one) => sameOrder(one, late))).toBe(true);
      }
      control.setFaults({ channel, clockSkewMs: 0 });
    });

    test("a cursor that nobody can read starts again", async () => {
      const { session } = ground.rig;
      const orderId = placed(ground, listingAt(ground, 7).sku, 1);
      const { orders } = await pollAll(session, "not a cursor");
      expect(orders.some((one) => sameOrder(one, orderId))).toBe(true);
    });

    test("paging ends, and orders with equal times are all seen", async () => {
      const large = await groundOf.once(ground.channel, ground.scenario);
      const { session } = large.rig;
      const made = new Set<string>();
      for (let count = 0; count < manyOrders; count += 1) {
        made.add(placed(large, large.platform.skus[count % 8]?.code ?? "", 1));
      }
      const { orders } = await pollAll(session, null);
      const seen = [...made].filter((id) => orders.some((one) => sameOrder(one, id)));
      expect(seen).toHaveLength(manyOrders);
      await large.close();
    });
  });
}

function listingAt(ground: Ground, index: number) {
  const [listing] = listingsAt(ground, index, 1);
  if (!listing) throw new Error("unreachable");
  return listing;
}

function orderKeyOf(ground: Ground, index: number): string {
  const sku = ground.platform.skus[index];
  if (!sku) throw new Error("unreachable");
  return ground.platform.definition.demo.listing(sku).orderKey;
}

function cancel(ground: Ground, orderId: string, quantity?: number): void {
  const { sandbox, definition } = ground.platform;
  const order = {
    channel: definition.id,
    orderId,
    ...(quantity === undefined ? {} : { quantity }),
  };
  expect(sandbox.control.cancel(order)).toEqual({ cancelled: true });
}

/** Our snapshot may name the order in another way than the sandbox's log (Shopify: the number inside a gid). */
function sameOrder(order: OrderSnapshot, orderId: string): boolean {
  return order.orderId === orderId || order.orderId.endsWith(`/${orderId}`);
}

function keysOf(order: OrderSnapshot | undefined): Set<string | null> {
  return new Set(order?.lines.map(({ orderKey }) => orderKey));
}

export function unitsOf(order: OrderSnapshot | undefined): { wanted: number; shipped: number } {
  const lines = order?.lines ?? [];
  return {
    wanted: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    shipped: lines.reduce((sum, { shipped }) => sum + shipped, 0),
  };
}

/** Every page from the cursor on. */
export async function pollAll(
  session: ChannelSession,
  from: string | null,
): Promise<{ readonly orders: OrderSnapshot[]; readonly cursor: string }> {
  const orders: OrderSnapshot[] = [];
  let cursor = from;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const page = await session.listChangedOrders?.(cursor, neverAborted());
    if (!page?.ok) throw new Error(`the page failed: ${JSON.stringify(page)}`);
    orders.push(...page.orders);
    ({ cursor } = page);
    if (!page.more) return { orders, cursor };
  }
  throw new Error("paging does not end");
}
