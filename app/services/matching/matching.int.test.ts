import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { shopWithStock, type ShopWithStock } from "#tests/fixtures/shop-with-stock.ts";
import { acceptSuggestions, decideMatches } from "./decide-matches.ts";
import { exportMatches } from "./export-matches.ts";
import { importMatches } from "./import-matches.ts";
import { listMatchQueue } from "./list-match-queue.ts";
import { matchListings, rematchConnection } from "./match-listings.ts";

let shop: ShopWithStock;
let connectionId: string;

beforeEach(async () => {
  shop = await shopWithStock(["TEE-001-S", "CAP", "MUG"]);
  connectionId = newId();
  await db().connection.create({
    data: {
      ...{ shopId: shop.shopId, id: connectionId, channel: "ebay", accountId: newId() },
      ...{ label: "eBay 2", secrets: "none", status: "review" },
    },
  });
  await setBarcode("CAP", "0012345678905");
});
afterAll(async () => {
  await closeQueues();
  await closeDb();
});

async function setBarcode(code: string, barcode: string): Promise<void> {
  await db().sku.update({
    where: { shopId_code: { shopId: shop.shopId, code } },
    data: { barcode },
  });
}

interface Given {
  readonly channelSku?: string | null;
  readonly title?: string;
  readonly barcode?: string | null;
  readonly key?: string;
}

/** A listing as an import leaves it. */
async function listing(given: Given): Promise<string> {
  const id = newId();
  const { channelSku = null, title = "", barcode = null, key = id } = given;
  await db().listing.create({
    data: {
      ...{ shopId: shop.shopId, id, connectionId, listingKey: key, channelSku, title, barcode },
      ...{ externalIds: { sku: key }, orderKey: key },
    },
  });
  return id;
}

async function skuOf(listingId: string): Promise<string | null> {
  const row = await db().listing.findFirstOrThrow({ where: { id: listingId } });
  if (row.skuId === null) return null;
  return (await db().sku.findFirstOrThrow({ where: { id: row.skuId } })).code;
}

async function queued(listingId: string) {
  const { listings } = await listMatchQueue({
    ...{ shopId: shop.shopId, connectionId, after: null, pageSize: 100 },
  });
  return listings.find((one) => one.listingId === listingId);
}

const match = (...ids: string[]) => matchListings(shop.shopId, connectionId, ids);

