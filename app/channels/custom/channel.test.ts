import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Ajv } from "ajv";
import { afterEach, describe, expect, test } from "vitest";
import { newId } from "#app/lib/ids.ts";
import { demoServer } from "#sandbox/custom/demo.ts";
import platform from "#sandbox/custom/index.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import {
  groundOf,
  kindOf,
  listingsAt,
  neverAborted,
  placed,
  shownOf,
  unknownOf,
  writeOf,
} from "#tests/conformance/ground.ts";
import { openApiCheck } from "#tests/conformance/openapi.ts";
import { pollAll, unitsOf } from "#tests/conformance/orders.ts";
import { createRig, type ChannelScenario } from "#tests/conformance/rig.ts";
import { ChannelFault, type ConnectedAccount, type Shipment } from "../contract.ts";
import channel from "./index.ts";
import { callPayload, keyOfDoor, keyOfSecret, signatureOf } from "./signature.ts";

/** The protocol's own document lies in this repository: its path as seen from where the platforms' documents lie. */
const specsFolder = join(import.meta.dirname, "../../../../shared/specs");
const docsFolder = join(import.meta.dirname, "../../../docs");
const documentFile = join(docsFolder, "custom-channel.openapi.json");
const spec = openApiCheck([{ file: relative(specsFolder, documentFile), prefix: "/custom" }], {
  undocumented: ["/custom/desk"],
});

const rowsRefused = (code: string, more: object = {}) => ({
  status: 200,
  body: JSON.stringify({
    results: ["P-1", "P-2"].map((key) => ({ key, status: "refused", code, ...more })),
  }),
});

const deliveryBody = JSON.stringify({
  type: "order.changed",
  timestamp: "2026-11-02T09:00:05.250Z",
  data: { orderId: "C-1003" },
});

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  signsInWith: "keys",
  topics: ["order.changed", "quantity.changed", "return.changed", "connection.revoked"],
  unknownListing: { key: "GONE" },
  answers: {
    throttled: {
      status: 429,
      body: '{"error":{"code":"too-many-requests"}}',
      headers: { "retry-after": "7" },
    },
    refusedWith200: [
      {
        name: "an error",
        kind: "unavailable",
        status: 200,
        body: '{"error":{"code":"maintenance"}}',
      },
      { name: "rows, invalid", kind: "rejected", ...rowsRefused("invalid") },
      { name: "rows, not there", kind: "unknown-listing", ...rowsRefused("unknown-key") },
      { name: "rows, held", kind: "unsupported", ...rowsRefused("held") },
      { name: "rows, locked", kind: "locked", ...rowsRefused("locked", { retryAfter: 60 }) },
      { name: "rows, a code of later days", kind: "unexpected", ...rowsRefused("haunted") },
    ],
  },
  webhook: {
    accountId: null,
    delivery(_variables, { door }) {
      const id = "msg_2kWd1cGBlQhW0a6v9h5y";
      const timestamp = String(Math.floor(Date.now() / 60_000) * 60);
      const payload = Buffer.from(deliveryBody);
      const key = door ? keyOfDoor(door) : Buffer.alloc(0);
      return {
        rawBody: payload,
        headers: {
          "webhook-id": id,
          "webhook-timestamp": timestamp,
          "webhook-signature": signatureOf(key, { id, timestamp, payload }),
        },
      };
    },
  },
  connect: {
    values: ({ sandbox }) => ({ baseUrl: `${sandbox.url}/custom`, secret: demoServer.secret }),
    wrongValues: ({ sandbox }) => ({
      baseUrl: `${sandbox.url}/custom`,
      secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
    }),
  },
  spec,
};

describeChannel(channel, scenario);

type Json = Record<string, unknown>;

