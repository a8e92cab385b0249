import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { Shelf } from "../shelf.ts";
import { provider, seller } from "./account.ts";
import { createAnnouncements } from "./announcements.ts";
import { createWalmartAuth } from "./auth.ts";
import { announcedBuyers } from "./buyers.ts";
import { createConsents } from "./consents.ts";
import { WalmartFeeds } from "./feeds.ts";
import { ok, refuse, sendAnswer, walmartError, type WalmartAnswer } from "./frame.ts";
import { WalmartInventory } from "./inventory.ts";
import { WalmartItems } from "./items.ts";
import { metered } from "./metered.ts";
import { WalmartOrders } from "./orders.ts";
import { routed } from "./routes.ts";
import { WalmartStock } from "./stock.ts";
import { WalmartWebhooks } from "./webhooks.ts";

const snapshotShape = z.looseObject({
  shelf: z.unknown(),
  stock: z.custom<ReturnType<WalmartStock["snapshot"]>>(),
  orders: z.custom<ReturnType<WalmartOrders["snapshot"]>>(),
  webhooks: z.custom<ReturnType<WalmartWebhooks["snapshot"]>>(),
  feeds: z.unknown(),
});

/** A page of the Seller Center that a person works at: `POST /seller-center/wfs` sends an item's stock to Walmart. */
const sellerCenterPath = "/seller-center/wfs";

/** Walmart Marketplace (US): inventory, items, prices, feeds, orders, notifications, performance. */
function createWalmartSandbox(context: SandboxContext): SandboxPlatform {
  const shelf = new Shelf(context, {
    // 13 digits, as the samples have them.
    orderId: (serial) => `1${String(serial).padStart(12, "0")}`,
    announce: (order) => {
      stock.sync(order.sku);
      orders.noteChange(order);
    },
  });
  const stock = new WalmartStock(context, shelf);
  const orders = new WalmartOrders(context, shelf, stock);
  const inventory = new WalmartInventory(context, stock);
  const items = new WalmartItems(context, stock);
  const feeds = new WalmartFeeds(context, stock);
  const webhooks = new WalmartWebhooks(context);
  const consents = createConsents(context);
  const auth = createWalmartAuth(context, consents);
  const parts = { context, inventory, items, feeds, orders, webhooks };

  function answer(request: SandboxRequest): WalmartAnswer {
    if (request.path === sellerCenterPath) return hold(stock, request);
    if (request.path === "/authorize") return consents.page(request.url.searchParams);
    if (request.method === "POST" && request.path === "/v3/token") {
      return metered(context, { operation: "token" }, () => auth.token(request));
    }
    const refusal = auth.refuse(request);
    if (refusal) return refusal;
    const call = routed(parts, request);
    if (!call) return refuse(404, "URI_NOT_FOUND.GMP_GATEWAY_API", "No such address");
    return metered(context, call, () => call.run());
  }

  return {
    id: "walmart",
    handle(request, response) {
      sendAnswer(request, response, answer(request));
      return Promise.resolve();
    },
    ...announcedBuyers({ shelf, stock, announcements: createAnnouncements(webhooks, stock) }),
    snapshot: () => ({
      shelf: shelf.snapshot(),
      stock: stock.snapshot(),
      orders: orders.snapshot(),
      webhooks: webhooks.snapshot(),
      feeds: feeds.snapshot(),
    }),
    restore(snapshot) {
      const saved = snapshotShape.parse(snapshot);
      shelf.restore(saved.shelf);
      stock.restore(saved.stock);
      orders.restore(saved.orders);
      webhooks.restore(saved.webhooks);
      feeds.restore(saved.feeds);
    },
  };
}

function hold(stock: WalmartStock, request: SandboxRequest): WalmartAnswer {
  const given = z.object({ sku: z.string() }).safeParse(parseJson(request.rawBody));
  const isHeld = given.success && stock.hold(given.data.sku);
  return isHeld ? ok({ held: given.data.sku }) : refuse(400, "INVALID_REQUEST", "No such item");
}

const definition: PlatformDefinition = {
  id: "walmart",
  // Sellers may bring keys of their own: the app needs none.
  credentials: [],
  variables: ({ sandboxUrl }) => ({
    WALMART_API_URL: `${sandboxUrl}/walmart`,
    WALMART_LOGIN_URL: `${sandboxUrl}/walmart`,
    WALMART_CLIENT_ID: provider.clientId,
    WALMART_CLIENT_SECRET: provider.clientSecret,
  }),
  // Three repeats after 5, 15 and 45 minutes, compressed.
  ladder: { delaysMs: [1_000, 3_000, 9_000], answerTimeoutMs: 5_000 },
  serverError: {
    errors: [walmartError("SYSTEM_ERROR.GMP_GATEWAY_API", "Internal error")],
  },
  demo: {
    accountId: seller.partnerId,
    marketplace: "",
    label: "Walmart",
    settings: () => ({ shipNode: seller.shipNode }),
    secrets: { clientId: seller.clientId, clientSecret: seller.clientSecret },
    values: () => ({ clientId: seller.clientId, clientSecret: seller.clientSecret }),
    listing: ({ code }) => ({ key: code, externalIds: { sku: code }, orderKey: code }),
  },
  create: createWalmartSandbox,
};
export default definition;
