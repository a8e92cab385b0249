import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { demoServer } from "#sandbox/custom/demo.ts";
import { type AdminFrame, overhang } from "./support/admin-frame.ts";
import { phoneWidthPx, useAdminWindow } from "./support/admin-window.ts";
import { useInstallation } from "./support/installation.ts";
import { channelIds } from "./support/sandbox-client.ts";
import { until } from "./support/until.ts";

const skuCount = 24;
const stock = 60;
/** What the seed calls its connections, with the listings of each; Shopify has one per location. */
const seeded = { Shopify: 48, "Amazon US": 25, eBay: 29, "TikTok Shop": 24 };
/** eBay's listings of another edition of a product: nothing says for sure which SKU they are. */
const unmatchedOnEbay = 5;
/** Channels that the seed leaves to the merchant. */
const connectable = ["Custom", "Etsy", "Flipkart", "WooCommerce"];
/** A write, a sale or a revoked consent is seen by then; pages ask every two seconds. */
const seenWithinMs = 10_000;
/** An import of so few listings is over by then; a worker looks every two seconds whether one is due. */
const importedWithinMs = 20_000;
/** Slow enough that the import's progress is on the page when it opens. */
const slowMs = 400;

const installation = useInstallation({ sandbox: { skus: skuCount, stock } });
const admin = useAdminWindow(installation);
const { open } = admin;

/** Opens a connection's page from the list, by the name it has there. */
async function openConnection(name: string): Promise<AdminFrame> {
  const frame = await open("/channels");
  await frame.app.getByRole("link", { name, exact: true }).click();
  await frame.app.getByRole("heading", { level: 1, name }).waitFor();
  return frame;
}

/** The platforms show these numbers to their buyers. */
async function shows(sku: string, wanted: Readonly<Record<string, number>>): Promise<void> {
  await until(seenWithinMs, async () => {
    const shown = (await installation().sandbox.shown(sku))[sku];
    return Object.entries(wanted)
      .filter(([channel, quantity]) => shown?.[channel] !== quantity)
      .map(([channel]) => `${channel} shows ${String(shown?.[channel])} of ${sku}`);
  });
}

const seededShow = (quantity: number) =>
  Object.fromEntries(channelIds.map((channel) => [channel, quantity]));

/** The page says this, within the time of an import when it takes one. */
async function says(text: string | RegExp, timeout = seenWithinMs): Promise<void> {
  await admin.current().app.getByText(text).first().waitFor({ timeout });
}

const press = (name: string) =>
  admin.current().app.getByRole("button", { name, exact: true }).click();

/** What a test makes the browser complain about: a page that is answered with 400. */
let expectedNoise: RegExp | null = null;
afterEach(async () => {
  const noise = admin.current().noise.filter((line) => expectedNoise?.test(line) !== true);
  expectedNoise = null;
  await admin.current().close();
  expect(noise, "errors in the browser's console").toEqual([]);
});

test("Channels shows what is connected, and what can be", async () => {
  const { app, page } = await open("");
  await page.getByRole("link", { name: "Channels" }).click();
  await app.getByRole("heading", { level: 1, name: "Channels" }).waitFor();
  for (const [name, listings] of Object.entries(seeded)) {
    const card = app.locator(".Polaris-ShadowBevel").filter({
      has: app.getByRole("heading", { level: 2, name, exact: true }),
    });
    expect(await card.getByText("Live", { exact: true }).count(), name).toBe(1);
    const words = await card.innerText();
    expect(words, name).toContain(`${listings} listings`);
    expect(words, name).toMatch(/Listings last read (just now|.+ ago)\./);
  }
  for (const name of connectable) {
    await app.getByRole("link", { name: `Connect ${name}`, exact: true }).waitFor();
  }
  await app.getByRole("link", { name: "Connect another account of eBay" }).waitFor();
});

