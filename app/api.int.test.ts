import type { ActionFunctionArgs } from "@remix-run/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { loader as unknownAddress } from "#app/routes/api.$.ts";
import { loader as readInventory } from "#app/routes/api.v1.inventory.$sku.ts";
import { action as adjust } from "#app/routes/api.v1.inventory.$sku_.adjustments.ts";
import { loader as readLocations } from "#app/routes/api.v1.locations.ts";
import { createApiToken } from "#app/services/api-tokens/create-api-token.ts";
import { shopWithStock, stockPerSku, type ShopWithStock } from "#tests/fixtures/shop-with-stock.ts";

const code = "TEE/1 é";
let shop: ShopWithStock;
let token: string;

beforeAll(async () => {
  shop = await shopWithStock([code]);
  await shopWithStock(["ONLY-THERE"]);
  ({ token } = await createApiToken({ shopId: shop.shopId, name: "test" }));
});

afterAll(async () => {
  await closeQueues();
  await closeDb();
});

interface Sent {
  readonly sku?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

function authorised(headers: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${token}`, ...headers };
}

function args(request: Request, sku: string): ActionFunctionArgs {
  return { request, params: { sku }, context: {} };
}

async function get(sku = code, headers = authorised()): Promise<Response> {
  return await readInventory(args(new Request("http://app/api", { headers }), sku));
}

async function post({ sku = code, headers, body }: Sent): Promise<Response> {
  const request = new Request("http://app/api", {
    method: "POST",
    headers: headers ?? authorised({ "idempotency-key": newId() }),
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return await adjust(args(request, sku));
}

function change(rest: object = {}) {
  return { locationId: shop.mainId, delta: 1, reason: "count", ...rest };
}

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as {
    type: string;
    title: string;
    status: number;
    detail: string;
    errors: { field: string; message: string }[];
  };
  expect(problem.status).toBe(response.status);
  expect(problem.title).not.toBe("");
  expect(problem.detail).not.toBe("");
  return { status: problem.status, type: problem.type, fields: problem.errors.map((e) => e.field) };
}

describe("GET /api/v1/inventory/{sku}", () => {
  it("tells stock and channels", async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      ...{ sku: code, onHand: stockPerSku, committed: 0, available: stockPerSku, oversold: 0 },
      ...{ version: 1, seq: 1 },
      channels: [
        {
          ...{ channel: "ebay", connectionId: shop.ebayId, shown: 10, expected: 10 },
          ...{ ackedSeq: 0, ackedAt: null, lagMs: null, state: "active", lastError: null },
        },
      ],
    });
  });

  it.each<[string, Record<string, string>]>([
    ["no token", {}],
    ["another scheme", { authorization: "Basic abc" }],
    ["an unknown token", { authorization: "Bearer lockstep_unknown" }],
  ])("answers 401 to %s", async (_name, headers) => {
    const response = await get(code, headers);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await problemOf(response)).toMatchObject({ status: 401, fields: ["Authorization"] });
  });

  it("answers 404 to an unknown SKU and to another shop's, in the same way", async () => {
    const unknown = await problemOf(await get("NOPE"));
    expect(unknown).toMatchObject({ status: 404, fields: ["sku"] });
    expect(await problemOf(await get("ONLY-THERE"))).toEqual(unknown);
  });
});

describe("POST /api/v1/inventory/{sku}/adjustments", () => {
  it("changes stock once for one key, however often it is sent", async () => {
    const headers = authorised({ "idempotency-key": newId() });
    const first = await post({ headers, body: change({ delta: 5 }) });
    expect(first.status).toBe(200);
    const done = (await first.json()) as { seq: number; level: object };
    expect(done).toMatchObject({ replayed: false, level: { onHand: 15, available: 15 } });
    const again = await post({ headers, body: change({ delta: 5 }) });
    expect(await again.json()).toEqual({ ...done, replayed: true });
    expect(await (await get()).json()).toMatchObject({ onHand: 15, seq: done.seq });
  });

  it("refuses a version that was read before another change, and repeats a key all the same", async () => {
    const { version } = (await (await get()).json()) as { version: number };
    const headers = authorised({ "idempotency-key": newId() });
    const body = change({ expectedVersion: version });
    expect((await post({ headers, body })).status).toBe(200);
    const late = await problemOf(await post({ body }));
    expect(late).toMatchObject({ status: 409, fields: ["expectedVersion"] });
    expect(await (await post({ headers, body })).json()).toMatchObject({ replayed: true });
  });

  it("counts versions over all locations", async () => {
    await post({ body: change({ locationId: shop.floorId }) });
    const { version } = (await (await get()).json()) as { version: number };
    const body = change({ locationId: shop.floorId, expectedVersion: version });
    expect((await post({ body })).status).toBe(200);
  });

  it("answers 409 to a key that was used for another change", async () => {
    const headers = authorised({ "idempotency-key": newId() });
    await post({ headers, body: change() });
    expect(await problemOf(await post({ headers, body: change({ delta: 2 }) }))).toEqual({
      ...{ status: 409, type: "urn:lockstep:problem:idempotency-key-reused" },
      fields: ["Idempotency-Key"],
    });
  });

  it("answers 422 and names every wrong field", async () => {
    const wrong = await problemOf(
      await post({ body: { locationId: "here", delta: 0, reason: "", extra: 1 } }),
    );
    expect(wrong.status).toBe(422);
    expect(wrong.fields.toSorted()).toEqual(["delta", "extra", "locationId", "reason"]);
    const elsewhere = await problemOf(await post({ body: change({ locationId: newId() }) }));
    expect(elsewhere).toMatchObject({ status: 422, fields: ["locationId"] });
  });

  it("takes the first location and no reason when none is named", async () => {
    const answer = await post({ body: { delta: 1 } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ delta: 1, replayed: false, level: {} });
  });

  it("answers 422 when more is taken away than is available", async () => {
    const taken = await problemOf(await post({ body: change({ delta: -1_000 }) }));
    expect(taken).toMatchObject({ status: 422, fields: ["delta"] });
  });
});

describe("POST that cannot be understood", () => {
  it("answers 400 to a missing or unusable key and to what is not JSON", async () => {
    const missing = await problemOf(await post({ headers: authorised(), body: change() }));
    expect(missing).toMatchObject({ status: 400, fields: ["Idempotency-Key"] });
    const headers = authorised({ "idempotency-key": "k".repeat(256) });
    expect((await problemOf(await post({ headers, body: change() }))).status).toBe(400);
    for (const body of ["{", ""]) {
      expect(await problemOf(await post({ body }))).toMatchObject({
        status: 400,
        fields: ["body"],
      });
    }
  });

  it("answers 401 before it looks at anything else", async () => {
    expect((await problemOf(await post({ headers: {}, body: "{" }))).status).toBe(401);
  });

  it("answers 404 to an unknown SKU", async () => {
    expect((await problemOf(await post({ sku: "NOPE", body: change() }))).status).toBe(404);
  });

  it("answers 413 to a body over 64 kB, announced or not", async () => {
    const body = change({ reason: "x".repeat(70_000) });
    expect((await problemOf(await post({ body }))).status).toBe(413);
  });

  it("answers 405 to another method", async () => {
    const request = new Request("http://app/api", { method: "DELETE", headers: authorised() });
    expect((await problemOf(await adjust(args(request, code)))).status).toBe(405);
  });
});

it("lists the shop's locations", async () => {
  const request = new Request("http://app/api", { headers: authorised() });
  const response = await readLocations(args(request, ""));
  expect(await response.json()).toEqual({
    locations: [
      { id: shop.mainId, name: "Main warehouse", active: true },
      { id: shop.floorId, name: "Shop floor", active: true },
    ],
  });
});

it("answers problem+json everywhere under /api", async () => {
  expect((await problemOf(unknownAddress())).status).toBe(404);
});
