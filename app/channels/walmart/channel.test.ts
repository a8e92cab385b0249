import { createHmac, randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import platform from "#sandbox/walmart/index.ts";
import { openApiCheck } from "#tests/conformance/openapi.ts";
import {
  createRig,
  type ChannelScenario,
  type Exchange,
  type Rig,
  type RigOptions,
} from "#tests/conformance/rig.ts";
import {
  listingOf,
  startPlatform,
  type ScenarioPlatform,
  type StartOptions,
} from "#tests/conformance/sandbox.ts";
import { describeSchema } from "#tests/conformance/schema.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import {
  ChannelFault,
  type BulkProgress,
  type EventDoor,
  type ImportedListing,
  type ListingRef,
  type ListingsPage,
  type QuantityWrite,
  type Shipment,
} from "../contract.ts";
import channel from "./index.ts";

const errors = (code: string) =>
  JSON.stringify({ errors: [{ code, field: "data", description: "no", severity: "ERROR" }] });

const deliveryBody = JSON.stringify({
  source: {
    eventType: "ORDER_UPDATES",
    eventTime: "2026-06-19T14:15:23.110Z",
    eventId: "c8a5ad03-5ec0-4ee3-8bf1-1a9f8f5e5f9b",
  },
  payload: {
    partnerId: "10001234567",
    purchaseOrderId: "1796277083022",
    shipNodeType: "SellerFulfilled",
  },
});

const spec = (name: string) => ({
  file: `walmart/walmart-marketplace-${name}-openapi.yml`,
  prefix: "/walmart",
  ...(name === "orders" ? { amend: amendOrders } : {}),
});

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedCall | undefined>>>>;
}
interface DescribedCall {
  readonly parameters: { name: string; in: string; schema: object }[];
  responses: object;
}

/** Two things that the document of the Orders API has otherwise than its own samples. */
function amendOrders(document: Record<string, unknown>): void {
  const { paths } = document as unknown as Described;
  const call = (method: string, path: string) => paths[path]?.[method];
  // The cursor of a page is a whole query string, with parameters that are described nowhere.
  for (const path of ["/v3/orders", "/v3/orders/released"]) {
    for (const name of ["hasMoreElements", "soIndex", "poIndex", "partnerId", "sellerId"]) {
      call("get", path)?.parameters.push({ name, in: "query", schema: { type: "string" } });
    }
  }
  // One order that is read is, by the sample, what acknowledging answers; the schema has it bare, its times as texts.
  const one = call("get", "/v3/orders/{purchaseOrderId}");
  const acknowledge = call("post", "/v3/orders/{purchaseOrderId}/acknowledge");
  if (one && acknowledge) one.responses = acknowledge.responses;
}

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  signsInWith: "tokens",
  topics: [
    "ORDER_UPDATES",
    "PO_CREATED",
    "INTENT_TO_CANCEL",
    "INVENTORY_OOS",
    "OFFER_UNPUBLISHED",
    "RETURN_CREATED",
    "RETURN_DELIVERED",
  ],
  unknownListing: { sku: "GONE" },
  answers: {
    unauthorised: { status: 401, body: errors("UNAUTHORIZED.GMP_GATEWAY_API") },
    throttled: {
      status: 429,
      body: errors("REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API"),
      headers: { "retry-after": "7" },
    },
    unavailable: { status: 520, body: errors("SYSTEM_ERROR.GMP_GATEWAY_API") },
    refusedWith200: [
      {
        name: "errors in place of the SKU",
        status: 200,
        body: errors("INVALID_REQUEST_CONTENT.GMP_INVENTORY_API"),
        kind: "rejected",
      },
    ],
  },
  webhook: {
    accountId: null,
    delivery: (_, { door }) => ({
      rawBody: Buffer.from(deliveryBody),
      headers: {
        "x-lockstep-signature": createHmac("sha256", door?.secret ?? "")
          .update(deliveryBody)
          .digest("hex"),
      },
    }),
  },
  // Through the consent page; keys of the seller's own have tests below.
  connect: { values: () => ({}) },
  spec: openApiCheck(
    ["authentication", "inventory", "feeds", "items", "prices", "orders", "notifications"].map(
      spec,
    ),
    { undocumented: ["/walmart/v3/insights", "/walmart/v3/settings"] },
  ),
};

describeChannel(channel, scenario);

/** A running Walmart of its own for one test, closed after it. */
const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

/** Every connection of these tests, for the last one. */
const rigs: Rig[] = [];

const signal = () => new AbortController().signal;
const minute = 60_000;

class World {
  readonly walmart: ScenarioPlatform;
  readonly rig: Rig;

  constructor(walmart: ScenarioPlatform, rig: Rig) {
    this.walmart = walmart;
    this.rig = rig;
  }

