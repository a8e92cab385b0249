import { describe, expect, test } from "vitest";
import { bodyOf, openDocument, shows } from "./document.ts";
import { planEnding, planPrices, planQuantities, planRelisting, type Plan } from "./plan.ts";
import { inventory } from "./wire.ts";

type Row = readonly [size: number, colour: number, quantity: number, hidden?: boolean];

/** A document of two properties; quantity and price vary by what is said. */
function read(state: string, rows: readonly Row[], on: { quantity: number[]; price?: number[] }) {
  const wire = inventory.parse({
    products: rows.map(([size, colour, quantity, hidden]) => ({
      product_id: 1,
      sku: "A",
      property_values: [
        { property_id: 1, property_name: "Size", scale_id: 3, value_ids: [size], values: ["s"] },
        { property_id: 2, property_name: null, value_ids: [colour], values: ["c"] },
      ],
      offerings: [
        {
          quantity,
          is_enabled: hidden !== true,
          price: { amount: 1_000, divisor: 100, currency_code: "EUR" },
          readiness_state_id: 5,
        },
      ],
    })),
    price_on_property: on.price ?? [],
    quantity_on_property: on.quantity,
    sku_on_property: [],
    readiness_state_on_property: null,
  });
  return { document: openDocument(wire), state };
}

const variation = (size: number, colour: number) => `1=${size},2=${colour}`;
const write = (size: number, colour: number, quantity: number) => ({
  variation: variation(size, colour),
  quantity,
});
const numbers = ({ products }: Plan) => products?.map(({ quantity }) => quantity) ?? null;
const grid = (q: readonly [number, number, number, number]): Row[] => [
  [1, 1, q[0]],
  [1, 2, q[1]],
  [2, 1, q[2]],
  [2, 2, q[3]],
];
const ok = { ok: true };

describe("quantities of one listing", () => {
  test.each([
    ["each its own", [1, 2], [9, 4, 4, 4]],
    ["shared by size", [1], [9, 9, 4, 4]],
    ["shared by colour", [2], [9, 4, 9, 4]],
    ["one for all", [], [9, 9, 9, 9]],
  ])("%s", (_, quantity, expected) => {
    const plan = planQuantities(
      read("active", grid([4, 4, 4, 4]), { quantity }),
      [write(1, 1, 9)],
      false,
    );
    expect(plan).toMatchObject({ results: [ok], state: null });
    expect(numbers(plan)).toEqual(expected);
  });

  test("a variation that is gone fails alone", () => {
    const at = read("active", grid([4, 4, 4, 4]), { quantity: [1, 2] });
    const plan = planQuantities(at, [write(1, 1, 9), write(7, 7, 1)], false);
    expect(plan.results).toMatchObject([ok, { ok: false, fault: { kind: "unknown-listing" } }]);
    expect(numbers(plan)).toEqual([9, 4, 4, 4]);
    const none = planQuantities(at, [write(7, 7, 1)], false);
    expect(none).toMatchObject({ products: null, state: null });
  });

  test.each([
    // state, quantities, hidden, what is asked, what is written, the state after it
    ["active", [4, 0, 0, 0], 0, [1, 0, 0, 0], "inactive"],
    ["active", [4, 0, 0, 0], 2, [2, 0, 0, 0], null],
    ["inactive", [1, 0, 0, 0], 0, null, null],
    ["inactive", [1, 0, 0, 0], 3, [3, 0, 0, 0], "active"],
    // One unit that was pushed to a listing of ours is written and put on sale, although the number is there.
    ["inactive", [1, 0, 0, 0], 1, null, "active"],
    ["edit", [1, 0, 0, 0], 3, [3, 0, 0, 0], "active"],
    ["inactive", [5, 0, 0, 0], 3, [3, 0, 0, 0], null],
    ["inactive", [5, 0, 0, 0], 0, null, null],
    ["draft", [1, 0, 0, 0], 3, [3, 0, 0, 0], null],
    ["sold_out", [0, 0, 0, 0], 0, null, null],
    ["something new", [4, 0, 0, 0], 3, [3, 0, 0, 0], null],
  ] as const)("%s %j pushed %i writes %j, then %s", (state, have, quantity, written, after) => {
    const at = read(state, grid(have), { quantity: [1, 2] });
    const plan = planQuantities(at, [write(1, 1, quantity)], false);
    expect(plan.results).toEqual([ok]);
    expect(numbers(plan)).toEqual(written);
    expect(plan.state).toBe(after);
  });

  test("hidden variations are no stock: the last visible one takes the listing with it", () => {
    const rows: Row[] = [
      [1, 1, 0],
      [1, 2, 8, true],
      [2, 1, 5],
    ];
    const plan = planQuantities(
      read("active", rows, { quantity: [1, 2] }),
      [write(2, 1, 0)],
      false,
    );
    expect(plan.state).toBe("inactive");
    expect(numbers(plan)).toEqual([1, 0, 0]);
  });

  test("a listing of which nothing is visible is left alone", () => {
    const at = read("active", [[1, 1, 3, true]], { quantity: [1, 2] });
    expect(planQuantities(at, [write(1, 1, 0)], false)).toMatchObject({
      results: [ok],
      products: null,
      state: null,
    });
  });

  test("consent decides about a listing that sold out at Etsy", () => {
    const at = read("sold_out", grid([0, 0, 0, 0]), { quantity: [1, 2] });
    const writes = [write(1, 1, 3), write(1, 2, 0)];
    expect(planQuantities(at, writes, false)).toMatchObject({
      results: [{ ok: false, fault: { kind: "rejected", code: "fee" } }, ok],
      products: null,
      state: null,
    });
    const plan = planQuantities(at, writes, true);
    expect(plan).toMatchObject({ results: [ok, ok], state: "active" });
    expect(numbers(plan)).toEqual([3, 0, 0, 0]);
  });
});

