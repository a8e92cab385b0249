import { describe, expect, test } from "vitest";
import { ChannelFault, type ChannelResponse } from "../contract.ts";
import { grantOf, readToken, tokenRequest } from "./auth.ts";
import { walmartApp, walmartSecrets } from "./config.ts";

const now = new Date("2026-01-02T03:04:05.000Z");
const app = walmartApp.parse({ WALMART_CLIENT_ID: "app", WALMART_CLIENT_SECRET: "app-secret" });
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

function answer(status: number, json: unknown): ChannelResponse {
  const body = JSON.stringify(json);
  return { status, headers: new Headers(), body, bytes: Buffer.from(body), json };
}

function faultOf(status: number, json: unknown) {
  try {
    readToken(answer(status, json), now);
  } catch (error) {
    if (error instanceof ChannelFault) return error.fault;
  }
  throw new Error("no fault");
}

describe("tokens", () => {
  test("the seller's own keys", () => {
    const secrets = walmartSecrets.parse({ clientId: "id", clientSecret: "secret" });
    const request = tokenRequest(walmartApp.parse({}), grantOf(secrets, null));
    expect(request).toMatchObject({
      url: "https://marketplace.walmartapis.com/v3/token",
      headers: { authorization: basic("id:secret") },
      body: "grant_type=client_credentials",
    });
    expect(request.headers).not.toHaveProperty("wm_partner.id");
  });

  test("a consent: the app's keys, for that seller", () => {
    const secrets = walmartSecrets.parse({ refreshToken: "refresh" });
    const grant = grantOf(secrets, "43423324");
    expect(tokenRequest(app, grant)).toMatchObject({
      headers: { authorization: basic("app:app-secret"), "wm_partner.id": "43423324" },
      body: "grant_type=refresh_token&refresh_token=refresh",
    });
    expect(() => tokenRequest(walmartApp.parse({}), grant)).toThrow(ChannelFault);
  });

  test("they live 15 minutes, and bring new secrets only where there are some", () => {
    const token = { access_token: "token", token_type: "Bearer", expires_in: 900 };
    expect(readToken(answer(200, token), now)).toEqual({
      accessToken: "token",
      expiresAt: new Date("2026-01-02T03:19:05.000Z"),
    });
    expect(readToken(answer(200, { ...token, refresh_token: "refresh" }), now)).toMatchObject({
      secrets: { refreshToken: "refresh" },
    });
  });

  test.each([
    [401, { error: [{ code: "UNAUTHORIZED.GMP_GATEWAY_API" }] }, "revoked"],
    [401, {}, "revoked"],
    [400, { error: [{ code: "INVALID_REQUEST_PARAM.X", description: "secret" }] }, "revoked"],
    [400, { error: "invalid_client" }, "revoked"],
    [429, { errors: [{ code: "REQUEST_THRESHOLD_VIOLATED.X" }] }, "rate-limited"],
    [400, {}, "rejected"],
    [520, {}, "unavailable"],
    [200, {}, "unexpected"],
    [200, { access_token: "token" }, "unexpected"],
  ])("%i %o is %s", (status, json, kind) => {
    const fault = faultOf(status, json);
    expect(fault.kind).toBe(kind);
    expect(fault.message).not.toContain("secret");
  });
});