describe("channel custom, beyond the contract", () => {
  const ground = groundOf(channel, scenario);
  const baseUrl = () => `${ground.platform.sandbox.url}/custom`;
  const sandbox = () => ground.platform.sandbox;

  afterEach(async () => {
    await desk("setup", { powers: [...platformPowers()], batch: 100, hintsOnly: false });
    sandbox().control.setFaults({ channel: "custom", clockSkewMs: 0 });
  });

  const platformPowers = () =>
    (platform.demo.settings({ sandboxUrl: "" })["powers"] ?? []) as readonly string[];

  async function desk(what: string, body: object): Promise<void> {
    const answer = await fetch(`${baseUrl()}/desk/${what}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  }

  /** A call as the document describes it, made without the adapter. */
  async function call(
    method: string,
    target: string,
    options: {
      readonly body?: object;
      readonly secret?: string;
      readonly id?: string;
      readonly atMs?: number;
      /** What is sent where something else was signed. */
      readonly sent?: {
        readonly method?: string;
        readonly target?: string;
        readonly body?: object;
      };
    } = {},
  ): Promise<{ readonly status: number; readonly body: Json; readonly date: string | null }> {
    const { secret = demoServer.secret, id = `msg_${randomUUID()}`, sent = {} } = options;
    const timestamp = String(Math.floor((options.atMs ?? Date.now()) / 1_000));
    const textOf = (body: object | undefined) => (body ? JSON.stringify(body) : "");
    const payload = callPayload({ method, target, body: textOf(options.body) });
    const key = keyOfSecret(secret) ?? Buffer.alloc(0);
    const body = textOf(sent.body ?? options.body);
    const answer = await fetch(`${baseUrl()}${sent.target ?? target}`, {
      method: sent.method ?? method,
      headers: {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signatureOf(key, { id, timestamp, payload }),
      },
      ...(body && { body }),
    });
    const { status, headers } = answer;
    return { status, body: (await answer.json()) as Json, date: headers.get("date") };
  }

  const codeOf = ({ body }: { readonly body: Json }) =>
    (body["error"] as Json | undefined)?.["code"];

  describe("who may call", () => {
    test("a signature opens the very call it was made for, once, in time", async () => {
      const ask = { keys: ["P-1"] };
      expect((await call("POST", "/listings/read", { body: ask })).status).toBe(200);
      const refused = [
        await call("POST", "/listings/read", {
          body: ask,
          secret: `whsec_${Buffer.alloc(32, 1).toString("base64")}`,
        }),
        await call("POST", "/listings/read", { body: ask, sent: { body: { keys: ["P-2"] } } }),
        await call("POST", "/listings/read", { body: ask, sent: { target: "/orders/read" } }),
        await call("POST", "/listings/read", { body: ask, sent: { method: "PUT" } }),
        await call("GET", "/listings?limit=1", { sent: { target: "/listings?limit=2" } }),
      ];
      for (const answer of refused) {
        expect([answer.status, codeOf(answer)]).toEqual([401, "bad-signature"]);
      }
      const id = "msg_only_once";
      expect((await call("GET", "/", { id })).status).toBe(200);
      expect(codeOf(await call("GET", "/", { id }))).toBe("replayed");
      for (const offMs of [310_000, -310_000]) {
        expect(codeOf(await call("GET", "/", { atMs: Date.now() + offMs }))).toBe("clock");
      }
    });

    test("a server whose clock is wrong by an hour is called by its own clock", async () => {
      sandbox().control.setFaults({ channel: "custom", clockSkewMs: 3_600_000 });
      const rig = ground.freshRig();
      const targets = listingsAt(ground, 0, 1);
      await shownOf(rig, targets);
      // The first call was made twice; from then on we know.
      expect(rig.calls()).toBe(2);
      await shownOf(rig, targets);
      expect(rig.calls()).toBe(3);
      sandbox().control.setFaults({ channel: "custom", clockSkewMs: -3_600_000 });
      await shownOf(rig, targets);
      expect(rig.calls()).toBe(5);
    });

    test("one 401 is no revocation, two are", async () => {
      const targets = listingsAt(ground, 0, 1);
      const unsigned = { status: 401, body: '{"error":{"code":"bad-signature","message":"Who?"}}' };
      const rig = ground.freshRig();
      rig.inject(unsigned, 1);
      await shownOf(rig, targets);
      rig.inject(unsigned, 2);
      const [read] = await rig.session.readListings(targets, neverAborted());
      expect(read).toMatchObject({
        ok: false,
        fault: { kind: "revoked", message: expect.stringContaining("Who?") },
      });
      // A server that cannot tell the time and says so is not one that forgot us.
      rig.inject({ status: 401, body: '{"error":{"code":"clock"}}' }, 2);
      const [late] = await rig.session.readListings(targets, neverAborted());
      expect(kindOf(late)).toBe("unauthorised");
    });

    test("a server that repeats what it was sent does not spread it", async () => {
      const rig = ground.freshRig();
      const told = JSON.stringify({ error: { code: "invalid", message: demoServer.secret } });
      rig.inject({ status: 400, body: told });
      const [read] = await rig.session.readListings(listingsAt(ground, 0, 1), neverAborted());
      expect(JSON.stringify(read)).toContain("[secret]");
      expect(JSON.stringify(read)).not.toContain(demoServer.secret);
    });

    test("a server that sends us on is not followed", async () => {
      const rig = ground.freshRig();
      rig.inject({
        status: 308,
        body: "",
        headers: { location: "https://elsewhere.example.com/" },
      });
      const [read] = await rig.session.readListings(listingsAt(ground, 0, 1), neverAborted());
      expect(read).toMatchObject({ ok: false, fault: { kind: "unavailable" } });
      expect(rig.calls()).toBe(1);
    });
  });

  describe("versions", () => {
    test("an older decision that arrives late changes nothing, and is decided anew", async () => {
      const [target] = listingsAt(ground, 0, 1);
      if (!target) throw new Error("unreachable");
      const older = { ...writeOf(target, 3, 0), idempotencyKey: newId() };
      await new Promise((resolve) => setTimeout(resolve, 2));
      const newer = { ...writeOf(target, 8, 0), idempotencyKey: newId() };
      const { session } = ground.rig;
      expect(await session.pushQuantities([newer], neverAborted())).toEqual([{ ok: true }]);
      const [late] = await session.pushQuantities([older], neverAborted());
      expect(late).toMatchObject({ ok: false, fault: { kind: "locked", code: "stale" } });
      expect(late?.ok === false && late.fault.retryAfterMs).toBeLessThanOrEqual(2_000);
      expect(await shownOf(ground.rig, [target])).toEqual([8]);
      const anew = { ...writeOf(target, 3, 0), idempotencyKey: newId() };
      expect(await session.pushQuantities([anew], neverAborted())).toEqual([{ ok: true }]);
      expect(await shownOf(ground.rig, [target])).toEqual([3]);
    });

    test("a repeat does not put a unit back on sale that was sold in between", async () => {
      const [target] = listingsAt(ground, 0, 1);
      if (!target) throw new Error("unreachable");
      const write = { ...writeOf(target, 5, 0), idempotencyKey: newId() };
      const rig = ground.freshRig();
      rig.loseAnswersOfWrites(true);
      const [lost] = await rig.session.pushQuantities([write], neverAborted());
      expect(kindOf(lost)).toBe("timeout");
      rig.loseAnswersOfWrites(false);
      placed(ground, target.sku, 1);
      expect(await rig.session.pushQuantities([write], neverAborted())).toEqual([{ ok: true }]);
      expect(await shownOf(rig, [target])).toEqual([4]);
    });

    test("prices and states have versions of their own", async () => {
      const put = (target: string, item: object) =>
        call("PUT", target, { body: { items: [item] } });
      const row = { key: "P-3", sku: "TEE-001-L" };
      const version = Date.now() + 20;
      const price = { amount: "21.00", currency: "USD" };
      const id = randomUUID();
      expect((await put("/prices", { ...row, price, version })).body).toEqual({
        results: [{ key: "P-3", status: "ok" }],
      });
      const number = { ...row, id, quantity: 2, version: version - 1 };
      expect((await put("/quantities", number)).body).toEqual({
        results: [{ key: "P-3", status: "ok" }],
      });
      expect((await put("/prices", { ...row, price, version: version - 1 })).body).toEqual({
        results: [{ key: "P-3", status: "stale", version }],
      });
      // A listing that comes back brings a number of this version.
      await put("/states", { ...row, state: "active", quantity: 6, version: version + 1 });
      expect((await put("/quantities", { ...number, version })).body).toEqual({
        results: [{ key: "P-3", status: "stale", version: version + 1 }],
      });
      // The other tests decide later than that.
      await new Promise((resolve) => setTimeout(resolve, 30));
    });

    test("a version a day ahead is refused: taken, it would lock the listing", async () => {
      const item = { id: randomUUID(), key: "P-1", sku: "", quantity: 1 };
      const items = [{ ...item, version: Date.now() + 25 * 3_600_000 }];
      const { body } = await call("PUT", "/quantities", { body: { items } });
      expect(body["results"]).toMatchObject([{ status: "refused", code: "invalid" }]);
    });
  });

  describe("powers and limits", () => {
    function rigWith(settings: object) {
      const { accountId, settings: demo, secrets } = ground.platform;
      const account = { accountId, settings: { ...(demo as object), ...settings }, secrets };
      return createRig(channel, ground.platform, { publishedLimits: true, account });
    }

    test("a session has the methods that the server announced, and no more", () => {
      const methodsOf = (powers: readonly string[]) =>
        Object.keys(rigWith({ powers }).session)
          .filter((name) => name in rigWith({ powers }).session)
          .toSorted();
      const least = ["listListings", "pushQuantities", "readListings"];
      expect(methodsOf(["quantities", "listings"])).toEqual(least);
      const more: readonly (readonly [string, readonly string[]])[] = [
        ["prices", ["setPrices"]],
        ["states", ["endListings", "relistListings"]],
        ["orders", ["fetchOrders", "listChangedOrders"]],
        ["shipments", ["sendShipment"]],
        ["events", ["setUpEvents"]],
      ];
      for (const [power, methods] of more) {
        expect(methodsOf(["quantities", "listings", power])).toEqual(
          [...least, ...methods].toSorted(),
        );
      }
    });

    test("a power that went away is unsupported, and the merchant is told", async () => {
      await desk("setup", {
        powers: ["quantities", "listings", "prices", "events", "time-travel"],
      });
      const { session } = ground.rig;
      const shipment: Shipment = parcelOf("C-1", "C-1-1");
      expect(kindOf(await session.sendShipment?.(shipment, neverAborted()))).toBe("unsupported");
      const setup = await session.setUpEvents?.(doorAt("http://127.0.0.1:9/x"), neverAborted());
      if (!setup?.ok) throw new Error("no events");
      expect(setup.todo).toMatch(/no longer offers "states".*connect it again/);
      expect(setup.todo).not.toContain("time-travel");
    });

    test("a server that takes fewer rows gets more calls", async () => {
      await desk("setup", { batch: 3 });
      const targets = listingsAt(ground, 0, 8);
      const all = await ground.rig.session.readListings(targets, neverAborted());
      expect(all.map(kindOf)).toEqual(targets.map(() => "rejected"));
      const rig = rigWith({ batch: 3 });
      const writes = targets.map((target, index) => writeOf(target, 20 + index, 0));
      expect(await rig.session.pushQuantities(writes, neverAborted())).toEqual(
        writes.map(() => ({ ok: true })),
      );
      expect(await shownOf(rig, targets)).toEqual(writes.map(({ quantity }) => quantity));
      expect(rig.calls()).toBe(6);
    });

    test("after a fault of the server's the rest of a push is not tried", async () => {
      const rig = rigWith({ batch: 1 });
      rig.inject({ status: 503, body: "" }, 8);
      const writes = listingsAt(ground, 0, 8).map((target) => writeOf(target, 1, 0));
      const results = await rig.session.pushQuantities(writes, neverAborted());
      expect(results.map(kindOf)).toEqual(writes.map(() => "unavailable"));
      // Two were under way at once.
      expect(rig.calls()).toBe(2);
    });

    test("a slow server is called at its own pace", async () => {
      const rig = rigWith({ ratePerSecond: 2 });
      const until = Date.now() + 900;
      const lane = async () => {
        while (Date.now() < until) {
          await rig.session.readListings(listingsAt(ground, 0, 1), AbortSignal.timeout(900));
        }
      };
      await Promise.all([lane(), lane(), lane()]);
      // Two seconds' worth at once, and what grew meanwhile.
      expect(rig.calls()).toBeGreaterThanOrEqual(4);
      expect(rig.calls()).toBeLessThanOrEqual(8);
    });
  });

  describe("listings", () => {
    test("stock that somebody else holds is imported as such and not written", async () => {
      const [target] = listingsAt(ground, 4, 1);
      if (!target) throw new Error("unreachable");
      await desk("article", { sku: target.sku, held: true });
      const page = await ground.rig.session.listListings?.(null, neverAborted());
      if (!page?.ok) throw new Error("no import");
      const found = page.listings.find(({ sku }) => sku === target.sku);
      expect(found?.heldByChannel).toBe(true);
      const push = [writeOf(target, 1, 0)];
      const [result] = await ground.rig.session.pushQuantities(push, neverAborted());
      expect(kindOf(result)).toBe("unsupported");
      await desk("article", { sku: target.sku, held: false });
    });

    test("states are read as they are; one that is locked says why", async () => {
      const [target] = listingsAt(ground, 5, 1);
      if (!target) throw new Error("unreachable");
      const { session } = ground.rig;
      for (const state of ["inactive", "ended", "suppressed"]) {
        await desk("article", { sku: target.sku, state });
        expect(await session.readListings([target], neverAborted())).toMatchObject([{ state }]);
      }
      const [ended] = (await session.endListings?.([target], neverAborted())) ?? [];
      expect(kindOf(ended)).toBe("locked");
      expect(JSON.stringify(ended)).toContain("safety data sheet");
      await desk("article", { sku: target.sku, state: "active" });
    });

    test("a key that the answer leaves out is not missing, but not known", async () => {
      const [first, second] = listingsAt(ground, 0, 2);
      if (!first || !second) throw new Error("unreachable");
      const rig = ground.freshRig();
      const short = { listings: [{ key: first.externalIds["key"], quantity: 4 }], unknown: [] };
      rig.inject({ status: 200, body: JSON.stringify(short) });
      const reads = await rig.session.readListings([first, second], neverAborted());
      expect(reads.map(kindOf)).toEqual(["ok", "unexpected"]);
      rig.inject({ status: 200, body: '{"results":[]}' });
      const writes = [writeOf(first, 1, 0)];
      const [written] = await rig.session.pushQuantities(writes, neverAborted());
      expect(kindOf(written)).toBe("unexpected");
    });

    test("a listing that was never imported has no key, and nobody is called", async () => {
      const rig = ground.freshRig();
      const stray = { ...unknownOf(ground), externalIds: {} };
      const [read] = await rig.session.readListings([stray], neverAborted());
      const [written] = await rig.session.pushQuantities([writeOf(stray, 1, 0)], neverAborted());
      expect([kindOf(read), kindOf(written)]).toEqual(["unknown-listing", "unknown-listing"]);
      expect(rig.calls()).toBe(0);
    });

    test("an import with a row nobody can read goes on, one that stands still does not", async () => {
      const rig = ground.freshRig();
      const listings = [{ key: "A" }, { key: "B", quantity: "many" }, { title: "no key" }];
      rig.inject({ status: 200, body: JSON.stringify({ listings, cursor: "next" }) });
      const page = await rig.session.listListings?.(null, neverAborted());
      expect(page).toMatchObject({ ok: true, listings: [{ key: "A" }], cursor: "next" });
      rig.inject({ status: 200, body: JSON.stringify({ listings, cursor: "next" }) });
      const still = await rig.session.listListings?.("next", neverAborted());
      expect(kindOf(still)).toBe("unexpected");
      const cursor = { since: "2026-11-02T09:00:00.000Z", after: "next", newestMs: 0 };
      rig.inject({ status: 200, body: JSON.stringify({ orders: [], cursor: "next" }) });
      const orders = await rig.session.listChangedOrders?.(JSON.stringify(cursor), neverAborted());
      expect(kindOf(orders)).toBe("unexpected");
    });
  });

  function parcelOf(orderId: string, lineId: string): Shipment {
    return {
      shipmentId: randomUUID(),
      orderId,
      parcelNumber: 1,
      lines: [{ lineId, quantity: 1 }],
      carrier: "dhl",
      carrierName: "DHL",
      trackingNumber: "0034",
      trackingUrl: null,
      shippedAt: new Date().toISOString(),
    };
  }

  test("another parcel under a known id is refused, and so is more than is left", async () => {
    const orderId = placed(ground, listingsAt(ground, 7, 1)[0]?.sku ?? "", 1);
    const { session } = ground.rig;
    const parcel = parcelOf(orderId, `${orderId}-1`);
    expect(await session.sendShipment?.(parcel, neverAborted())).toMatchObject({ ok: true });
    const other = { ...parcel, trackingNumber: "0035" };
    const refused = await session.sendShipment?.(other, neverAborted());
    expect(refused).toMatchObject({ ok: false, fault: { kind: "rejected", code: "conflict" } });
    const second = await session.sendShipment?.(parcelOf(orderId, `${orderId}-1`), neverAborted());
    expect(JSON.stringify(second)).toContain("0 units left to ship");
    const { orders } = await pollAll(session, null);
    expect(unitsOf(orders.find((one) => one.orderId === orderId))).toEqual({
      wanted: 1,
      shipped: 1,
    });
  });

  describe("connect", () => {
    const { connect } = channel;
    async function connected(
      address: string,
      values: object = {},
    ): Promise<ConnectedAccount | string> {
      if (!connect) throw new Error("unreachable");
      const { app, http, now } = ground.rig.context;
      const given = { baseUrl: address, secret: demoServer.secret, ...values };
      const grant = { values: given, returned: {}, redirectUrl: "", codeVerifier: "" };
      try {
        const context = { app, http, now, signal: neverAborted() };
        return (await connect.complete(grant, context))[0];
      } catch (error) {
        if (error instanceof ChannelFault) return `${error.fault.kind}: ${error.fault.message}`;
        throw error;
      }
    }

    /** A server that answers every call with this, whoever asks. */
    async function withServer<T>(
      answer: { readonly status?: number; readonly body: object },
      use: (address: string) => Promise<T>,
    ): Promise<T> {
      const server = createServer((_request, response) => {
        response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      } finally {
        server.close();
        server.closeAllConnections();
      }
    }

    test("what the server announced is what the connection can do", async () => {
      await desk("setup", {
        powers: ["time-travel", "events", "listings", "quantities"],
        batch: 7,
      });
      const account = await connected(`${baseUrl()}/`, { name: " Till 1 " });
      expect(account).toMatchObject({
        accountId: "127.0.0.1/custom",
        label: "Till 1, 127.0.0.1/custom",
        settings: {
          baseUrl: baseUrl(),
          powers: ["quantities", "listings", "events"],
          ratePerSecond: 20,
          batch: 7,
        },
        warnings: [expect.stringContaining("never seen")],
      });
    });

    test("addresses and secrets that cannot be are refused before anybody is called", async () => {
      const calls = ground.rig.calls();
      expect(await connected("http://shop.example.com")).toMatch(/^rejected: This address/);
      expect(await connected(baseUrl(), { secret: "hunter2" })).toMatch(/^rejected: .*whsec_/);
      expect(ground.rig.calls()).toBe(calls);
    });

    test("a server that lets strangers in is not connected", async () => {
      const body = { protocol: 1, powers: ["quantities", "listings"] };
      const refusal = await withServer({ body }, (address) => connected(address));
      expect(refusal).toMatch(/^rejected: .*anybody could change your stock/);
    });

    test.each<[string, { readonly status?: number; readonly body: object }, RegExp]>([
      ["speaks another version", { body: { protocol: 2, powers: [] } }, /version 2/],
      [
        "can do too little",
        { body: { protocol: 1, powers: ["listings"] } },
        /announce "quantities"/,
      ],
      ["is another server", { status: 404, body: {} }, /^rejected: Nothing at this address/],
      ["answers something else", { body: { hello: 1 } }, /^unexpected: /],
      ["does not know the secret", { status: 401, body: {} }, /does not accept this secret/],
      [
        "cannot tell the time",
        { status: 401, body: { error: { code: "clock" } } },
        /^rejected: .*clock/,
      ],
      ["is closed", { status: 503, body: { error: { code: "maintenance" } } }, /^unavailable: /],
    ])("a server that %s is not connected, in words", async (_, answer, words) => {
      expect(await withServer(answer, (address) => connected(address))).toMatch(words);
    });
  });

  function doorAt(url: string) {
    return { url, secret: "5e".repeat(32) };
  }

  describe("events of the reference server", () => {
    const document = JSON.parse(readFileSync(documentFile, "utf8")) as Json;
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema(document, "protocol");

    /** Whether the document describes this body. */
    function problemsOf(type: string, body: string): string {
      const path = `webhooks/${type}/post/requestBody/content/application~1json/schema`;
      const validate = ajv.compile({ $ref: `protocol#/${path}` });
      return validate(JSON.parse(body)) ? "" : ajv.errorsText(validate.errors);
    }

    test("each is as documented, believed, and read; a repeat keeps its id", async () => {
      const inbox = await Inbox.open();
      const own = await groundOf.once(channel, scenario, { appUrl: inbox.url });
      const { control } = own.platform.sandbox;
      const door = doorAt(`${inbox.url}/webhooks/custom/1`);
      await own.rig.session.setUpEvents?.(door, neverAborted());

      const next = async () => {
        const { headers, rawBody } = await inbox.next();
        const request = { headers, rawBody, url: door.url, door, receivedAt: new Date() };
        const verified = await channel.webhooks?.verify(request, {}, fetch);
        if (!verified?.ok) throw new Error("not believed");
        const { topic, externalEventId } = verified;
        const payload = rawBody.toString("utf8");
        expect(problemsOf(topic, payload)).toBe("");
        return { topic, externalEventId, facts: channel.parseEvent({ topic, payload }) };
      };

      const sku = own.platform.skus[0]?.code ?? "";
      const orderId = placed(own, sku, 2);
      expect((await next()).facts).toMatchObject([{ kind: "order", order: { orderId } }]);

      const at = `${own.platform.sandbox.url}/custom/desk`;
      const post = (what: string, body: object) =>
        fetch(`${at}/${what}`, { method: "POST", body: JSON.stringify(body) });
      await post("setup", { hintsOnly: true });
      control.cancel({ channel: "custom", orderId });
      expect((await next()).facts).toEqual([{ kind: "order-hint", orderId }]);
      const fetched = await own.rig.session.fetchOrders?.([orderId], neverAborted());
      expect(fetched).toMatchObject({ ok: true, orders: [{ orderId, cancelled: true }] });

      control.setShown({ channel: "custom", sku, quantity: 9 });
      expect((await next()).facts).toEqual([{ kind: "level-hint", match: { key: "P-1" } }]);

      const returned = { channel: "custom", orderId, returnId: "R1", quantity: 1 };
      control.putReturn({ ...returned, state: "received" });
      expect((await next()).topic).toBe("order.changed");
      expect((await next()).facts).toMatchObject([
        { kind: "return", return: { returnId: "R1", orderId, state: "received" } },
      ]);

      inbox.refuseNext();
      await post("revoke", { reason: "The till was replaced." });
      const first = await next();
      expect(first.facts).toEqual([{ kind: "revoked", reason: "The till was replaced." }]);
      expect(await next()).toEqual(first);

      inbox.close();
      await own.close();
    });

    test("fixtures are as the document says", () => {
      const folder = join(import.meta.dirname, "fixtures");
      for (const name of ["order-changed", "order-hint", "quantity-changed", "return-changed"]) {
        const fixture = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Json;
        const problems = problemsOf(String(fixture["topic"]), JSON.stringify(fixture["payload"]));
        expect(problems, name).toBe("");
      }
    });
  });

  test("the reference server comes back as it was", async () => {
    const own = await groundOf.once(channel, scenario);
    const { session } = own.rig;
    const [target] = own.platform.listings;
    if (!target) throw new Error("unreachable");
    const write = { ...writeOf(target, 5, 0), idempotencyKey: newId() };
    await session.pushQuantities([write], neverAborted());
    const orderId = placed(own, target.sku, 2);
    const parcel = parcelOf(orderId, `${orderId}-1`);
    await session.sendShipment?.(parcel, neverAborted());
    const saved: unknown = JSON.parse(
      JSON.stringify(own.platform.sandbox.platform("custom").snapshot()),
    );
    own.platform.sandbox.control.reset();
    own.platform.sandbox.platform("custom").restore(saved);
    expect(await shownOf(own.rig, [target])).toEqual([3]);
    // The old version and the old parcel are known.
    expect(await session.pushQuantities([write], neverAborted())).toEqual([{ ok: true }]);
    expect(await shownOf(own.rig, [target])).toEqual([3]);
    expect(await session.sendShipment?.(parcel, neverAborted())).toEqual({
      ok: true,
      already: true,
    });
    await own.close();
  });
});

