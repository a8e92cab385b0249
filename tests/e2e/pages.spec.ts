import { createHmac } from "node:crypto";
import type { Locator } from "playwright";
import { afterEach, describe, expect, test } from "vitest";
import { overhang } from "./support/admin-frame.ts";
import { phoneWidthPx, useAdminWindow } from "./support/admin-window.ts";
import { useInstallation } from "./support/installation.ts";
import { channelIds } from "./support/sandbox-client.ts";
import { until } from "./support/until.ts";

const skuCount = 24;
const stock = 60;
/** What the seed calls them. */
const connectionNames = ["Shopify", "Amazon US", "eBay", "TikTok Shop"];
const connectionCount = connectionNames.length;
/** Shopify has a listing per location. */
const listingCount = skuCount * (connectionCount + 1);
/** A sale is on every channel and on an open page after that; pages ask every two seconds. */
const seenWithinMs = 8_000;

const installation = useInstallation({ sandbox: { skus: skuCount, stock } });
const admin = useAdminWindow(installation);
const { open } = admin;

/** What a row of a table says, by column. */
async function rowByColumn(table: Locator, row: Locator): Promise<Record<string, string>> {
  const [columns, cells] = await Promise.all([
    table.locator("thead th").allInnerTexts(),
    row.locator("th, td").allInnerTexts(),
  ]);
  return Object.fromEntries(columns.map((column, at) => [column.trim(), cells[at]?.trim() ?? ""]));
}

/** Every platform shows the number to its buyers. */
async function everyChannelShows(sku: string, quantity: number): Promise<void> {
  await until(seenWithinMs, async () => {
    const shown = (await installation().sandbox.shown(sku))[sku];
    const others = channelIds.filter((channel) => shown?.[channel] !== quantity);
    return others.map((channel) => `${channel} shows ${String(shown?.[channel])}`);
  });
}

describe("in the Shopify admin", () => {
  afterEach(async () => {
    const { noise } = admin.current();
    await admin.current().close();
    expect(noise, "errors in the browser's console").toEqual([]);
  });

  test("home says that everything is in step and shows four connections", async () => {
    const { app } = await open("");
    await app
      .getByText(
        `Everything is in step: ${skuCount} SKUs, ${listingCount} listings on ${connectionCount} channels.`,
      )
      .waitFor();
    expect(await app.getByText("Connected", { exact: true }).count()).toBe(connectionCount);
    for (const name of connectionNames) {
      expect(await app.getByRole("heading", { name }).count(), name).toBe(1);
    }
  });

  test("the inventory page follows a sale on every channel, without a reload", async () => {
    const { sandbox } = installation();
    const sku = "TEE-001-S";
    const { app, page, inApp } = await open("");
    await page.getByRole("link", { name: "Inventory" }).click();
    const table = app.locator("table").filter({ has: app.getByText(sku) });
    const row = table.locator("tbody tr").filter({ hasText: sku });
    await row.waitFor();
    const before = await rowByColumn(table, row);
    const stocked = { "On hand": "60", Committed: "0", Available: "60" };
    const listed = (text: string) =>
      Object.fromEntries(connectionNames.map((connection) => [connection, text]));
    expect(before).toMatchObject({ ...stocked, ...listed("60") });
    await inApp(() => {
      document.title = "the same document";
    });

    expect(await sandbox.order("tiktok-shop", sku, 4)).toMatchObject({ accepted: true });
    const after = { ...before, Committed: "4", Available: "56", ...listed("56") };
    await until(seenWithinMs, async () => {
      const now = await rowByColumn(table, row);
      return JSON.stringify(now) === JSON.stringify(after) ? null : JSON.stringify(now);
    });
    expect(await inApp(() => document.title)).toBe("the same document");
    await everyChannelShows(sku, 56);
  });

  test("a SKU's page explains every channel's number", async () => {
    const { sandbox } = installation();
    const sku = "TEE-001-M";
    const order = await sandbox.order("amazon", sku, 3);
    await everyChannelShows(sku, 57);
    const { app } = await open(`/inventory/${sku}`);
    const why = app.locator(".lockstep-why").filter({ hasText: "on eBay?" });
    await why.getByText("Why is this 57 on eBay?").waitFor();
    const words = await why.innerText();
    expect(words).toContain(
      "Stock is 60 units, 3 units of it promised to buyers, so 57 units can be sold.",
    );
    expect(words).toContain(
      `a sale of 3 units on Amazon US, order ${order.accepted ? order.orderId : ""}`,
    );
    expect(words).toMatch(
      /We wrote 57 and eBay confirmed it [\d,]+ ms after the change reached us/,
    );
    const sale = app.locator("tr").filter({ hasText: "Sale" });
    await sale.first().waitFor();
    expect(await sale.first().innerText()).toContain("Amazon");
  });

  test("stock is adjusted with the keyboard alone, and every channel follows", async () => {
    const sku = "TEE-002-S";
    const { app, page } = await open(`/inventory/${sku}`);
    const { keyboard } = page;
    await tabTo("locationId");
    await keyboard.press("Tab");
    await keyboard.type("-5");
    await keyboard.press("Tab");
    await keyboard.type("Damaged in the warehouse");
    await keyboard.press("Enter");

    await page.locator("#toasts").getByText("Stock adjusted: 37 units available here").waitFor();
    await everyChannelShows(sku, 55);
    const entry = app.locator("tr").filter({ hasText: "Adjusted" });
    await entry.filter({ hasText: "in Lockstep: Damaged in the warehouse" }).waitFor();
    expect(await app.getByLabel("Change").inputValue(), "the form is empty again").toBe("");
  });

  test("a refused adjustment says so at the field and keeps what was typed", async () => {
    const { api } = installation();
    const sku = "TEE-002-M";
    const { app } = await open(`/inventory/${sku}`);
    const [delta, reason] = [app.getByLabel("Change"), app.getByLabel("Reason")];
    await delta.fill("-1000");
    await reason.fill("Lost in the harbour");
    const submit = app.getByRole("button", { name: "Adjust stock" });
    await submit.click();
    await app.locator("[aria-invalid=true][name=delta]").waitFor();
    const described = (await delta.getAttribute("aria-describedby")) ?? "";
    expect(described, "the field names its error").not.toBe("");
    expect(await delta.inputValue()).toBe("-1000");
    expect(await reason.inputValue()).toBe("Lost in the harbour");

    await delta.fill("many");
    await submit.click();
    await until(seenWithinMs, async () => {
      const error = await app.locator(`[id="${described.split(" ")[0]}"]`).innerText();
      return /whole number/i.test(error) ? null : error;
    });
    expect(await reason.inputValue()).toBe("Lost in the harbour");
    expect((await api.sku(sku)).available).toBe(stock);
  });

  test("nothing is wider than a phone", async () => {
    await open("", phoneWidthPx);
    for (const path of ["", "/inventory", "/inventory/TEE-001-S"]) {
      await admin.current().open(path);
      const widths = [
        admin.current().inApp(overhang),
        admin.current().page.locator("html").evaluate(overhang),
      ];
      expect(await Promise.all(widths), `app and admin at ${path}`).toEqual([0, 0]);
    }
  });
});

