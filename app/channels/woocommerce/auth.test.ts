import { describe, expect, test } from "vitest";
import type { ChannelResponse } from "#app/channels/contract.ts";
import { accessToken, judgeFirstAnswer, readAccess } from "./auth.ts";

const secrets = { consumerKey: "ck_1", consumerSecret: "cs_1" };

function answer(status: number, json: unknown): ChannelResponse {
  const body = json === undefined ? "<html></html>" : JSON.stringify(json);
  return { status, headers: new Headers(), body, bytes: Buffer.from(body), json };
}
const error = (code: string, message: string) => ({ code, message, data: {} });

describe("the answer to a first call", () => {
  test.each([
    [200, [{ id: 794 }], "open"],
    [200, [], "open"],
    [200, undefined, "no-api"],
    [404, undefined, "no-api"],
    [404, error("rest_no_route", "No route"), "no-api"],
    // An unknown key and a header that was dropped are answered alike (the plugin's authentication).
    [401, error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."), "no-keys"],
    [401, error("woocommerce_rest_authentication_error", "Consumer key is missing."), "no-keys"],
    [401, undefined, "no-keys"],
    [401, error("woocommerce_rest_authentication_error", "Consumer secret is invalid."), "refused"],
    [403, undefined, "fault"],
    [503, undefined, "fault"],
    [200, error("internal_server_error", "broken"), "fault"],
  ])("%i %j is %s", (status, json, verdict) => {
    expect(judgeFirstAnswer(answer(status, json))).toBe(verdict);
  });
});

test("the way in comes back as it was kept; a text that is none means the usual way", () => {
  const access = { keysIn: "query", routeIn: "query", ...secrets } as const;
  expect(readAccess(accessToken(access), secrets)).toEqual(access);
  const usual = { keysIn: "header", routeIn: "path", ...secrets };
  expect(readAccess("garbage", secrets)).toEqual(usual);
  expect(readAccess("{}", secrets)).toEqual(usual);
});
