import { describe, expect, test } from "vitest";
import { parseAmazonEvent } from "./events.ts";
import { queueMessageOf } from "./queue.ts";
import { rememberSubscription } from "./subscription-owners.ts";

const messageOf = (body: unknown) =>
  queueMessageOf({ MessageId: "m1", Body: JSON.stringify(body) });

describe("whose message it is", () => {
  test.each([
    ["deep", { OrderChangeNotification: { SellerId: "S" } }],
    ["flat", { SellerId: "S", Sku: "A" }],
    ["small letters", { feedProcessingFinishedNotification: { sellerId: "S" } }],
    ["by another name", { X: { MerchantId: "S" } }],
    ["beside something odd", { Odd: 5, None: null, X: { SellerId: "S" } }],
  ])("the payload names the seller: %s", (_, payload) => {
    expect(messageOf({ NotificationType: "T", Payload: payload })).toMatchObject({
      ...{ accountId: "S", topic: "T", externalEventId: "m1" },
    });
    expect(messageOf({ notificationType: "T", payload })).toMatchObject({ accountId: "S" });
  });

  test("one that names its subscription alone belongs to who set it up here", () => {
    const body = {
      notificationType: "ACCOUNT_STATUS_CHANGED",
      payload: { accountStatusChangeNotification: { currentAccountStatus: "AT_RISK" } },
      notificationMetadata: { subscriptionId: "sub-1", notificationId: "n-1" },
    };
    expect(messageOf(body)).toMatchObject({ accountId: "", externalEventId: "n-1" });
    rememberSubscription("sub-1", "S9");
    expect(messageOf(body)).toMatchObject({ accountId: "S9" });
  });

  test("a type without metadata is known by its content, not by the message it came in", () => {
    const body = JSON.stringify({
      NotificationType: "FBA_INVENTORY_AVAILABILITY_CHANGES",
      Payload: { SellerId: "S" },
    });
    const ids = ["m1", "m2"].map(
      (MessageId) => queueMessageOf({ MessageId, Body: body }).externalEventId,
    );
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(ids[1]).toBe(ids[0]);
  });
});

describe("odd messages", () => {
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
  ])("one of a known seller is stored, and a dead letter with words: %j", (odd, topic) => {
    const message = messageOf(odd);
    expect(message).toMatchObject({
      accountId: "S",
      externalEventId: "m1",
      topic,
      occurredAt: null,
    });
    expect(parseAmazonEvent(message)).toEqual([
      {
        kind: "unreadable",
        reason: expect.stringMatching(/^Amazon's .* cannot be read[^\n]*\.$/) as string,
      },
    ]);
  });

  test.each([undefined, "", "null", "[]", "5", "\ud800"])("the body %j has no owner", (Body) => {
    const message = queueMessageOf(Body === undefined ? {} : { Body });
    expect(message).toMatchObject({ accountId: "", topic: "unknown" });
    expect(message.externalEventId).toMatch(/^[0-9a-f]{64}$/);
  });

  test("one that nobody can read still has a key", () => {
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

describe("a seller's connections of several marketplaces", () => {
  const us = { marketplaceId: "ATVPDKIKX0DER", region: "na" };
  const canada = { marketplaceId: "A2EUQ1WTGCTBG2", region: "na" };
  const elsewhere = [
    { kind: "ignored", reason: "It is about another marketplace of this seller." },
  ];
  const status = (MarketplaceId?: string) => ({
    topic: "LISTINGS_ITEM_STATUS_CHANGE",
    payload: JSON.stringify({ Payload: { Sku: "A", MarketplaceId } }),
  });
  const order = {
    topic: "ORDER_CHANGE",
    payload: JSON.stringify({
      EventTime: "2026-01-01T00:00:00Z",
      Payload: {
        OrderChangeNotification: {
          AmazonOrderId: "1",
          NotificationLevel: "OrderLevel",
          Summary: {
            MarketplaceId: us.marketplaceId,
            OrderStatus: "Pending",
            PurchaseDate: "2026-01-01T00:00:00Z",
            FulfillmentType: "MFN",
            OrderItems: [],
          },
        },
      },
    }),
  };

  test("an order is the one's, and nothing to the other", () => {
    expect(parseAmazonEvent({ ...order, settings: us })).toMatchObject([{ kind: "order" }]);
    expect(parseAmazonEvent({ ...order, settings: canada })).toEqual(elsewhere);
    expect(parseAmazonEvent(order)).toMatchObject([{ kind: "order" }]);
  });

  test("a listing change is the one's, or everybody's where no marketplace is named", () => {
    const hint = [{ kind: "level-hint", match: { sku: "A" } }];
    const { marketplaceId } = us;
    expect(parseAmazonEvent({ ...status(marketplaceId), settings: us })).toEqual(hint);
    expect(parseAmazonEvent({ ...status(marketplaceId), settings: canada })).toEqual(elsewhere);
    expect(parseAmazonEvent({ ...status(), settings: canada })).toEqual(hint);
    expect(parseAmazonEvent({ ...status(marketplaceId), settings: "odd" })).toEqual(hint);
  });
});
