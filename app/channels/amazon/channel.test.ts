import { describe, expect, test } from "vitest";
import { demoAccounts, demoCredentials } from "#sandbox/catalogue.ts";
import { createRig, type ChannelScenario } from "../conformance-rig.ts";
import { listingOf, startConformanceSandbox } from "../conformance-sandbox.ts";
import { describeChannel } from "../conformance.ts";
import type { OrdersPage } from "../contract.ts";
import channel from "./index.ts";
import { queueMessageOf } from "./queue.ts";

const errors = (code: string) => JSON.stringify({ errors: [{ code, message: code }] });
const signal = () => new AbortController().signal;

const start = async () => {
  const { sandbox, skus, variables } = await startConformanceSandbox();
  sandbox.control.setFaults({ rateLimitFactor: 1_000 });
  return {
    sandbox,
    variables,
    shopDomain: demoAccounts.shopify,
    accountId: demoAccounts.amazon,
    settings: { marketplaceId: demoAccounts.amazonMarketplace, region: "na" },
    secrets: demoCredentials.amazon,
    listings: skus.map(({ code, amazon }) => listingOf(code, amazon)),
    unknownListing: listingOf("GONE", { sku: "GONE / 1" }),
    close: () => sandbox.stop(),
  };
};

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  topics: ["ORDER_CHANGE"],
  start,
  answers: {
    unauthorised: { status: 403, body: errors("Unauthorized") },
    throttled: { status: 429, body: errors("QuotaExceeded") },
    unavailable: { status: 503, body: errors("ServiceUnavailable") },
  },
};

describeChannel(channel, scenario);