  listing(index: number): ListingRef {
    const found = this.walmart.listings[index];
    if (!found) throw new Error("no such listing");
    return found;
  }

  /** What buyers see. */
  shown(index: number): number | null {
    return this.walmart.sandbox.platform("walmart").shown(this.listing(index).sku);
  }

  write(index: number, quantity: number): QuantityWrite {
    return { ...this.listing(index), quantity, delta: 0, idempotencyKey: randomUUID() };
  }

  push(...writes: readonly QuantityWrite[]) {
    return this.rig.session.pushQuantities(writes, signal());
  }

  /** A buyer orders. */
  order(index: number, quantity = 1): string {
    const { sku } = this.listing(index);
    const order = this.walmart.sandbox.control.order({ channel: "walmart", sku, quantity });
    if (!order.accepted) throw new Error(order.reason);
    return order.orderId;
  }

  async fetched(orderId: string): Promise<OrderSnapshot> {
    const answer = await this.rig.session.fetchOrders?.([orderId], signal());
    const order = answer?.ok ? answer.orders[0] : undefined;
    if (!order) throw new Error(`no order: ${JSON.stringify(answer)}`);
    return order;
  }

  /** Walmart's own words about an order. */
  async wireOrder(orderId: string): Promise<string> {
    await this.fetched(orderId);
    return this.rig.exchanges.at(-1)?.responseBody ?? "";
  }

  async poll(from: string | null = null) {
    const orders: OrderSnapshot[] = [];
    let cursor = from;
    for (;;) {
      const page = await this.rig.session.listChangedOrders?.(cursor, signal());
      if (!page?.ok) throw new Error(`no page: ${JSON.stringify(page)}`);
      orders.push(...page.orders);
      ({ cursor } = page);
      if (!page.more) return { orders, cursor };
    }
  }

  /** @param between after every page, with the cursor of the next one */
  async importAll(
    between: (page: number, cursor: string) => void | Promise<void> = () => undefined,
  ) {
    const listings: ImportedListing[] = [];
    let cursor: string | null = null;
    for (let pages = 1; ; pages += 1) {
      const page: ListingsPage | undefined = await this.rig.session.listListings?.(
        cursor,
        signal(),
      );
      if (!page?.ok) return { fault: page?.fault, listings, pages };
      listings.push(...page.listings);
      ({ cursor } = page);
      if (cursor === null) return { fault: undefined, listings, pages };
      await between(pages, cursor);
    }
  }

  async bulk(writes: readonly QuantityWrite[]) {
    const started = await this.rig.session.startBulk?.(writes, signal());
    if (!started?.ok) throw new Error(`no feed: ${JSON.stringify(started)}`);
    const progress: BulkProgress[] = [];
    for (;;) {
      const look = await this.rig.session.pollBulk?.(started.handle, writes, signal());
      if (!look?.ok) throw new Error(`no look: ${JSON.stringify(look)}`);
      progress.push(look);
      if (look.done) return { progress, results: look.results };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  shipment(order: OrderSnapshot, units = 1): Shipment {
    const [line] = order.lines;
    return {
      shipmentId: randomUUID(),
      orderId: order.orderId,
      parcelNumber: 1,
      lines: [{ lineId: line?.lineId ?? "", quantity: units }],
      carrier: "ups",
      carrierName: "UPS",
      trackingNumber: "1Z999AA10123456784",
      trackingUrl: null,
      shippedAt: "2026-06-19T14:15:23.110Z",
    };
  }

  send(shipment: Shipment) {
    return this.rig.session.sendShipment?.(shipment, signal());
  }

  /** The seller sends an item's stock to Walmart's own centres. */
  async hold(index: number): Promise<ListingRef> {
    const { sku } = this.listing(index);
    const url = `${this.walmart.sandbox.url}/walmart/seller-center/wfs`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify({ sku }) });
    expect(answer.status).toBe(200);
    return listingOf(sku, { sku, fulfilment: "wfs" });
  }

  /** Calls of one kind, oldest first. */
  sent(method: string, path: string | RegExp): readonly Exchange[] {
    return this.rig.exchanges.filter((exchange) => {
      const { pathname } = new URL(exchange.url);
      const fits = typeof path === "string" ? pathname === `/walmart${path}` : path.test(pathname);
      return exchange.method === method && fits;
    });
  }
}

async function start(options: StartOptions & { rig?: RigOptions } = {}): Promise<World> {
  const { rig: rigOptions, ...size } = options;
  const walmart = await startPlatform(platform, size);
  closing.push(() => walmart.close());
  const rig = createRig(channel, walmart, rigOptions);
  rigs.push(rig);
  // Signed in, so that an injected answer meets the call it is meant for.
  await rig.session.readListings(walmart.listings.slice(0, 1), signal());
  return new World(walmart, rig);
}

