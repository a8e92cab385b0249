import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { WebhookRequest } from "#app/channels/contract.ts";
import type { FlipkartApp } from "./config.ts";
import { checkSignature } from "./signature.ts";

/** The example of Flipkart's notification manual (specs/signature-test-vectors.json, origin: published). */
const published = {
  appId: "6113ca4a-fe05-11e4-a322-1697f925ec7b",
  appSecret: "669a57f4-fe05-11e4-a322-1697f925ec7b",
  url: "http://seller.api.pilotseller.com/notify/fki",
  xDate: "Tue, 19 May 2015 09:02:15 GMT",
  xAuthorization:
    "FKLOGIN NjExM2NhNGEtZmUwNS0xMWU0LWEzMjItMTY5N2Y5MjVlYzdiOjgzNzYyYWJkODdiNDFlNjZkZGQ1ODMyMGE0ZTgwMzI1MWU3MmI3NzY=",
};

const app: FlipkartApp = {
  FLIPKART_API_URL: "https://api.flipkart.net",
  FLIPKART_APP_ID: published.appId,
  FLIPKART_APP_SECRET: published.appSecret,
  FLIPKART_ACCESS: "third-party",
};

function delivery(change: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    rawBody: Buffer.from("{}"),
    headers: { x_date: published.xDate, x_authorization: published.xAuthorization },
    receivedAt: new Date("2015-05-19T09:03:00Z"),
    url: published.url,
    door: null,
    ...change,
  };
}

describe("Flipkart's signature", () => {
  it("accepts the published example", () => {
    expect(checkSignature(delivery(), app)).toBe("signed");
  });

  it("is stale ten minutes before and after its time, and not a second earlier", () => {
    const at = (time: string) => checkSignature(delivery({ receivedAt: new Date(time) }), app);
    expect(at("2015-05-19T09:12:15Z")).toBe("signed");
    expect(at("2015-05-19T09:12:16Z")).toBe("stale");
    expect(at("2015-05-19T08:52:15Z")).toBe("signed");
    expect(at("2015-05-19T08:52:14Z")).toBe("stale");
  });

  it("is forged with another address, secret, app id or time, and without a header", () => {
    const { headers } = delivery();
    const forged: [Partial<WebhookRequest>, FlipkartApp?][] = [
      [{ url: `${published.url}/` }],
      [{ url: published.url.replace("http:", "https:") }],
      [{}, { ...app, FLIPKART_APP_SECRET: "other" }],
      [{}, { ...app, FLIPKART_APP_ID: "other" }],
      [{ headers: { ...headers, x_date: "Tue, 19 May 2015 09:02:16 GMT" } }],
      [{ headers: { ...headers, x_date: "soon" } }],
      [{ headers: { ...headers, x_date: undefined } }],
      [{ headers: { ...headers, x_authorization: undefined } }],
      [{ headers: { ...headers, x_authorization: "" } }],
      [{ headers: { ...headers, x_authorization: "FKLOGIN !!" } }],
      [{ headers: { ...headers, x_authorization: `FKLOGIN ${"A".repeat(5_000)}` } }],
    ];
    for (const [change, other] of forged) {
      expect(checkSignature(delivery(change), other ?? app)).toBe("forged");
    }
  });

  it("keeps to what the examples of the specs say, where they are there", () => {
    const file = new URL("../../../../shared/specs/signature-test-vectors.json", import.meta.url);
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      return;
    }
    const { flipkartNotification } = JSON.parse(text) as {
      flipkartNotification: (typeof published)[];
    };
    for (const vector of flipkartNotification) expect(vector).toMatchObject(published);
  });
});
