// Writes docs/screenshots/{home,inventory,sku,channels,connection,matching}.png: the pages of a shop in the middle of a busy day.
// Run: npm run screenshots
import { mkdirSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startLockstep } from "#scripts/lockstep.ts";
import { root } from "#scripts/run-command.ts";
import { launchChromium } from "#tests/setup/chromium.ts";
import { type AdminFrame, openAdmin } from "./support/admin-frame.ts";
import { runSale } from "./support/sale.ts";
import { SandboxClient } from "./support/sandbox-client.ts";
import { until } from "./support/until.ts";

const folder = path.join(root, "docs", "screenshots");
const widthPx = 1_280;
const heightPx = 800;
/** A README is read over slow lines too. */
const fileBytesMax = 250_000;
const inStepWithinMs = 30_000;
const shownSku = "TEE-001-M";
/** One that has listings without a SKU. */
const shownConnection = "eBay";

/** A connection and its queue: their addresses have an id in them. */
async function connectionPages(admin: AdminFrame) {
  await admin.open("/channels");
  const link = admin.app.getByRole("link", { name: shownConnection, exact: true });
  const address = (await link.getAttribute("href")) ?? "";
  const connection = address.replace("/app", "");
  return { connection, matching: `${connection}/matching` };
}

async function takePictures(admin: AdminFrame): Promise<void> {
  const pages = {
    ...{ home: "", inventory: "/inventory", sku: `/inventory/${shownSku}`, channels: "/channels" },
    ...(await connectionPages(admin)),
  };
  for (const [name, address] of Object.entries(pages)) {
    await admin.open(address);
    // Numbers that the page asked for itself, not only the ones it came with.
    await admin.page.waitForLoadState("networkidle");
    const file = path.join(folder, `${name}.png`);
    await admin.page.screenshot({ path: file, animations: "disabled" });
    const bytes = statSync(file).size;
    if (bytes > fileBytesMax) throw new Error(`${file} has ${bytes} bytes`);
    console.log(`${file}: ${Math.round(bytes / 1024)} kB`);
  }
}

const lockstep = await startLockstep({
  dataDir: mkdtempSync(path.join(tmpdir(), "lockstep-screenshot-")),
  durable: false,
  sandbox: { skus: 24, stock: 60 },
  onProgress: ({ step, state }) => {
    if (state === "started") console.log(`${step}...`);
  },
});
const browser = await launchChromium();
try {
  mkdirSync(folder, { recursive: true });
  const sandbox = new SandboxClient(lockstep.sandboxUrl);
  const skus = Object.keys(await sandbox.shown());
  await runSale({ sandbox, skus: skus.slice(0, 12), orders: 80, ratePerSecond: 6, incidents: {} });
  const admin = await openAdmin(browser, lockstep.adminUrl, { width: widthPx, height: heightPx });
  await admin.open("");
  await until(inStepWithinMs, async () => {
    const inStep = await admin.app.getByText("Everything is in step").isVisible();
    return inStep ? null : "not everything is in step";
  });
  await takePictures(admin);
} finally {
  await browser.close();
  await lockstep.destroy();
}