/** An account whose fulfilment centre Walmart did not tell. */
const withoutNode = {
  rig: {
    account: {
      accountId: platform.demo.accountId,
      settings: { shipNode: null },
      secrets: platform.demo.secrets,
    },
  },
} as const;

const bodyOf = (exchange: Exchange | undefined): unknown => JSON.parse(exchange?.body ?? "null");

describe("channel walmart, beyond the contract", () => {
  describe("units of unshipped orders (channels.md 6.2)", () => {
    test("what is pushed is what buyers see, whatever is reserved", async () => {
      const world = await start();
      world.order(0, 3);
      expect(world.shown(0)).toBe(57);
      expect(await world.push(world.write(0, 40))).toEqual([{ ok: true }]);
      expect(world.shown(0)).toBe(40);
      const [put] = world.sent("PUT", /inventories/);
      expect(bodyOf(put)).toEqual({
        inventories: {
          nodes: [{ shipNode: "10000003527", inputQty: { unit: "EACH", amount: 43 } }],
        },
      });
      const [read] = await world.rig.session.readListings([world.listing(0)], signal());
      expect(read).toMatchObject({ ok: true, quantity: 40 });
    });

    test("without a fulfilment centre the account's own is written", async () => {
      const world = await start(withoutNode);
      world.order(0, 3);
      expect(await world.push(world.write(0, 40))).toEqual([{ ok: true }]);
      expect(world.shown(0)).toBe(40);
      const [put] = world.sent("PUT", "/v3/inventory");
      expect(bodyOf(put)).toEqual({
        sku: world.listing(0).sku,
        quantity: { unit: "EACH", amount: 43 },
      });
    });

    test("zero stays zero while an order waits, and a cancel brings its unit back", async () => {
      const world = await start();
      const orderId = world.order(0, 1);
      await world.push(world.write(0, 0));
      expect(world.shown(0)).toBe(0);
      world.walmart.sandbox.control.cancel({ channel: "walmart", orderId });
      expect(world.shown(0)).toBe(1);
    });

    test("a feed counts them too, whether acknowledged or not", async () => {
      const world = await start();
      world.order(0, 3);
      await world.poll();
      world.order(1, 2);
      const { results } = await world.bulk([world.write(0, 40), world.write(1, 30)]);
      expect(results).toEqual([{ ok: true }, { ok: true }]);
      expect([world.shown(0), world.shown(1)]).toEqual([40, 30]);
    });

    test("a shipment leaves what buyers see as it was", async () => {
      const world = await start();
      const order = await world.fetched(world.order(0, 1));
      await world.push(world.write(0, 40));
      expect(await world.send(world.shipment(order))).toEqual({ ok: true, already: false });
      expect(world.shown(0)).toBe(40);
    });

    test("a push that comes between a shipment and its correction stays", async () => {
      const world = await start();
      const order = await world.fetched(world.order(0, 1));
      await world.push(world.write(0, 40));
      const [sent] = await Promise.all([
        world.send(world.shipment(order)),
        world.push(world.write(0, 12)),
      ]);
      expect(sent).toEqual({ ok: true, already: false });
      await world.push(world.write(0, 12));
      expect(world.shown(0)).toBe(12);
    });
  });

  describe("feeds", () => {
    test("the file is a part of a form, in the words of its version", async () => {
      const world = await start();
      await world.bulk([world.write(0, 5)]);
      const [feed] = world.sent("POST", "/v3/feeds");
      expect(feed?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=\S+$/);
      expect(new URL(feed?.url ?? "").search).toBe("?feedType=MP_INVENTORY");
      expect(feed?.body).toContain('name="file"');
      expect(feed?.body).toContain('{"inventoryHeader":{"version":"1.5"},"inventory":[{"sku"');
    });

    test("without a fulfilment centre the older feed is sent, its keys in capitals", async () => {
      const world = await start(withoutNode);
      const { results } = await world.bulk([world.write(0, 5), world.write(1, 6)]);
      expect(results).toEqual([{ ok: true }, { ok: true }]);
      expect([world.shown(0), world.shown(1)]).toEqual([5, 6]);
      const [feed] = world.sent("POST", "/v3/feeds");
      expect(new URL(feed?.url ?? "").search).toBe("?feedType=inventory");
      expect(feed?.body).toContain('{"InventoryHeader":{"version":"1.4"},"Inventory":[{"sku"');
    });

    test("it ends later, and of what was refused each item has its reason", async () => {
      const world = await start();
      const gone = { ...world.write(0, 9), ...listingOf("GONE", { sku: "GONE" }) };
      const writes = [world.write(0, 5), gone, world.write(1, 6)];
      const { progress, results } = await world.bulk(writes);
      expect(progress[0]).toMatchObject({ done: false });
      expect(results).toEqual([
        { ok: true },
        {
          ok: false,
          fault: {
            kind: "rejected",
            code: "ERR_EXT_DATA_0201002",
            message: "Walmart: The SKU GONE or its ship node does not exist",
          },
        },
        { ok: true },
      ]);
    });

    test("of a SKU that is named twice the newer number is sent, once", async () => {
      const world = await start();
      const { results } = await world.bulk([world.write(0, 5), world.write(0, 7)]);
      expect(results).toEqual([{ ok: true }, { ok: true }]);
      expect(world.shown(0)).toBe(7);
    });

    test("a file that Walmart could not read fails for every item", async () => {
      const world = await start();
      const writes = [world.write(0, 5), world.write(1, 6)];
      const started = await world.rig.session.startBulk?.(writes, signal());
      const handle = started?.ok ? started.handle : "";
      const ingestionErrors = {
        ingestionError: [{ type: "DATA_ERROR", code: "ERR_PDI_0001", description: "malformed" }],
      };
      const answer = { feedId: handle, feedStatus: "ERROR", ingestionErrors };
      world.rig.inject({ status: 200, body: JSON.stringify(answer) });
      const look = await world.rig.session.pollBulk?.(handle, writes, signal());
      expect(look).toMatchObject({
        ok: true,
        done: true,
        results: [{ fault: { kind: "rejected" } }, { fault: { kind: "rejected" } }],
      });
      const lost = await world.rig.session.pollBulk?.("nobody@knows", writes, signal());
      expect(lost).toMatchObject({ ok: false, fault: { kind: "unexpected" } });
    });

    test("more items than one page of details holds are judged one by one", async () => {
      const world = await start({ skus: 130 });
      const gone = { ...world.write(0, 9), ...listingOf("GONE", { sku: "GONE" }) };
      const writes = [...world.walmart.listings.map((_, index) => world.write(index, 3)), gone];
      const { results } = await world.bulk(writes);
      expect(results.filter(({ ok }) => ok)).toHaveLength(130);
      expect(results.at(-1)).toMatchObject({ ok: false });
    });
  });

  describe("stock that Walmart holds (WFS)", () => {
    test("is imported as held, with its number", async () => {
      const world = await start();
      const held = await world.hold(2);
      const { listings } = await world.importAll();
      const byKey = new Map(listings.map((listing) => [listing.key, listing]));
      expect(byKey.get(held.sku)).toMatchObject({
        heldByChannel: true,
        quantity: 60,
        externalIds: held.externalIds,
      });
      expect(byKey.get(world.listing(0).sku)).toMatchObject({
        heldByChannel: false,
        quantity: null,
      });
    });

    test("is read and never written, alone and in a feed", async () => {
      const world = await start();
      const held = await world.hold(2);
      const [read] = await world.rig.session.readListings([held], signal());
      expect(read).toMatchObject({ ok: true, quantity: 60, state: "active" });
      const write = { ...world.write(2, 5), ...held };
      expect(await world.push(write)).toMatchObject([{ fault: { kind: "unsupported" } }]);
      const { results } = await world.bulk([write, world.write(0, 5)]);
      expect(results).toMatchObject([{ fault: { kind: "unsupported" } }, { ok: true }]);
      const onlyHeld = await world.rig.session.startBulk?.([write], signal());
      expect(onlyHeld).toMatchObject({ ok: false, fault: { kind: "unsupported" } });
      expect(world.shown(2)).toBe(60);
      expect(world.sent("PUT", /inventor/)).toHaveLength(0);
    });

    test("an item that moved there is unknown to the seller's inventory", async () => {
      const world = await start();
      await world.hold(2);
      expect(await world.push(world.write(2, 5))).toMatchObject([
        { fault: { kind: "unknown-listing" } },
      ]);
    });

    test("its orders take nothing of the seller's, and nobody acknowledges them", async () => {
      const world = await start();
      await world.hold(2);
      const orderId = world.order(2, 2);
      const { orders } = await world.poll();
      expect(orders).toEqual([]);
      expect(await world.fetched(orderId)).toMatchObject({
        cancelled: false,
      });
      expect(world.sent("POST", /acknowledge/)).toHaveLength(0);
    });
  });

  describe("acknowledging (within four hours)", () => {
    test("the poll does it, and it changes nothing that we keep", async () => {
      const world = await start();
      const orderId = world.order(0, 2);
      const before = await world.fetched(orderId);
      expect(await world.wireOrder(orderId)).toContain('"status":"Created"');
      await world.poll();
      expect(await world.wireOrder(orderId)).toContain('"status":"Acknowledged"');
      expect(await world.fetched(orderId)).toEqual(before);
    });

    test("many orders are acknowledged in rounds, and none twice", async () => {
      const world = await start({ stock: 100 });
      for (let made = 0; made < 45; made += 1) world.order(0);
      await world.poll();
      expect(world.sent("POST", /acknowledge/)).toHaveLength(45);
      await world.poll();
      expect(world.sent("POST", /acknowledge/)).toHaveLength(45);
    });

    test("an order that Walmart refuses to take stands in nobody's way", async () => {
      const world = await start();
      world.order(0);
      world.order(1);
      const first = await world.rig.session.listChangedOrders?.(null, signal());
      if (!first?.ok) throw new Error("no page");
      world.rig.inject("pass");
      world.rig.inject({
        status: 400,
        body: errors("INVALID_REQUEST_CONTENT.GMP_ORDER_API"),
      });
      const round = await world.rig.session.listChangedOrders?.(first.cursor, signal());
      expect(round).toMatchObject({ ok: true, orders: [], more: false });
      expect(world.sent("POST", /acknowledge/)).toHaveLength(1);
      // The next poll finds it again.
      await world.poll();
      expect(world.sent("POST", /acknowledge/)).toHaveLength(2);
    });

    test("a full bucket ends the round and not the poll", async () => {
      const world = await start();
      world.order(0);
      const first = await world.rig.session.listChangedOrders?.(null, signal());
      if (!first?.ok) throw new Error("no page");
      world.rig.inject("pass");
      world.rig.inject({ status: 429, body: errors("REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API") });
      const round = await world.rig.session.listChangedOrders?.(first.cursor, signal());
      expect(round).toMatchObject({ ok: true, more: false });
    });

    test("keys that may not acknowledge, ship or set prices still read and push", async () => {
      const world = await start();
      const order = await world.fetched(world.order(0));
      const first = await world.rig.session.listChangedOrders?.(null, signal());
      if (!first?.ok) throw new Error("no page");
      const forbidden = { status: 403, body: errors("FORBIDDEN.GMP_GATEWAY_API") };
      world.rig.inject("pass");
      world.rig.inject(forbidden);
      const round = await world.rig.session.listChangedOrders?.(first.cursor, signal());
      expect(round).toMatchObject({ ok: true, more: false });
      const price = { ...world.listing(0), price: { minor: 100, currency: "USD" } };
      world.rig.inject(forbidden);
      const [priced] = (await world.rig.session.setPrices?.([price], signal())) ?? [];
      expect(priced).toMatchObject({ ok: false, fault: { kind: "rejected" } });
      await world.poll();
      world.rig.inject("pass", 2);
      world.rig.inject(forbidden);
      expect(await world.send(world.shipment(order))).toMatchObject({
        ok: false,
        fault: { kind: "rejected" },
      });
      expect(await world.push(world.write(0, 5))).toEqual([{ ok: true }]);
    });

    test("an order that is shipped before the poll came by is acknowledged first", async () => {
      const world = await start();
      const order = await world.fetched(world.order(0));
      expect(await world.send(world.shipment(order))).toEqual({ ok: true, already: false });
      const paths = world.rig.exchanges
        .filter(({ method }) => method === "POST")
        .map(({ url }) => new URL(url).pathname.split("/").at(-1));
      expect(paths).toEqual(["token", "acknowledge", "shipping"]);
    });
  });

  describe("orders", () => {
    test("a unit may be a line of its own; their numbers are texts", async () => {
      const world = await start();
      const orders = [
        await world.fetched(world.order(0, 3)),
        await world.fetched(world.order(0, 3)),
      ];
      const sizes = orders.map(({ lines }) => lines.map(({ quantity }) => quantity)).sort();
      expect(sizes).toEqual([[1, 1, 1], [3]]);
    });

    test("a line that shipped in part and was cancelled in part adds up", async () => {
      const world = await start();
      const both = [await world.fetched(world.order(0, 3)), await world.fetched(world.order(0, 3))];
      const order = both.find(({ lines }) => lines.length === 1);
      if (!order) throw new Error("every other order is one line");
      await world.send(world.shipment(order, 1));
      world.walmart.sandbox.control.cancel({
        channel: "walmart",
        orderId: order.orderId,
        quantity: 1,
      });
      const after = await world.fetched(order.orderId);
      const sum = (of: "quantity" | "shipped") =>
        after.lines.reduce((units, line) => units + line[of], 0);
      expect([sum("quantity"), sum("shipped")]).toEqual([2, 1]);
      expect(after.revision).toBeGreaterThanOrEqual(order.revision);
    });

    test("what the buyer asked to cancel is shipped outright", async () => {
      const world = await start();
      const order = await world.fetched(world.order(0));
      const body = JSON.parse(world.rig.exchanges.at(-1)?.responseBody ?? "") as {
        order: { orderLines: { orderLine: Record<string, unknown>[] } };
      };
      for (const line of body.order.orderLines.orderLine) line["intentToCancel"] = "true";
      world.rig.inject({ status: 200, body: JSON.stringify(body) });
      await world.send(world.shipment(order));
      const [shipping] = world.sent("POST", /shipping$/);
      expect(shipping?.body).toContain('"intentToCancelOverride":true');
    });

    test("a poll that stood still for a year asks for no time that Walmart refuses", async () => {
      const world = await start();
      const orderId = world.order(0);
      const cursor = JSON.stringify({
        since: "2020-01-01T00:00:00.000Z",
        after: null,
        newestMs: 0,
      });
      const { orders } = await world.poll(cursor);
      expect(orders.map((order) => order.orderId)).toEqual([orderId]);
    });
  });

  describe("import", () => {
    test("reads on at Walmart's side with a cursor that is the same on every page", async () => {
      const world = await start({ skus: 2_300 });
      const { listings } = await world.importAll();
      expect(new Set(listings.map(({ key }) => key)).size).toBe(2_300);
      const cursors = world
        .sent("GET", "/v3/items")
        .map(({ url }) => new URL(url).searchParams.get("nextCursor"));
      expect(cursors[0]).toBe("*");
      expect(new Set(cursors.slice(1)).size).toBe(1);
    });

    test("begins again when the list was forgotten", async () => {
      const world = await start({ skus: 2_300 });
      const { listings } = await world.importAll((page) => {
        if (page !== 2) return;
        world.walmart.sandbox.control.setFaults({ channel: "walmart", clockSkewMs: 3 * minute });
      });
      expect(new Set(listings.map(({ key }) => key)).size).toBe(2_300);
    });

    test("begins again when somebody else took a page", async () => {
      const world = await start({ skus: 2_300 });
      const { listings } = await world.importAll(async (page, cursor) => {
        // A worker that read on and died with its page.
        if (page === 1) await world.rig.session.listListings?.(cursor, signal());
      });
      expect(new Set(listings.map(({ key }) => key)).size).toBe(2_300);
    });

    test("takes smaller pages where Walmart refuses large ones", async () => {
      const world = await start();
      const refusal = { status: 400, body: errors("INVALID_REQUEST_PARAM.GMP_ITEM_QUERY_API") };
      world.rig.inject("pass");
      world.rig.inject(refusal, 2);
      const { listings } = await world.importAll();
      expect(listings).toHaveLength(8);
      const sizes = world
        .sent("GET", "/v3/items")
        .map(({ url }) => new URL(url).searchParams.get("limit"));
      expect(new Set(sizes)).toEqual(new Set(["50"]));
    });

    test("a page that comes twice is no end", async () => {
      const world = await start();
      const page = { ItemResponse: [{ sku: "A" }], totalItems: 3, nextCursor: "c" };
      world.rig.inject("pass");
      world.rig.inject({ status: 200, body: JSON.stringify(page) }, 2);
      const { fault, pages } = await world.importAll();
      expect(fault).toMatchObject({ kind: "unexpected" });
      expect(pages).toBe(2);
    });

    test("an account without items, and a seller whom WFS does not let in", async () => {
      const world = await start();
      const forbidden = { status: 403, body: errors("FORBIDDEN.GMP_GATEWAY_API") };
      const nothing = { status: 404, body: errors("CONTENT_NOT_FOUND.GMP_ITEM_QUERY_API") };
      world.rig.inject(forbidden);
      world.rig.inject(nothing);
      expect(await world.importAll()).toEqual({ fault: undefined, listings: [], pages: 1 });
    });

    test("a row that cannot be read costs no other", async () => {
      const world = await start();
      const rows = [{ sku: 5 }, { sku: "GOOD", publishedStatus: "UNPUBLISHED" }];
      world.rig.inject("pass");
      world.rig.inject({
        status: 200,
        body: JSON.stringify({ ItemResponse: rows, totalItems: 2 }),
      });
      const { listings } = await world.importAll();
      expect(listings).toMatchObject([{ key: "GOOD", title: "GOOD", state: "suppressed" }]);
    });
  });

  describe("calls", () => {
    test("every call asks for JSON, and has an id of its own", async () => {
      const world = await start();
      await world.push(world.write(0, 5));
      await world.poll();
      const ids = world.rig.exchanges.map(({ headers }) => headers["wm_qos.correlation_id"]);
      expect(new Set(ids).size).toBe(world.rig.exchanges.length);
      for (const { headers } of world.rig.exchanges) {
        expect(headers).toMatchObject({
          accept: "application/json",
          "wm_svc.name": "Walmart Marketplace",
        });
      }
    });

    test("without it Walmart answers XML", async () => {
      const world = await start();
      const token = world.rig.tokens.seen()[0] ?? "";
      const answer = await fetch(`${world.walmart.sandbox.url}/walmart/v3/items`, {
        headers: {
          "wm_sec.access_token": token,
          "wm_svc.name": "test",
          "wm_qos.correlation_id": randomUUID(),
        },
      });
      expect(answer.headers.get("content-type")).toContain("xml");
      expect(await answer.text()).toContain("<sku>");
    });

    test("a 200 that refuses one centre is a refusal", async () => {
      const world = await start();
      const [error] = (
        JSON.parse(errors("INVALID_REQUEST_CONTENT.GMP_INVENTORY_API")) as {
          errors: unknown[];
        }
      ).errors;
      const refused = {
        sku: "X",
        nodes: [{ shipNode: "10000003527", status: "Failure", errors: [error] }],
      };
      world.rig.inject("pass");
      world.rig.inject({ status: 200, body: JSON.stringify(refused) });
      expect(await world.push(world.write(0, 5))).toMatchObject([
        { ok: false, fault: { kind: "rejected" } },
      ]);
      world.rig.inject("pass");
      world.rig.inject({ status: 200, body: JSON.stringify({ sku: "X", nodes: [] }) });
      expect(await world.push(world.write(0, 5))).toMatchObject([
        { ok: false, fault: { kind: "unexpected" } },
      ]);
    });

    test("SKUs with blanks, slashes and quotes travel whole", async () => {
      const world = await start();
      const sku = "A/B (red) 50%'s";
      const [read] = await world.rig.session.readListings([listingOf(sku, { sku })], signal());
      expect(read).toMatchObject({ ok: false, fault: { kind: "unknown-listing" } });
      expect(world.rig.exchanges.at(-1)?.url).toContain(
        "/v3/inventories/A%2FB%20%28red%29%2050%25%27s",
      );
    });

    test("a price in another currency makes no call", async () => {
      const world = await start();
      const before = world.rig.calls();
      const write = { ...world.listing(0), price: { minor: 100, currency: "EUR" } };
      expect(await world.rig.session.setPrices?.([write], signal())).toMatchObject([
        { ok: false, fault: { kind: "rejected" } },
      ]);
      expect(world.rig.calls()).toBe(before);
    });
  });

  describe("events", () => {
    const door: EventDoor = {
      url: "http://127.0.0.1:9/webhooks/walmart/one",
      secret: "0123456789abcdef",
    };
    const setUp = (world: World, at = door) => world.rig.session.setUpEvents?.(at, signal());

    test("orders come under the one topic of today; the older ones would tell them twice", async () => {
      const world = await start();
      expect(await setUp(world)).toEqual({
        ok: true,
        topics: [
          "INVENTORY_OOS",
          "OFFER_PUBLISHED",
          "OFFER_UNPUBLISHED",
          "ORDER_UPDATES",
          "RETURN_CREATED",
          "RETURN_DELIVERED",
        ],
      });
      const [created] = world.sent("POST", "/v3/webhooks/subscriptions");
      expect(bodyOf(created)).toMatchObject({
        events: [
          {
            eventUrl: door.url,
            status: "ACTIVE",
            authDetails: {
              authMethod: "HMAC",
              authHeaderName: "X-Lockstep-Signature",
              clientSecret: door.secret,
            },
          },
        ],
      });
    });

    test("what is in force is left alone; what was switched off, moved or has another secret is put right", async () => {
      const world = await start();
      await setUp(world);
      const written = () =>
        world.sent("POST", "/v3/webhooks/subscriptions").length +
        world.sent("PATCH", /subscriptions/).length;
      expect(written()).toBe(6);
      await setUp(world);
      expect(written()).toBe(6);
      const moved = { ...door, url: door.url.replace("127.0.0.1:9", "127.0.0.1:10") };
      expect(await setUp(world, moved)).toMatchObject({ ok: true });
      expect(world.sent("PATCH", /subscriptions/)).toHaveLength(6);
      expect(await setUp(world, { ...moved, secret: "another" })).toMatchObject({ ok: true });
      expect(world.sent("PATCH", /subscriptions/)).toHaveLength(12);
      await setUp(world, { url: `${door.url}-other`, secret: "another" });
      expect(world.sent("POST", "/v3/webhooks/subscriptions")).toHaveLength(12);
    });

    test("a subscription that Walmart switched off is on again", async () => {
      const world = await start();
      await setUp(world);
      const list = world.sent("GET", "/v3/webhooks/subscriptions");
      await setUp(world);
      const after = world.sent("GET", "/v3/webhooks/subscriptions").slice(list.length);
      const off = (after[0]?.responseBody ?? "").replace('"ACTIVE"', '"INACTIVE"');
      world.rig.inject("pass");
      world.rig.inject({ status: 200, body: off });
      expect(await setUp(world)).toMatchObject({ ok: true });
      expect(bodyOf(world.sent("PATCH", /subscriptions/)[0])).toMatchObject({ status: "ACTIVE" });
    });

    test("a topic that the keys may not hear of costs no other", async () => {
      const world = await start();
      world.rig.inject("pass", 2);
      world.rig.inject({ status: 403, body: errors("FORBIDDEN.GMP_GATEWAY_API") });
      const setup = await setUp(world);
      expect(setup?.ok && setup.topics).toHaveLength(5);
    });
  });

  describe("connect by keys of the seller's own", () => {
    const { connect } = channel;
    if (!connect) throw new Error("Walmart has it");
    const complete = (world: World, values: Readonly<Record<string, string>>) => {
      const { app, http, now } = world.rig.context;
      const grant = { values, returned: {}, redirectUrl: "", codeVerifier: "" };
      return connect.complete(grant, { app, http, now, signal: signal() });
    };
    const keys = platform.demo.secrets as { clientId: string; clientSecret: string };

    test("needs no consent page, and opens the account", async () => {
      const world = await start();
      expect(connect.needsNoConsent?.(keys)).toBe(true);
      expect(connect.needsNoConsent?.({ clientId: "one", clientSecret: " " })).toBe(false);
      const [account] = await complete(world, keys);
      expect(account).toMatchObject({
        accountId: platform.demo.accountId,
        label: "Walmart, Lockstep Demo Store (10001234567)",
        settings: { shipNode: "10000003527", sellerId: null },
        secrets: keys,
      });
    });

    test("wrong keys are refused in words, a wrong centre with those to choose from", async () => {
      const world = await start();
      const wrong = complete(world, { ...keys, clientSecret: "wrong-secret" });
      await expect(wrong).rejects.toThrow(ChannelFault);
      await expect(wrong).rejects.toMatchObject({ fault: { kind: "rejected" } });
      await expect(complete(world, { ...keys, shipNode: "1" })).rejects.toMatchObject({
        fault: { kind: "rejected", message: expect.stringContaining("10000003527") as string },
      });
    });

    test("an app without Walmart's approval asks for them", () => {
      const request = {
        state: "s",
        redirectUrl: "",
        handOverUrl: "",
        values: {},
        codeVerifier: "",
      };
      const app = channel.app.parse({});
      expect(() => connect.authorizeUrl?.(request, app)).toThrow(/client ID/);
    });
  });

  test("health reads each number once, and does without those that are not there", async () => {
    const world = await start();
    world.rig.inject({ status: 403, body: errors("FORBIDDEN.GMP_GATEWAY_API") });
    const health = await world.rig.session.readAccountHealth?.(signal());
    expect(health).toMatchObject({ ok: true, standing: "good" });
    // One is forbidden, and where nothing was sold nothing can be missing: no content.
    expect(health?.ok && health.metrics).toHaveLength(2);
    expect(world.sent("GET", /itemNotReceived/)[0]?.status).toBe(204);
  });

  test("nothing is forgotten over a restart", async () => {
    const world = await start();
    const held = await world.hold(2);
    const orderId = world.order(0, 2);
    await world.poll();
    await world.push(world.write(0, 40));
    await world.rig.session.setUpEvents?.({ url: "http://127.0.0.1:9/x", secret: "s" }, signal());
    const saved: unknown = JSON.parse(
      JSON.stringify(world.walmart.sandbox.platform("walmart").snapshot()),
    );
    const next = await start();
    next.walmart.sandbox.platform("walmart").restore(saved);
    expect(next.shown(0)).toBe(40);
    expect(await next.wireOrder(orderId)).toContain("Acknowledged");
    const [read] = await next.rig.session.readListings([held], signal());
    expect(read).toMatchObject({ ok: true, quantity: 60 });
    await next.push(next.write(0, 12));
    expect(next.shown(0)).toBe(12);
    const again = await next.rig.session.setUpEvents?.(
      { url: "http://127.0.0.1:9/x", secret: "s" },
      signal(),
    );
    expect(again).toMatchObject({ ok: true });
    expect(next.sent("POST", "/v3/webhooks/subscriptions")).toHaveLength(0);
  });

  describeSchema(scenario, () => rigs.flatMap(({ exchanges }) => exchanges));
});
