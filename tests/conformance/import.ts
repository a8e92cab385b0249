import { describe, expect, test } from "vitest";
import { describeSchema } from "./schema.ts";
import { groundOf, neverAborted, powersOfScenario, type Ground } from "./ground.ts";
import type { ChannelScenario } from "./rig.ts";
import { importPageSizeMax, type Channel, type ImportedListing } from "#app/channels/contract.ts";

/** More SKUs than one page of most channels holds. */
const skus = 260;
/** Calls of `listListings` that an import of this suite may take, waits included. */
const pagesMax = 200;
const waitMsMax = 50;

/** The import: all listings once, page by page, by whoever holds the cursor. */
export function describeImport(channel: Channel, scenario: ChannelScenario): void {
  if (!powersOfScenario(channel, scenario).has("listListings")) return;
  describe("import", () => {
    const ground = groundOf(channel, scenario, { skus });

    test("finds every listing once, as later calls need it", async () => {
      const { listings } = await importAll(ground);
      const { demo } = ground.platform.definition;
      const byKey = new Map(listings.map((listing) => [listing.key, listing]));
      expect(byKey.size).toBe(listings.length);
      for (const sku of ground.platform.skus) {
        const { key, externalIds, orderKey } = demo.listing(sku);
        expect(byKey.get(key)).toMatchObject({ externalIds, orderKey, sku: sku.code });
      }
      for (const listing of listings) expectSound(listing);
    });

    test("says what is on sale, for how much", async () => {
      const { listings } = await importAll(ground);
      const { demo } = ground.platform.definition;
      const byKey = new Map(listings.map((listing) => [listing.key, listing]));
      for (const sku of ground.platform.skus.slice(0, 20)) {
        const listing = byKey.get(demo.listing(sku).key);
        expect(listing).toMatchObject({ state: "active", heldByChannel: false });
        if (listing?.price) expect(listing.price.minor).toBe(sku.priceMinor);
        if (listing?.quantity != null) expect(listing.quantity).toBeGreaterThan(0);
      }
    });

    test("another process goes on where the first one stopped", async () => {
      const whole = await importAll(ground);
      expect(whole.cursors.length).toBeGreaterThan(0);
      const at = Math.floor(whole.cursors.length / 2);
      const seenBefore = whole.pages.slice(0, at + 1).flat();
      const rest = await importAll(ground, whole.cursors[at] ?? null);
      const keys = new Set([...seenBefore, ...rest.listings].map(({ key }) => key));
      expect(keys).toEqual(new Set(whole.listings.map(({ key }) => key)));
    });

    test("an outage ends the page with its reason, and the cursor still works", async () => {
      const { session } = ground.rig;
      if (!session.listListings) throw new Error("unreachable");
      const { control } = ground.platform.sandbox;
      control.setFaults({ channel: channel.id, down: true });
      const page = await session.listListings(null, neverAborted());
      control.setFaults({ channel: channel.id, down: false });
      expect(page).toMatchObject({ ok: false, fault: { kind: "unavailable" } });
      expect((await importAll(ground)).listings.length).toBeGreaterThanOrEqual(skus);
    });

    describeSchema(scenario, () => ground.exchanges());
  });
}

function expectSound(listing: ImportedListing): void {
  expect(listing.key.length).toBeGreaterThan(0);
  expect(listing.key.length).toBeLessThanOrEqual(200);
  expect(Object.keys(listing.externalIds).length).toBeLessThanOrEqual(20);
  for (const id of Object.values(listing.externalIds)) expect(typeof id).toBe("string");
  expect(listing.orderKey).not.toBe("");
  expect(listing.title).not.toBe("");
  if (listing.quantity !== null) expect(Number.isSafeInteger(listing.quantity)).toBe(true);
  if (listing.price) expect(Number.isSafeInteger(listing.price.minor)).toBe(true);
}

async function importAll(ground: Ground, from: string | null = null) {
  // A process of its own: nothing but the cursor is carried over.
  const { session } = ground.freshRig();
  const pages: ImportedListing[][] = [];
  const cursors: string[] = [];
  let cursor: string | null = from;
  if (!session.listListings) throw new Error("unreachable");
  for (let page = 0; page < pagesMax; page += 1) {
    const result = await session.listListings(cursor, neverAborted());
    if (!result.ok) throw new Error(`the page failed: ${JSON.stringify(result.fault)}`);
    expect(result.listings.length).toBeLessThanOrEqual(importPageSizeMax);
    pages.push([...result.listings]);
    if (result.total !== null) expect(result.total).toBeGreaterThanOrEqual(skus);
    if (result.cursor === null) return { pages, cursors, listings: pages.flat() };
    cursor = result.cursor;
    cursors.push(result.cursor);
    const waitMs = Math.min(result.waitMs ?? 0, waitMsMax);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  throw new Error("the import does not end");
}
