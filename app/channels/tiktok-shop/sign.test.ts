import { expect, test } from "vitest";
import { signRequest } from "./sign.ts";

test("the vector that TikTok published", () => {
  const path = "/authorization/202309/shops";
  const query = { timestamp: "1623812664", app_key: "29a39d" };
  const sign = "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8";
  expect(signRequest({ path, query, body: "" }, "e59af819cc")).toBe(sign);
  // Neither the sign itself nor the token is part of it.
  const more = { ...query, sign: "x", access_token: "y" };
  expect(signRequest({ path, query: more, body: "" }, "e59af819cc")).toBe(sign);
  expect(signRequest({ path, query, body: "{}" }, "e59af819cc")).not.toBe(sign);
});