/** Takes deliveries as our door would. */
class Inbox {
  readonly #server: Server;
  readonly #taken: { rawBody: Buffer; headers: Record<string, string | undefined> }[] = [];
  #wake: () => void = () => undefined;
  #refusals = 0;

  private constructor() {
    this.#server = createServer((request: IncomingMessage, response) => {
      void request.toArray().then((chunks: Buffer[]) => {
        const headers = request.headers as Record<string, string | undefined>;
        this.#taken.push({ rawBody: Buffer.concat(chunks), headers });
        response.writeHead(this.#refusals > 0 ? 503 : 200).end();
        this.#refusals -= 1;
        this.#wake();
      });
    });
  }

  static async open(): Promise<Inbox> {
    const inbox = new Inbox();
    inbox.#server.listen(0, "127.0.0.1");
    await once(inbox.#server, "listening");
    return inbox;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  refuseNext(): void {
    this.#refusals = 1;
  }

  async next() {
    for (;;) {
      const taken = this.#taken.shift();
      if (taken) return taken;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const tools = ["bash", "curl", "openssl", "od"];
const lacking = tools.filter((tool) => spawnSync("which", [tool]).status !== 0);

describe("the document's own server", () => {
  const page = readFileSync(join(docsFolder, "custom-channel.md"), "utf8");
  const block = (language: string) =>
    new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "m").exec(page)?.[1] ?? "";

  async function withDocumentServer(use: (url: string, folder: string) => Promise<void>) {
    const folder = mkdtempSync(join(tmpdir(), "lockstep-custom-"));
    // It says nothing about its port: the test takes a free one for it.
    const source = block("js").replace("process.env.PORT ?? 8080", "0, say") + sayPort;
    writeFileSync(join(folder, "server.mjs"), source);
    const child = spawn(process.execPath, ["server.mjs"], {
      cwd: folder,
      env: { ...process.env, LOCKSTEP_SECRET: demoServer.secret },
    });
    try {
      const [said] = (await once(child.stdout, "data")) as [Buffer];
      await use(`http://127.0.0.1:${said.toString().trim()}`, folder);
    } finally {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const sayPort = "\nfunction say() {\n  console.log(this.address().port);\n}\n";

  test("is short, and is connected, imported, written and read", async () => {
    expect(block("js").split("\n").filter(Boolean).length).toBeLessThanOrEqual(35);
    const own = await groundOf.once(channel, scenario);
    await withDocumentServer(async (url) => {
      const { app, http, now } = own.rig.context;
      const values = { baseUrl: url, secret: demoServer.secret };
      const [account] =
        (await channel.connect?.complete(
          { values, returned: {}, redirectUrl: "", codeVerifier: "" },
          { app, http, now, signal: neverAborted() },
        )) ?? [];
      if (!account) throw new Error("not connected");
      const { session } = createRig(channel, own.platform, { account });
      const page = await session.listListings?.(null, neverAborted());
      if (!page?.ok) throw new Error("no import");
      const [listing] = page.listings;
      expect(listing).toMatchObject({ key: "TEE-1", sku: "TEE-1", title: "T-shirt", quantity: 5 });
      const target = { listingId: "1", sku: "TEE-1", externalIds: listing?.externalIds ?? {} };
      const write = writeOf(target, 12, 0);
      const results = await session.pushQuantities(
        [write, writeOf(unknownOf(own), 1, 0)],
        neverAborted(),
      );
      expect(results.map(kindOf)).toEqual(["ok", "unknown-listing"]);
      expect(await session.readListings([target], neverAborted())).toMatchObject([
        { ok: true, quantity: 12 },
      ]);
    });
    await own.close();
  });

  test.skipIf(lacking.length > 0)("is called from a shell as the document shows", async () => {
    await withDocumentServer(async (url, folder) => {
      const script = block("sh")
        .replace(/^export .*$/m, `LOCKSTEP_SECRET=${demoServer.secret} BASE=${url}`)
        .replace(/^node .*$/m, "");
      writeFileSync(join(folder, "try.sh"), script);
      const shell = spawn("bash", ["try.sh"], { cwd: folder });
      const [chunks] = await Promise.all([shell.stdout.toArray(), once(shell, "close")]);
      const lines = Buffer.concat(chunks as Buffer[])
        .toString()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Json);
      expect(lines).toMatchObject([
        { protocol: 1 },
        { results: [{ key: "TEE-1", status: "ok" }] },
        { listings: [{ key: "TEE-1", quantity: 7 }], unknown: ["GONE"] },
      ]);
    });
  });
});