async function tabTo(name: string): Promise<void> {
  await admin.current().tabUntil(name, () => document.activeElement?.getAttribute("name") ?? "");
}

describe("without a session token of this shop", () => {
  // The app answers programs with 410 before anything else: these calls say they are browsers.
  const browserAgent =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  const sku = "TEE-003-S";
  const host = Buffer.from("admin.shopify.com/store/demo").toString("base64url");
  const fromAdmin = `embedded=1&shop=demo.myshopify.com&host=${host}`;

  /** A session token as Shopify makes them, signed with a secret that is not the app's. */
  function forgedToken(): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const nowS = Math.floor(Date.now() / 1_000);
    const shop = "https://demo.myshopify.com";
    const times = { iat: nowS, nbf: nowS - 1, exp: nowS + 60 };
    const aud = installation().lockstep.offline.shopifyApiKey;
    const claims = {
      iss: `${shop}/admin`,
      dest: shop,
      aud,
      sub: "1",
      jti: "1",
      sid: "1",
      ...times,
    };
    const body = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    return `${body}.${createHmac("sha256", "not the secret").update(body).digest("base64url")}`;
  }

  async function realToken(): Promise<string> {
    const answer = await fetch(`${installation().lockstep.sandboxUrl}/admin/session-token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ shop: "demo.myshopify.com" }),
    });
    return ((await answer.json()) as { token: string }).token;
  }

  /** Words and fields that pages and their data have, and refusals have not. */
  const data = /onHand|"available"|offsetLag|TEE-003-M|in step/;

  async function ask(path: string, token: string | null, init: RequestInit = {}): Promise<string> {
    const headers = new Headers({ "user-agent": browserAgent });
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    const url = `${installation().lockstep.appUrl}${path}`;
    const answer = await fetch(url, { redirect: "manual", ...init, headers });
    return `${answer.status} ${await answer.text()}`;
  }

  test("no address under /app gives any data", async () => {
    const token = forgedToken();
    const routes = ["app._index", "app.inventory._index", "app.inventory.$sku"];
    const paths = ["/app", "/app/inventory", `/app/inventory/${sku}`];
    const asData = paths.flatMap((path, at) => [
      `${path}?_data=routes%2F${routes[at] ?? ""}&${fromAdmin}`,
      `${path === "/app" ? "/app/_index" : path}.data?${fromAdmin}`,
    ]);
    const live = ["/app/live", "/app/live/inventory", `/app/live/inventory/${sku}`];
    const asPage = [...paths, ...live].flatMap((path) => [
      path,
      `${path}?${fromAdmin}`,
      `${path}?${fromAdmin}&id_token=${token}`,
    ]);
    for (const path of [...asPage, ...asData]) {
      for (const bearer of [null, token]) {
        expect(await ask(path, bearer), path).not.toMatch(data);
      }
    }
    // The same question with a real token has an answer that we would know.
    expect(await ask("/app/live/inventory", await realToken())).toMatch(data);
    expect(await ask("/app/live", await realToken())).toMatch(data);
  });

  test("the adjustment form changes nothing", async () => {
    const { api } = installation();
    const before = await api.sku(sku);
    const form = { locationId: before.levels[0]?.locationId ?? "", delta: "-5", reason: "theft" };
    for (const bearer of [null, forgedToken()]) {
      const body = new URLSearchParams(form);
      await ask(`/app/inventory/${sku}?${fromAdmin}`, bearer, { method: "POST", body });
    }
    expect(await api.sku(sku)).toEqual(before);
  });
});
