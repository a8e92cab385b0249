import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { channelsFound } from "./found.generated.ts";
import { channelById, channels } from "./registry.ts";

test("the registry lists exactly the channel folders", () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(channels.map((channel) => channel.id).toSorted()).toEqual(folders.toSorted());
});

test("the list that is made from the folders has them in the order of their names", () => {
  const ids = channelsFound.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted());
  for (const id of ids) {
    expect(existsSync(path.join(import.meta.dirname, id, "index.ts"))).toBe(true);
  }
});

test("people see Shopify first, then the others by what they are called", () => {
  const [first, ...others] = channels;
  expect(first?.id).toBe("shopify");
  const labels = others.map(({ label }) => label);
  expect(labels).toEqual(labels.toSorted((a, b) => a.localeCompare(b, "en")));
  expect(others.every(({ connect }) => connect !== undefined)).toBe(true);
});

test("an unknown channel is our own mistake", () => {
  expect(channelById("amazon").label).toBe("Amazon");
  expect(() => channelById("nowhere")).toThrow("nowhere");
});

/** What must be set before a channel can be used. */
const needed: Readonly<Record<string, readonly string[]>> = {
  amazon: [
    ...["AMAZON_LWA_CLIENT_ID", "AMAZON_LWA_CLIENT_SECRET", "AMAZON_SQS_QUEUE_URL"],
    ...["AMAZON_SQS_ACCESS_KEY_ID", "AMAZON_SQS_SECRET_ACCESS_KEY"],
  ],
  ebay: [
    ...["EBAY_API_URL", "EBAY_CLIENT_ID", "EBAY_CLIENT_SECRET"],
    ...["EBAY_VERIFICATION_TOKEN", "EBAY_WEBHOOK_URL"],
  ],
  etsy: ["ETSY_API_URL", "ETSY_KEYSTRING", "ETSY_SHARED_SECRET"],
  flipkart: ["FLIPKART_API_URL", "FLIPKART_APP_ID", "FLIPKART_APP_SECRET"],
  "tiktok-shop": [
    ...["TIKTOK_SHOP_API_URL", "TIKTOK_SHOP_AUTH_URL"],
    ...["TIKTOK_SHOP_APP_KEY", "TIKTOK_SHOP_APP_SECRET"],
  ],
};

describe("which channels an installation offers", () => {
  /** A registry of its own: what another test read from the environment is remembered for good. */
  let fresh: typeof import("./registry.ts");

  beforeAll(async () => {
    vi.resetModules();
    fresh = await import("./registry.ts");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function leaveOut(names: readonly string[], value?: string): void {
    for (const name of names) vi.stubEnv(name, value);
  }

  // In this order: a channel that was usable once stays so, as its variables are read only once.
  describe.each(Object.entries(needed))("%s", (id, names) => {
    const [first = "", ...others] = names;

    test.each([undefined, ""])("is off, and no error, without its variables (%o)", (nothing) => {
      leaveOut(names, nothing);
      expect([fresh.isWanted(id), fresh.isConfigured(id)]).toEqual([false, false]);
    });

    test("is half configured with one of them: wanted, not usable, and the others are named", () => {
      leaveOut(others);
      expect([fresh.isWanted(id), fresh.isConfigured(id)]).toEqual([true, false]);
      for (const name of others) {
        expect(() => fresh.channelApp(id)).toThrow(`${name}: is missing`);
      }
      expect(() => fresh.channelApp(id)).not.toThrow(`${first}:`);
    });

    test("is half configured without one of them", () => {
      leaveOut([first]);
      expect([fresh.isWanted(id), fresh.isConfigured(id)]).toEqual([true, false]);
      expect(() => fresh.channelApp(id)).toThrow(`${first}: is missing`);
    });

    test("can be used with all of them", () => {
      expect([fresh.isWanted(id), fresh.isConfigured(id)]).toEqual([true, true]);
    });
  });

  test("a variable that has a default asks for nothing by itself", () => {
    leaveOut(needed["etsy"] ?? []);
    vi.stubEnv("ETSY_AUTHORIZE_URL", "https://www.etsy.com/oauth/connect");
    expect(fresh.isWanted("etsy")).toBe(false);
  });

  test.each(["custom", "woocommerce"])("%s needs no variables and is always on", (id) => {
    expect([fresh.isWanted(id), fresh.isConfigured(id)]).toEqual([true, true]);
  });

  test("Shopify is wanted whatever is missing: without it there is no installation", () => {
    leaveOut(Object.keys(process.env).filter((name) => name.startsWith("SHOPIFY_")));
    expect(fresh.isWanted("shopify")).toBe(true);
    expect(fresh.isConfigured("shopify")).toBe(false);
  });
});
