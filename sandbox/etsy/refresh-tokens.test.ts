import { expect, test } from "vitest";
import { demoEtsy } from "./names.ts";
import { RefreshTokens } from "./refresh-tokens.ts";

test("a token is good once, its successor takes its place", () => {
  const tokens = new RefreshTokens("secret");
  const first = tokens.replace(demoEtsy.refreshToken);
  expect(first).not.toBeNull();
  expect(tokens.replace(demoEtsy.refreshToken)).toBeNull();
  expect(tokens.replace(first ?? "")).not.toBeNull();
  expect(tokens.replace(first ?? "")).toBeNull();
});

test("consents do not end each other, and guesses open nothing", () => {
  const tokens = new RefreshTokens("secret");
  const one = tokens.begin("a");
  const other = tokens.begin("b");
  expect(tokens.replace(one)).not.toBeNull();
  expect(tokens.replace(other)).not.toBeNull();
  expect(tokens.replace(new RefreshTokens("another").begin("c"))).toBeNull();
  expect(tokens.replace(`${demoEtsy.userId}.a-9.guessed`)).toBeNull();
});

test("what was dead stays dead after a restart; a fresh shop takes the tokens of the one before", () => {
  const tokens = new RefreshTokens("secret");
  const first = tokens.replace(demoEtsy.refreshToken) ?? "";
  const restarted = new RefreshTokens("secret");
  restarted.restore(tokens.snapshot());
  expect(restarted.replace(demoEtsy.refreshToken)).toBeNull();
  expect(restarted.replace(first)).not.toBeNull();
  expect(new RefreshTokens("secret").replace(first)).not.toBeNull();
});