describe("channel amazon, beyond the contract", () => {
  test("a listing that Amazon ships is never written", async () => {
    const platform = await start();
    const rig = createRig(channel, scenario, platform);
    await rig.session.readListings(platform.listings.slice(0, 1), signal());
    const sku = "FBA-1";
    const fulfillmentAvailability = [{ fulfillmentChannelCode: "AMAZON_NA" }];
    rig.inject({
      status: 200,
      body: JSON.stringify({ items: [{ sku, fulfillmentAvailability }] }),
    });
    const calls = rig.calls();
    const write = { ...listingOf(sku, { sku }), quantity: 1, delta: 1, idempotencyKey: "k" };
    const [result] = await rig.session.pushQuantities([write], signal());
    expect(result).toMatchObject({ ok: false, fault: { kind: "unsupported" } });
    expect(rig.calls()).toBe(calls + 1);
    await platform.close();
  });

  test("INVALID with HTTP 200 is a refusal", async () => {
    const platform = await start();
    const rig = createRig(channel, scenario, platform);
    await rig.session.readListings(platform.listings.slice(0, 1), signal());
    const issues = [{ code: "90220", message: "Not a quantity.", severity: "ERROR" }];
    rig.inject({ status: 200, body: JSON.stringify({ status: "INVALID", issues }) });
    const [listing] = platform.listings;
    if (!listing) throw new Error("no listing");
    const write = { ...listing, quantity: 1, delta: 1, idempotencyKey: "k" };
    expect(await rig.session.pushQuantities([write], signal())).toMatchObject([
      { ok: false, fault: { kind: "rejected", code: "90220" } },
    ]);
    await platform.close();
  });

  test("withdrawn consent is revoked, not an outage", async () => {
    const platform = await start();
    platform.sandbox.control.setFaults({ channel: "amazon", consentRevoked: true });
    const rig = createRig(channel, scenario, platform);
    const [read] = await rig.session.readListings(platform.listings.slice(0, 1), signal());
    expect(read).toMatchObject({ ok: false, fault: { kind: "revoked" } });
    await platform.close();
  });

  test("an order comes out of the queue, the poll and the fetch as the same snapshot", async () => {
    const platform = await start();
    const rig = createRig(channel, scenario, platform);
    const { session } = rig;
    const placed = platform.sandbox.control.order({
      channel: "amazon",
      sku: platform.listings[0]?.sku ?? "",
      quantity: 2,
    });
    if (!placed.accepted) throw new Error("the order was refused");
    const messages = (await session.receiveMessages?.(signal())) ?? [];
    expect(messages).toMatchObject([{ topic: "ORDER_CHANGE", accountId: demoAccounts.amazon }]);
    await session.deleteMessages?.(messages);

    const [fact] = messages.flatMap((message) => channel.parseEvent(message));
    const page = await session.listChangedOrders?.(null, signal());
    const fetched = await session.fetchOrders?.([placed.orderId, "111-0000000-0000000"], signal());
    if (fact?.kind !== "order" || !page?.ok || !fetched?.ok) throw new Error("no order");
    expect(fact.order).toMatchObject({ orderId: placed.orderId, lines: [{ quantity: 2 }] });
    expect(page.orders).toEqual([fact.order]);
    expect(fetched.orders).toEqual([fact.order]);

    const next = await session.listChangedOrders?.(page.cursor, signal());
    expect(next).toMatchObject({ ok: true, more: false });

    platform.sandbox.control.cancel({ channel: "amazon", orderId: placed.orderId });
    const cancelled = (await session.receiveMessages?.(signal())) ?? [];
    expect(cancelled.flatMap((message) => channel.parseEvent(message))).toMatchObject([
      { kind: "order", order: { orderId: placed.orderId, cancelled: true } },
    ]);
    await platform.close();
  });

  test("paging ends and every order is seen", async () => {
    const platform = await start();
    const { session } = createRig(channel, scenario, platform);
    const placed = Array.from({ length: 230 }, (_, index) => {
      const sku = platform.listings[index % 8]?.sku ?? "";
      const order = platform.sandbox.control.order({ channel: "amazon", sku, quantity: 1 });
      return order.accepted ? order.orderId : "refused";
    });
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let more = true; more;) {
      const page: OrdersPage | undefined = await session.listChangedOrders?.(cursor, signal());
      if (!page?.ok) throw new Error(page?.fault.message);
      seen.push(...page.orders.map((order) => order.orderId));
      ({ cursor, more } = page);
    }
    expect(seen.toSorted()).toEqual(placed.toSorted());
    await platform.close();
  });

  test("past the rate limit the rest of a push is given back with the wait", async () => {
    const platform = await start();
    const rig = createRig(channel, scenario, platform);
    const listings = platform.listings;
    await rig.session.readListings(listings, signal());
    const throttled = { status: 429, body: errors("QuotaExceeded") };
    rig.inject(throttled, 5);
    const before = rig.calls();
    const writes = listings.map((listing) => ({
      ...listing,
      quantity: 1,
      delta: 1,
      idempotencyKey: listing.sku,
    }));
    const results = await rig.session.pushQuantities(writes, signal());
    expect(rig.calls() - before).toBe(5);
    expect(results).toMatchObject(
      writes.map(() => ({ ok: false, fault: { kind: "rate-limited", retryAfterMs: 200 } })),
    );
    await platform.close();
  });

  test("a wait for messages ends at once when it is cut off", async () => {
    const platform = await start();
    const rig = createRig(channel, scenario, platform);
    const stop = new AbortController();
    const waiting = rig.session.receiveMessages?.(stop.signal);
    setTimeout(() => {
      stop.abort();
    }, 50);
    expect(await waiting).toEqual([]);
    await platform.close();
  });

  test.each([
    [{ EventTime: "soon", NotificationType: 5, Payload: { Odd: { SellerId: "S" } } }, "unknown"],
    [
      {
        EventTime: [],
        NotificationType: "ORDER_CHANGE",
        Payload: { OrderChangeNotification: { SellerId: "S" }, x: 1 },
      },
      "ORDER_CHANGE",
    ],
  ])(
    "an odd message of a known seller is stored, and a dead letter with words: %j",
    (odd, topic) => {
      const message = queueMessageOf({ MessageId: "m1", Body: JSON.stringify(odd) });
      expect(message).toMatchObject({
        accountId: "S",
        externalEventId: "m1",
        topic,
        occurredAt: null,
      });
      expect(channel.parseEvent(message)).toEqual([
        {
          kind: "unreadable",
          reason: expect.stringMatching(/^Amazon's .* cannot be read[^\n]*\.$/) as string,
        },
      ]);
    },
  );

  test.each([undefined, "", "null", "[]", "5", "\ud800"])(
    "a message with the body %j has no owner",
    (Body) => {
      const message = queueMessageOf(Body === undefined ? {} : { Body });
      expect(message).toMatchObject({ accountId: "", topic: "unknown" });
      expect(message.externalEventId).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  test("a message that nobody can read still has a key", () => {
    expect(queueMessageOf({ MessageId: "m1", ReceiptHandle: "r1", Body: "<xml>" })).toEqual({
      externalEventId: "m1",
      topic: "unknown",
      accountId: "",
      occurredAt: null,
      payload: "<xml>",
      receipt: "r1",
    });
  });
});
