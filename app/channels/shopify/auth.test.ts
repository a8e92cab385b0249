import { describe, expect, test } from "vitest";
import { ChannelFault, type ChannelRequest, type ChannelResponse } from "../contract.ts";
import { refreshShopifyToken, type ShopifyContext } from "./auth.ts";

const now = new Date("2026-01-11T10:00:00.000Z");
const secrets = { refreshToken: "shprt_old" };

function answering(status: number, body: object) {
  const sent: ChannelRequest[] = [];
  const text = JSON.stringify(body);
  const answer: ChannelResponse = {
    ...{ status, headers: new Headers(), body: text, bytes: Buffer.from(text) },
    json: JSON.parse(text) as unknown,
  };
  const context = {
    accountId: "demo.myshopify.com",
    app: { apiKey: "key", apiSecret: "secret", simulatorUrl: null },
    now: () => now,
    http: {
      send(request: ChannelRequest) {
        sent.push(request);
        return Promise.resolve(answer);
      },
    },
  } as unknown as ShopifyContext;
  return { context, sent };
}

describe("the refresh grant", () => {
  test("rotates: the new refresh token comes with its own end", async () => {
    const { context, sent } = answering(200, {
      ...{ access_token: "shpat_new", expires_in: 3_600 },
      ...{ refresh_token: "shprt_new", refresh_token_expires_in: 7_776_000 },
    });
    expect(await refreshShopifyToken(context, secrets)).toEqual({
      accessToken: "shpat_new",
      expiresAt: new Date("2026-01-11T11:00:00.000Z"),
      secrets: { refreshToken: "shprt_new", refreshTokenUntil: "2026-04-11T10:00:00.000Z" },
    });
    expect(sent[0]).toMatchObject({
      url: "https://demo.myshopify.com/admin/oauth/access_token",
      operation: "token",
    });
  });

  test("an answer without an end is never endless, and without a new refresh token keeps the old one", async () => {
    const { context } = answering(200, { access_token: "shpat_new" });
    expect(await refreshShopifyToken(context, secrets)).toEqual({
      accessToken: "shpat_new",
      expiresAt: new Date("2026-01-11T11:00:00.000Z"),
      secrets,
    });
  });

  test.each([
    [400, { error: "invalid_grant", error_description: "no longer active" }, "revoked"],
    [401, { error: "invalid_client" }, "revoked"],
    [403, {}, "revoked"],
    [404, {}, "unavailable"],
    [429, {}, "rate-limited"],
    [503, {}, "unavailable"],
    [200, { hello: 1 }, "unexpected"],
  ])("%i %j is %s", async (status, body, kind) => {
    const { context } = answering(status, body);
    const refused = await refreshShopifyToken(context, secrets).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ChannelFault);
    if (!(refused instanceof ChannelFault)) return;
    expect(refused.fault.kind).toBe(kind);
    expect(JSON.stringify(refused.fault)).not.toMatch(/shprt_old|secret/);
    if (status === 400) expect(refused.fault.message).toContain("no longer active");
  });
});