describe("matching", () => {
  it.each<[string, Given, string | null]>([
    ["the same SKU text", { channelSku: "TEE-001-S" }, "TEE-001-S"],
    ["the same text and the same barcode", { channelSku: "CAP", barcode: "12345678905" }, "CAP"],
    ["the same text, barcode unknown here", { channelSku: "MUG", barcode: "123" }, "MUG"],
    ["another case", { channelSku: "tee-001-s" }, null],
    ["space around it", { channelSku: " TEE-001-S " }, null],
    ["the same barcode alone", { barcode: "12345678905" }, null],
    ["the same title alone", { title: "Title of CAP" }, null],
    ["nothing", {}, null],
    ["the same text, another barcode", { channelSku: "CAP", barcode: "999" }, null],
  ])("%s: nothing is matched silently on a guess", async (_what, given, sku) => {
    const id = await listing(given);
    expect(await match(id)).toBe(sku === null ? 0 : 1);
    expect(await skuOf(id)).toBe(sku);
  });

  it.each<[string, Given, string, string, string | null]>([
    ["another case", { channelSku: "tee 001 s" }, "suggested", "sku-variant", "TEE-001-S"],
    ["a UPC for an EAN", { barcode: "012345678905" }, "suggested", "barcode", "CAP"],
    ["a title nearly the same", { title: "title of MUG!" }, "suggested", "title", "MUG"],
    [
      "text and barcode that contradict",
      { channelSku: "CAP", barcode: "999" },
      "conflict",
      "sku",
      "CAP",
    ],
  ])("%s is a suggestion with a score", async (_what, given, kind, rule, sku) => {
    const id = await listing(given);
    await match(id);
    const row = await queued(id);
    expect(row?.kind).toBe(kind);
    expect(row?.suggestions[0]).toMatchObject({ rule, code: sku });
    expect(row?.suggestions[0]?.score).toBeGreaterThan(0.3);
    expect(row?.suggestions[0]?.score).toBeLessThanOrEqual(1);
  });

  it("two SKUs as likely are a conflict, and no click accepts it unseen", async () => {
    await db().sku.create({
      data: { shopId: shop.shopId, id: newId(), code: "tee001s", title: "x" },
    });
    const id = await listing({ channelSku: "TEE 001-s" });
    await match(id);
    expect(await queued(id)).toMatchObject({ kind: "conflict", suggestions: { length: 2 } });
    const accepted = await acceptSuggestions({
      ...{ shopId: shop.shopId, connectionId },
      scoreMin: 0,
    });
    expect(accepted).toBe(0);
    expect(await skuOf(id)).toBe(null);
  });

  it("sure suggestions are accepted together; several listings may be one SKU", async () => {
    const ids = [await listing({ channelSku: "cap" }), await listing({ barcode: "12345678905" })];
    const vague = await listing({ title: "Title of MUG" });
    await match(...ids, vague);
    const scope = { shopId: shop.shopId, connectionId };
    await queued(vague);
    expect(await acceptSuggestions({ ...scope, scoreMin: 0.9 })).toBe(2);
    expect(await Promise.all(ids.map(skuOf))).toEqual(["CAP", "CAP"]);
    expect(await skuOf(vague)).toBe(null);
  });

  it("a SKU that comes later is found by looking again", async () => {
    const id = await listing({ channelSku: "NEW" });
    expect(await match(id)).toBe(0);
    await db().sku.create({ data: { shopId: shop.shopId, id: newId(), code: "NEW" } });
    expect(await rematchConnection(shop.shopId, connectionId)).toBe(1);
    expect(await skuOf(id)).toBe("NEW");
  });

  it("an ignored listing leaves the queue, and is not matched by looking again", async () => {
    const id = await listing({ channelSku: "LATER" });
    await decideMatches(shop.shopId, [{ listingId: id, as: "ignored" }], "manual");
    expect(await queued(id)).toBe(undefined);
    await db().sku.create({ data: { shopId: shop.shopId, id: newId(), code: "LATER" } });
    expect(await rematchConnection(shop.shopId, connectionId)).toBe(0);
    await decideMatches(shop.shopId, [{ listingId: id, as: "unmatched" }], "manual");
    expect(await rematchConnection(shop.shopId, connectionId)).toBe(1);
  });

  it("Apart: another shop's listing is not changed by its id", async () => {
    const stranger = await shopWithStock(["A"]);
    const theirs = await db().listing.findFirstOrThrow({ where: { shopId: stranger.shopId } });
    const changed = await decideMatches(
      shop.shopId,
      [{ listingId: theirs.id, as: "ignored" }],
      "manual",
    );
    expect(changed.size).toBe(0);
    expect(await db().listing.count({ where: { id: theirs.id, ignored: false } })).toBe(1);
  });

  it("the queue is paged and ends", async () => {
    for (let count = 0; count < 5; count += 1) await listing({ title: `Thing ${count}` });
    const seen: string[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 5; pages += 1) {
      const page: Awaited<ReturnType<typeof listMatchQueue>> = await listMatchQueue({
        ...{ shopId: shop.shopId, connectionId, after, pageSize: 2 },
      });
      seen.push(...page.listings.map(({ listingId }) => listingId));
      if (page.next === null) break;
      after = page.next;
    }
    expect(new Set(seen).size).toBe(5);
  });
});