describe("a channel with a consent page", () => {
  const sku = "TEE-004-S";
  const name = /^Etsy shop /;

  test("is signed in to in the top window, imported, looked through, and live", async () => {
    const { sandbox } = installation();
    expect(await sandbox.order("tiktok-shop", sku, 4)).toMatchObject({ accepted: true });
    await shows(sku, seededShow(56));
    await sandbox.setFaults({ channel: "etsy", latencyMs: slowMs });
    const { app, page } = await open("/channels");
    await app.getByRole("link", { name: "Connect Etsy", exact: true }).click();
    const [consent] = await Promise.all([
      page.waitForRequest((request) => request.url().includes("/etsy/oauth/connect")),
      press("Continue to Etsy"),
    ]);
    expect(consent.frame() === page.mainFrame(), "the consent page is not in the frame").toBe(true);

    await page.waitForURL(/\/apps\/lockstep\/channels\/[0-9a-f-]{36}$/);
    await app.getByRole("heading", { level: 1, name }).waitFor();
    await says("In review");
    await says(/^Reading the listings: \d+/);
    await says(/this shows what going live would change/);
    await says(/^Listings last read /, importedWithinMs);
    await sandbox.setFaults({ channel: "etsy", latencyMs: 0 });
    await says(`All ${skuCount} listings are matched.`);
    await says(/^Going live changes 1 listing on Etsy shop /);
    const row = app.locator("tr").filter({ hasText: sku });
    expect(await row.innerText()).toMatch(/\b60\s+56\b/);
    expect(await sandbox.shownOn("etsy", sku), "nothing is written before").toBe(stock);

    await press("Go live on Etsy");
    await says("It is live: numbers go out now.");
    await says("Live");
    await shows(sku, { ...seededShow(56), etsy: 56 });
    expect(await sandbox.order("etsy", sku, 3)).toMatchObject({ accepted: true });
    await shows(sku, { ...seededShow(53), etsy: 53 });
  });

  test("says that the merchant refused at the platform, and leads back", async () => {
    expectedNoise = /status of 400 .+error=access_denied/;
    const { app, page } = await open("/channels/connect/etsy");
    await page.route("**/etsy/oauth/connect**", async (route) => {
      await route.continue({ url: `${route.request().url()}&deny=1` });
    });
    await press("Continue to Etsy");
    await page.getByRole("heading", { name: "Not connected" }).waitFor();
    await page.getByText("The user denied the request for access.").waitFor();
    await page.getByRole("link", { name: "Back to Channels in Lockstep" }).click();
    await app.getByRole("heading", { level: 1, name: "Channels" }).waitFor();
  });

  test("asks which of several accounts become connections", async () => {
    const { app, page } = await open("/channels/connect/flipkart");
    await press("Continue to Flipkart");
    await page.waitForURL(/\/channels\/connect\/flipkart\?pick=/);
    await app.getByLabel(/Main warehouse/).check();
    await press("Connect 1 account");
    await app.getByRole("heading", { level: 1, name: /^Flipkart, Main warehouse/ }).waitFor();
    await says("In review");
  });

  test("says that consent is gone, and is connected again", async () => {
    const { sandbox } = installation();
    const { app, page } = await open("/channels");
    await app.getByRole("link", { name }).click();
    await says("Live");
    await sandbox.setFaults({ channel: "etsy", consentRevoked: true });
    expect(await sandbox.order("ebay", sku, 1)).toMatchObject({ accepted: true });
    await says(/^Nothing is written to Etsy shop /);
    await says("Etsy no longer accepts this connection. Connect the shop again.");
    expect(await app.getByRole("button", { name: "Resume" }).count(), "Resume would fail").toBe(0);
    expect(await sandbox.shownOn("etsy", sku)).toBe(53);

    await sandbox.setFaults({ channel: "etsy", consentRevoked: false });
    await app.getByRole("link", { name: "Connect again" }).click();
    await app.getByRole("heading", { level: 1, name: /^Connect Etsy shop .+ again$/ }).waitFor();
    await press("Continue to Etsy");
    await page.waitForURL(/\/apps\/lockstep\/channels\/[0-9a-f-]{36}$/);
    await says("Live");
    await shows(sku, { ...seededShow(52), etsy: 52 });
  });
});

describe("a channel with keys", () => {
  test("refuses wrong ones in words, and keeps what was typed except secrets", async () => {
    const { lockstep } = installation();
    const { app } = await open("/channels/connect/custom");
    const address = app.getByLabel("Address of your server");
    const secret = app.getByLabel("Secret", { exact: true });
    const name = app.getByLabel("Name (optional)");
    const typed = `${lockstep.sandboxUrl}/custom`;
    await address.fill(typed);
    await name.fill("The till");
    await press("Connect Custom");
    await app.locator("[aria-invalid=true][name=secret]").waitFor();
    const described = (await secret.getAttribute("aria-describedby"))?.split(" ")[0] ?? "";
    const error = app.locator(`[id="${described}"]`);
    expect(await error.innerText()).toContain("Secret is needed to connect Custom.");

    for (const [wrong, words] of [
      ["let me in", /no secret of the right kind/],
      [`whsec_${Buffer.alloc(32, 7).toString("base64")}`, /does not accept this secret/],
    ] as const) {
      await secret.fill(wrong);
      await press("Connect Custom");
      await says(words);
      expect(await address.inputValue()).toBe(typed);
      expect(await name.inputValue()).toBe("The till");
      await until(seenWithinMs, async () => ((await secret.inputValue()) === "" ? null : "typed"));
    }

    await secret.fill(demoServer.secret);
    await press("Connect Custom");
    await app.getByRole("heading", { level: 1, name: /^The till/ }).waitFor();
    await says(`All ${skuCount} listings are matched.`, importedWithinMs);
  });

  test("is disconnected after a question", async () => {
    const { app } = await open("/channels");
    await app.getByRole("link", { name: /^The till/ }).click();
    await press("Disconnect…");
    await press("Keep it");
    await press("Disconnect…");
    await press("Yes, disconnect it");
    await app.getByRole("heading", { level: 1, name: "Channels" }).waitFor();
    await app.getByRole("link", { name: "eBay", exact: true }).waitFor();
    expect(await app.getByText(/^The till/).count()).toBe(0);
  });
});