describe("ending and relisting", () => {
  const on = { quantity: [1, 2] };

  test("one of several is hidden, and ending it again changes nothing", () => {
    const plan = planEnding(read("active", grid([4, 4, 0, 0]), on), [variation(1, 1)]);
    expect(plan).toMatchObject({ results: [ok], state: null });
    expect(plan.products?.map(({ enabled }) => enabled)).toEqual([false, true, true, true]);
    const rows: Row[] = [
      [1, 1, 4, true],
      [1, 2, 4],
    ];
    expect(planEnding(read("active", rows, on), [variation(1, 1)]).products).toBeNull();
  });

  test("when only empty ones stay visible the listing is taken off sale", () => {
    const plan = planEnding(read("active", grid([4, 0, 0, 0]), on), [variation(1, 1)]);
    expect(plan.state).toBe("inactive");
    expect(numbers(plan)).toEqual([0, 1, 0, 0]);
  });

  test("a draft is not published by relisting", () => {
    const plan = planRelisting(read("draft", grid([4, 0, 0, 0]), on), [write(1, 1, 3)], true);
    expect(plan).toMatchObject({ results: [{ ok: false }], products: null, state: null });
  });

  test("what the merchant took off sale comes back by relisting", () => {
    const plan = planRelisting(read("inactive", grid([4, 2, 0, 0]), on), [write(1, 1, 3)], false);
    expect(plan).toMatchObject({ results: [ok], state: "active" });
    expect(numbers(plan)).toEqual([3, 2, 0, 0]);
  });
});

describe("prices", () => {
  const at = (price: number[]) => read("active", grid([4, 4, 0, 0]), { quantity: [1, 2], price });
  const price = (minor: number, currency = "EUR") => ({ minor, currency });
  const amounts = ({ products }: Plan) => products?.map((one) => one.price.amount) ?? null;

  test("a price that varies by size goes to all of that size", () => {
    const plan = planPrices(at([1]), [{ variation: variation(1, 1), price: price(1_250) }]);
    expect(plan).toMatchObject({ results: [ok], state: null });
    expect(amounts(plan)).toEqual([1_250, 1_250, 1_000, 1_000]);
  });

  test("two prices where Etsy has one: the second is refused", () => {
    const plan = planPrices(at([]), [
      { variation: variation(1, 1), price: price(1_250) },
      { variation: variation(2, 1), price: price(1_300) },
      { variation: variation(2, 2), price: price(1_250) },
    ]);
    expect(plan.results).toMatchObject([ok, { ok: false, fault: { kind: "rejected" } }, ok]);
    expect(amounts(plan)).toEqual([1_250, 1_250, 1_250, 1_250]);
  });

  test("another currency is refused, the same price is no write, a sold-out listing waits", () => {
    const foreign = planPrices(at([1]), [
      { variation: variation(1, 1), price: price(1_250, "USD") },
    ]);
    expect(foreign.results).toMatchObject([{ ok: false, fault: { kind: "rejected" } }]);
    expect(foreign.products).toBeNull();
    const same = planPrices(at([1]), [{ variation: variation(1, 1), price: price(1_000) }]);
    expect(same).toMatchObject({ results: [ok], products: null });
    const empty = read("sold_out", grid([0, 0, 0, 0]), { quantity: [1, 2], price: [1] });
    const waiting = planPrices(empty, [{ variation: variation(1, 1), price: price(900) }]);
    expect(waiting.results).toMatchObject([{ ok: false, fault: { kind: "locked" } }]);
  });
});

describe("the document that goes back", () => {
  test("holds what Etsy wants and nothing that it refuses", () => {
    const { document } = read("active", [[1, 2, 4]], { quantity: [1], price: [2] });
    expect(bodyOf(document, document.products)).toEqual({
      products: [
        {
          sku: "A",
          property_values: [
            { property_id: 1, property_name: "Size", scale_id: 3, value_ids: [1], values: ["s"] },
            { property_id: 2, scale_id: null, value_ids: [2], values: ["c"] },
          ],
          offerings: [{ price: 10, quantity: 4, is_enabled: true, readiness_state_id: 5 }],
        },
      ],
      price_on_property: [2],
      quantity_on_property: [1],
      sku_on_property: [],
      readiness_state_on_property: [],
    });
  });

  test("an answer that lost a variation or shows another number is not what was written", () => {
    const at = (q: readonly [number, number, number, number]) =>
      read("active", grid(q), { quantity: [1, 2] }).document;
    const { products } = at([1, 2, 3, 4]);
    expect(shows(at([1, 2, 3, 4]).wire, products)).toBe(true);
    expect(shows(at([1, 2, 3, 5]).wire, products)).toBe(false);
    const lost = read("active", grid([1, 2, 3, 4]).slice(1), { quantity: [1, 2] }).document;
    expect(shows(lost.wire, products)).toBe(false);
  });
});