describe("bundles", () => {
  const components = () => [
    { skuId: shop.skuIds["CAP"] ?? "", quantity: 2 },
    { skuId: shop.skuIds["MUG"] ?? "", quantity: 1 },
  ];

  it("a listing of several SKUs gets a bundle, the same ones the same bundle", async () => {
    const ids = [await listing({ channelSku: "SET" }), await listing({ channelSku: "SET-2" })];
    await decideMatches(
      shop.shopId,
      ids.map((listingId) => ({ listingId, as: "bundle" as const, components: components() })),
      "manual",
    );
    expect(await Promise.all(ids.map(skuOf))).toEqual(["SET", "SET"]);
    expect(await db().bundleComponent.count({ where: { shopId: shop.shopId } })).toBe(2);
  });

  it.each([
    ["no components", () => []],
    ["one twice", () => [...components(), ...components()]],
    ["no units", () => [{ skuId: shop.skuIds["CAP"] ?? "", quantity: 0 }]],
    ["half a unit", () => [{ skuId: shop.skuIds["CAP"] ?? "", quantity: 0.5 }]],
  ])("%s make no bundle", async (_what, parts) => {
    const listingId = await listing({});
    const wrong = [{ listingId, as: "bundle" as const, components: parts() }];
    await expect(decideMatches(shop.shopId, wrong, "manual")).rejects.toThrow(RangeError);
  });
});

describe("the file", () => {
  const text = async () => {
    let file = "";
    for await (const piece of exportMatches(shop.shopId, connectionId)) file += piece;
    return file;
  };

  it("what comes out goes in again and changes nothing", async () => {
    await listing({ channelSku: "TEE-001-S", key: "a", title: 'A "quoted", title\nof two lines' });
    await listing({ channelSku: "=HYPERLINK(1)", key: "=b" });
    const bundle = await listing({ channelSku: "SET", key: "c" });
    await rematchConnection(shop.shopId, connectionId);
    const components = [{ skuId: shop.skuIds["CAP"] ?? "", quantity: 2 }];
    await decideMatches(shop.shopId, [{ listingId: bundle, as: "bundle", components }], "manual");
    const file = await text();
    expect(file).toContain("'=HYPERLINK(1)");
    expect(file).toContain("CAP:2");
    const report = await importMatches(shop.shopId, connectionId, [file]);
    expect(report).toMatchObject({ lines: 3, ignored: 0, unmatched: 0, problems: [] });
    expect(await skuOf(bundle)).toBe("SET");
    expect(await text()).toBe(file);
  });

  it("good lines count, bad ones come back with their reason and line", async () => {
    const [a, b, c] = [
      await listing({ key: "a" }),
      await listing({ key: "b" }),
      await listing({ key: "c" }),
    ];
    const file = ["Listing;ignored column", ""].join("");
    expect(file).not.toBe("");
    const report = await importMatches(shop.shopId, connectionId, [
      "\uFEFFlisting,sku,components,action\n",
      "a,CAP,,\n",
      "b,,CAP:2; MUG,\n",
      "c,,,ignore\n",
      "gone,CAP,,\n",
      "a,NOTHING,,\n",
      "b,CAP,MUG,\n",
      "c,,CAP:0,\n",
      "c,,,explode\n",
      "c,,,match\n",
    ]);
    expect(report).toMatchObject({ lines: 9, matched: 2, ignored: 1 });
    expect(report.problems.map(({ line, reason }) => [line, reason])).toEqual([
      [9, expect.stringContaining("explode")],
      [5, expect.stringContaining("no listing")],
      [6, expect.stringContaining("NOTHING")],
      [7, expect.stringContaining("not both")],
      [8, expect.stringContaining("1 to")],
      [10, expect.stringContaining("names no SKU")],
    ]);
    expect(await skuOf(a)).toBe("CAP");
    expect(await skuOf(b)).toMatch(/^BUNDLE-/);
    expect(await db().listing.count({ where: { id: c, ignored: true } })).toBe(1);
  });

  it("a dry run says what would happen and changes nothing", async () => {
    const id = await listing({ key: "a" });
    const lines = ["listing,sku\na,CAP\n"];
    expect(await importMatches(shop.shopId, connectionId, lines, true)).toMatchObject({
      matched: 1,
    });
    expect(await skuOf(id)).toBe(null);
  });

  it.each([
    ["another file", ["name,sku\na,b\n"], "listing"],
    ["an open quote", ['listing,sku\n"a,b\n'], "CSV"],
  ])("%s is refused in words", async (_what, lines, words) => {
    await expect(importMatches(shop.shopId, connectionId, lines)).rejects.toThrow(words);
  });

  it("an empty file does nothing", async () => {
    expect(await importMatches(shop.shopId, connectionId, [""])).toMatchObject({ lines: 0 });
  });
});