test("a connection is paused, resumed and renamed", async () => {
  const { sandbox } = installation();
  const sku = "TEE-004-M";
  const { app } = await openConnection("TikTok Shop");
  await press("Pause all writes");
  await says("Nothing is written to TikTok Shop");
  expect(await app.getByText("Connect again").count(), "its consent still stands").toBe(0);
  expect(await sandbox.order("amazon", sku, 2)).toMatchObject({ accepted: true });
  await shows(sku, { shopify: 58, ebay: 58, "tiktok-shop": stock });

  await press("Resume");
  await says("It goes on: everything is brought up to now.");
  await shows(sku, seededShow(58));

  await app.getByLabel("Name of this connection").fill("TikTok, the big one");
  await press("Rename");
  await app.getByRole("heading", { level: 1, name: "TikTok, the big one" }).waitFor();
});

describe("matching", () => {
  const waiting = () => admin.current().app.getByRole("button", { name: "Do not sync it" }).count();

  async function left(count: number): Promise<void> {
    await until(seenWithinMs, async () => {
      const now = await waiting();
      return now === count ? null : `${now} listings wait`;
    });
  }

  async function openMatching(): Promise<AdminFrame> {
    const frame = await open("/channels");
    const card = frame.app.locator(".Polaris-ShadowBevel").filter({
      has: frame.app.getByRole("heading", { level: 2, name: "eBay", exact: true }),
    });
    await card.getByRole("link", { name: /without a SKU$/ }).click();
    await frame.app.getByRole("heading", { level: 1, name: "Match listings of eBay" }).waitFor();
    return frame;
  }

  test("is done with the keyboard alone", async () => {
    const { page, tabUntil } = await openMatching();
    await left(unmatchedOnEbay);
    await says("Several fit");
    await tabUntil("Match to TEE-001-S", () => document.activeElement?.textContent ?? "");
    await page.keyboard.press("Enter");
    await left(unmatchedOnEbay - 1);

    await tabUntil("sku", () => document.activeElement?.getAttribute("name") ?? "");
    await page.keyboard.type("TEE-404-S");
    await page.keyboard.press("Enter");
    await says('There is no SKU "TEE-404-S".');
    await page.keyboard.press("Control+A");
    await page.keyboard.type("TEE-001-M");
    await page.keyboard.press("Enter");
    await left(unmatchedOnEbay - 2);
  });

  test("goes out as a file and comes back, and a bad line says why it is one", async () => {
    const { app, page } = await openMatching();
    const before = unmatchedOnEbay - 2;
    await left(before);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      press("Download all listings (CSV)"),
    ]);
    expect(download.suggestedFilename()).toBe("lockstep-matches.csv");
    const text = await readFile(await download.path(), "utf8");
    const [header = "", ...lines] = text.trim().split(/\r?\n/);
    expect(lines).toHaveLength(seeded.eBay);
    expect(header).toMatch(/^\uFEFF?listing,channel_sku,/);
    const keys = lines
      .filter((line) => line.includes("-CLASSIC"))
      .map((line) => line.split(",")[0]);
    const [first = "", second = ""] = keys.slice(-2);
    const file = `listing,sku,action\n${first},,ignore\n${second},TEE-404-S,\n`;

    const mimeType = "text/csv";
    await app
      .getByLabel("File of matches")
      .setInputFiles({ name: "matches.csv", mimeType, buffer: Buffer.from(file) });
    await press("Check the file");
    await says("Checked, nothing is changed yet");
    await says(/^2 lines: 0 would be matched, 1 would be ignored, .+ 1 with problems\.$/);
    await says(`Line 3, ${second}: There is no SKU "TEE-404-S".`);
    expect(await waiting()).toBe(before);

    await app.getByLabel("Only check it, change nothing").uncheck();
    await press("Import the file");
    await says(/^2 lines: 0 matched, 1 ignored/);
    await left(before - 1);
  });
});

test("nothing is wider than a phone", async () => {
  const { app, inApp, page } = await open("/channels", phoneWidthPx);
  const links = await app
    .getByRole("link")
    .evaluateAll((found) => found.map((link) => link.getAttribute("href") ?? ""));
  const paths = [...new Set(links)]
    .filter((href) => href.startsWith("/app/channels/"))
    .map((href) => href.slice("/app".length));
  expect(paths.length, "connections, their queues, forms").toBeGreaterThanOrEqual(12);
  for (const path of ["/channels", ...paths]) {
    await admin.current().open(path);
    const widths = [inApp(overhang), page.locator("html").evaluate(overhang)];
    expect(await Promise.all(widths), `app and admin at ${path}`).toEqual([0, 0]);
  }
});
