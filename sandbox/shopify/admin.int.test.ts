import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "#tests/setup/chromium.ts";
import { startSandbox, type Sandbox } from "../start.ts";
import { testCredential, testSandboxConfig } from "../test-config.ts";
import { isLiveSessionToken } from "./session-token.ts";

const apiKey = testCredential("SHOPIFY_API_KEY");
const apiSecret = testCredential("SHOPIFY_API_SECRET");
const party = { shop: "demo.myshopify.com", apiKey, apiSecret };
const launchTimeoutMs = 60_000;

let sandbox: Sandbox;
let app: Server;
let browser: Browser;
/** Answers of the app's data address that refuse the token first. */
let refusals = 0;

beforeAll(async () => {
  app = createServer(serveApp);
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const appUrl = `http://127.0.0.1:${String((app.address() as AddressInfo).port)}`;
  sandbox = await startSandbox({ config: { ...testSandboxConfig, appUrl } });
  browser = await launchChromium();
}, launchTimeoutMs);

afterAll(async () => {
  await browser.close();
  await sandbox.stop();
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
});

/** A small embedded app: its pages, a bounce page, and data for whoever brings a good token. */
function serveApp(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://app");
  if (url.pathname === "/data") {
    const bearer = request.headers.authorization?.replace("Bearer ", "") ?? "";
    if (refusals > 0) {
      refusals -= 1;
      response.writeHead(401, { "X-Shopify-Retry-Invalid-Session-Request": "1" }).end();
      return;
    }
    const good = isLiveSessionToken(bearer, party, Date.now());
    response.writeHead(good ? 200 : 401).end(good ? "welcome" : "who are you?");
    return;
  }
  const script = `<script src="${sandbox.url}/admin/app-bridge.js" data-api-key="${apiKey}"></script>`;
  response.writeHead(200, { "content-type": "text/html" });
  response.end(url.pathname === "/bounce" ? script : appPage(script));
}

const appPage = (script: string) => `<!doctype html><html><head></head><body>${script}
  <ui-nav-menu><a href="/app" rel="home">Home</a><a href="/app/inventory">Inventory</a></ui-nav-menu>
  <ui-title-bar title="Overview"><button variant="primary" onclick="place.textContent = 'clicked'">Add</button></ui-title-bar>
  <form data-save-bar onsubmit="event.preventDefault(); place.textContent = 'saved'"><input aria-label="Name"></form>
  <p id="place"></p><button id="load">Load</button>
  <script>
    const place = document.getElementById("place");
    const show = () => { place.textContent = location.pathname; };
    addEventListener("shopify:navigate", (event) => {
      history.pushState(null, "", event.target.getAttribute("href")); show();
    });
    show();
    document.getElementById("load").onclick = async () => {
      const answer = await fetch("/data");
      place.textContent = await answer.text();
      shopify.toast.show("Loaded");
    };
  </script></body></html>`;

async function open(path = "", size = { width: 1200, height: 800 }): Promise<Page> {
  const page = await browser.newPage({ viewport: size });
  await page.goto(`${sandbox.url}/admin/store/demo/apps/lockstep${path}`);
  return page;
}
const inside = (page: Page) => page.frameLocator("#app");
const place = (page: Page, text: string) =>
  inside(page).locator("#place").filter({ hasText: text }).waitFor();

test("the app's requests carry a session token, and a refused one is renewed once", async () => {
  const page = await open();
  refusals = 1;
  await inside(page).getByRole("button", { name: "Load" }).click();
  await place(page, "welcome");
  await page.getByText("Loaded").waitFor();
  await page.close();
});

test("the admin's navigation moves the app, and the address follows", async () => {
  const page = await open();
  await page.getByRole("link", { name: "Inventory" }).click();
  await place(page, "/app/inventory");
  await page.waitForURL(/\/apps\/lockstep\/inventory$/);
  expect(await page.getByRole("link", { name: "Inventory" }).getAttribute("aria-current")).toBe(
    "page",
  );
  await page.reload();
  await place(page, "/app/inventory");
  await page.getByRole("button", { name: "Add" }).click();
  await place(page, "clicked");
  await page.close();
});

test("a changed form opens the save bar; saving submits it and closes the bar", async () => {
  const page = await open();
  await inside(page).getByLabel("Name").fill("new");
  await page.getByRole("button", { name: "Save" }).click();
  await place(page, "saved");
  await page.getByRole("button", { name: "Save" }).waitFor({ state: "hidden" });
  await page.close();
});

test("the bounce page comes back with a token", async () => {
  const page = await open();
  const frame = page.frame({ name: "app-iframe" });
  await frame?.goto(new URL("/bounce?shopify-reload=/app/inventory", frame.url()).toString());
  await place(page, "/app/inventory");
  const token = new URL(page.frame({ name: "app-iframe" })?.url() ?? "").searchParams.get(
    "id_token",
  );
  expect(isLiveSessionToken(token ?? "", party, Date.now())).toBe(true);
  await page.close();
});

test("on a phone the navigation opens over the app and nothing overflows", async () => {
  const page = await open("", { width: 360, height: 640 });
  await place(page, "/app");
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  await page.getByRole("button", { name: "Navigation" }).click();
  await page.getByRole("link", { name: "Inventory" }).click();
  await place(page, "/app/inventory");
  await page.close();
});
