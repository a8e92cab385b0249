import { expect, test } from "vitest";
import type { QuantityWrite } from "../contract.ts";
import { setQuantities } from "./compare-and-set.ts";
import { stubShop, type StubAnswer } from "./shop-stub.ts";

const signal = new AbortController().signal;

/** Levels by item; each set is answered by `answerTo`. */
function shopOf(levels: Record<string, number>, answerTo: (round: number) => readonly object[]) {
  let round = 0;
  const answers = {
    LockstepLevels: ({ ids }: Readonly<Record<string, unknown>>): StubAnswer => ({
      data: {
        shop: { currencyCode: "USD" },
        nodes: (ids as string[]).map((id) =>
          levels[id] === undefined
            ? null
            : {
                inventoryLevel: { quantities: [{ name: "available", quantity: levels[id] }] },
              },
        ),
      },
    }),
    LockstepSet: (): StubAnswer => {
      round += 1;
      return { data: { inventorySetQuantities: { userErrors: answerTo(round) } } };
    },
  };
  return stubShop(answers);
}

function write(item: string, quantity: number): QuantityWrite {
  const externalIds = { inventoryItemId: item, locationId: "here" };
  return { listingId: item, sku: item, externalIds, quantity, delta: 0, idempotencyKey: item };
}

const error = (code: string, index: number) => ({
  ...{ code, message: "no" },
  field: ["input", "quantities", String(index), "quantity"],
});

test("only what differs is written, under the condition of what was read", async () => {
  const { client, called } = shopOf({ a: 4, b: 7 }, () => []);
  expect(await setQuantities(client, [write("a", 5), write("b", 7)], signal)).toEqual([
    { ok: true },
    { ok: true },
  ]);
  expect(called("LockstepSet")).toMatchObject([
    { input: { quantities: [{ inventoryItemId: "a", quantity: 5, changeFromQuantity: 4 }] } },
  ]);
});

test("a number that never holds still is left for later, each try under its own key", async () => {
  const { client, called } = shopOf({ a: 4 }, () => [error("CHANGE_FROM_QUANTITY_STALE", 0)]);
  expect(await setQuantities(client, [write("a", 5)], signal)).toMatchObject([
    { ok: false, fault: { kind: "unavailable" } },
  ]);
  const keys = called("LockstepSet").map(({ key }) => key);
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(4);
});

test("one bad element fails alone; the rest goes out again", async () => {
  const { client, called } = shopOf({ a: 4, b: 4 }, (round) =>
    round === 1 ? [error("INVALID_QUANTITY_TOO_HIGH", 0)] : [],
  );
  expect(await setQuantities(client, [write("a", 9), write("b", 5)], signal)).toMatchObject([
    { ok: false, fault: { kind: "rejected" } },
    { ok: true },
  ]);
  expect(called("LockstepSet")).toHaveLength(2);
});

test("what is wrong with the batch is said of all of it, once", async () => {
  const { client, called } = shopOf({ a: 4, b: 4 }, () => [
    { code: "INVALID_REASON", message: "no", field: ["input", "reason"] },
  ]);
  expect(await setQuantities(client, [write("a", 9), write("b", 5)], signal)).toMatchObject([
    { fault: { kind: "unexpected" } },
    { fault: { kind: "unexpected" } },
  ]);
  expect(called("LockstepSet")).toHaveLength(1);
});

test("an item that is gone, or that others keep, is not written", async () => {
  const { client, called } = shopOf({}, () => []);
  const held = write("a", 5);
  const bundle = { ...held, externalIds: { ...held.externalIds, heldBy: "bundle" } };
  expect(await setQuantities(client, [write("gone", 5), bundle], signal)).toMatchObject([
    { fault: { kind: "unknown-listing" } },
    { fault: { kind: "unsupported" } },
  ]);
  expect(called("LockstepSet")).toEqual([]);
});
