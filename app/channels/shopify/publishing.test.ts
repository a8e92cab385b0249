import { expect, test } from "vitest";
import type { ListingRef, QuantityWrite } from "../contract.ts";
import { endListings, relistListings } from "./publishing.ts";
import { stubShop } from "./shop-stub.ts";

const signal = new AbortController().signal;
const store = "gid://shopify/Publication/1";
const till = "gid://shopify/Publication/2";
const variantId = "gid://shopify/ProductVariant/5";
const inventoryItemId = "gid://shopify/InventoryItem/5";

const listing: ListingRef = {
  ...{ listingId: "l", sku: "s" },
  externalIds: { inventoryItemId, locationId: "here", variantId, productId: "p" },
};
const write: QuantityWrite = { ...listing, quantity: 3, delta: 0, idempotencyKey: "k" };
const inputOf = (...ids: string[]) => ids.map((publicationId) => ({ publicationId }));

/** A variant that is published here and remembered so; `gone`: a publication that is no more. */
function shopWith(start: {
  published?: string[];
  ended?: string[];
  gone?: string;
  ofProduct?: string[];
}) {
  const published = new Set(start.published ?? []);
  let ended = start.ended ? JSON.stringify(start.ended) : null;
  const publicationsOf = ({ input }: Readonly<Record<string, unknown>>) =>
    (input as { publicationId: string }[]).map(({ publicationId }) => publicationId);
  return stubShop({
    LockstepVariants: () => ({ data: { shop: { currencyCode: "USD" }, nodes: [] } }),
    LockstepPublished: () => ({
      data: {
        nodes: [
          {
            ...{ id: variantId, ended: ended === null ? null : { value: ended } },
            resourcePublicationsV2: {
              nodes: [...published].map((id) => ({ publication: { id } })),
            },
            product: {
              resourcePublicationsV2: {
                nodes: (start.ofProduct ?? []).map((id) => ({ publication: { id } })),
              },
            },
          },
        ],
      },
    }),
    LockstepRemember: ({ metafields }) => {
      ended = (metafields as { value: string }[])[0]?.value ?? null;
      return { data: { metafieldsSet: { userErrors: [] } } };
    },
    LockstepForget: () => {
      ended = null;
      return { data: { metafieldsDelete: { userErrors: [] } } };
    },
    LockstepUnpublish: (variables) => {
      for (const id of publicationsOf(variables)) published.delete(id);
      return { data: { publishableUnpublish: { userErrors: [] } } };
    },
    LockstepPublish: (variables) => {
      const ids = publicationsOf(variables);
      const at = ids.indexOf(start.gone ?? "");
      if (at >= 0) {
        const field = ["input", String(at), "publicationId"];
        const userErrors = [{ field, message: "Publication does not exist" }];
        return { data: { publishablePublish: { userErrors } } };
      }
      for (const id of ids) published.add(id);
      return { data: { publishablePublish: { userErrors: [] } } };
    },
    LockstepPublications: () => ({
      data: {
        publications: {
          nodes: [
            { id: till, channels: { nodes: [{ handle: "pos" }] } },
            { id: store, channels: { nodes: [{ handle: "online_store" }] } },
          ],
        },
      },
    }),
    LockstepLevels: () => ({
      data: {
        nodes: [{ inventoryLevel: { quantities: [{ name: "available", quantity: 3 }] } }],
      },
    }),
  });
}

test("written down before it is taken off; a second try adds nothing and forgets nothing", async () => {
  const { client, calls, called } = shopWith({ published: [store, till] });
  expect(await endListings(client, [listing, listing], signal)).toEqual([
    { ok: true },
    { ok: true },
  ]);
  expect(await endListings(client, [listing], signal)).toEqual([{ ok: true }]);
  expect(calls.map(({ operation }) => operation).slice(2, 4)).toEqual([
    "LockstepRemember",
    "LockstepUnpublish",
  ]);
  const values = called("LockstepRemember").map(
    ({ metafields }) => (metafields as { value: string }[])[0]?.value,
  );
  expect(values).toEqual([JSON.stringify([store, till]), JSON.stringify([store, till])]);
  expect(called("LockstepUnpublish").map(({ input }) => input)).toEqual([
    inputOf(store, till),
    inputOf(store, till),
  ]);
});

test("a variant that shows no publications of its own is taken off its product's", async () => {
  const { client, called } = shopWith({ ofProduct: [store] });
  expect(await endListings(client, [listing], signal)).toEqual([{ ok: true }]);
  expect(called("LockstepUnpublish").map(({ input }) => input)).toEqual([inputOf(store)]);
});

test("put back where it was, and a sales channel that is gone is left out", async () => {
  const { client, called } = shopWith({ ended: [till, store], gone: till });
  expect(await relistListings(client, [write], signal)).toEqual([{ ok: true }]);
  expect(called("LockstepPublish").map(({ input }) => input)).toEqual([
    inputOf(till, store),
    inputOf(store),
  ]);
  expect(called("LockstepForget")).toHaveLength(1);
});

test("what was never published by us goes to the online store; what is on sale stays", async () => {
  const nowhere = shopWith({});
  expect(await relistListings(nowhere.client, [write], signal)).toEqual([{ ok: true }]);
  expect(nowhere.called("LockstepPublish").map(({ input }) => input)).toEqual([inputOf(store)]);
  const onSale = shopWith({ published: [till] });
  expect(await relistListings(onSale.client, [write], signal)).toEqual([{ ok: true }]);
  expect(onSale.called("LockstepPublish")).toEqual([]);
});

test("a variant that is not there fails alone", async () => {
  const { client } = shopWith({ published: [store] });
  const externalIds = { ...listing.externalIds, variantId: "gid://shopify/ProductVariant/6" };
  const stranger = { ...listing, externalIds };
  expect(await endListings(client, [stranger, listing], signal)).toMatchObject([
    { fault: { kind: "unknown-listing" } },
    { ok: true },
  ]);
});
