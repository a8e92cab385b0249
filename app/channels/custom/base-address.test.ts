import { expect, test } from "vitest";
import { accountIdOf, baseAddressOf } from "./base-address.ts";

test.each([
  ["https://shop.example.com", "https://shop.example.com", "shop.example.com"],
  ["https://shop.example.com/", "https://shop.example.com", "shop.example.com"],
  ["  pos.example.com/lockstep/ ", "https://pos.example.com/lockstep", "pos.example.com/lockstep"],
  ["https://Pos.Example.com:8443/a", "https://pos.example.com:8443/a", "pos.example.com:8443/a"],
  ["http://127.0.0.1:4100/custom", "http://127.0.0.1:4100/custom", "127.0.0.1/custom"],
  ["http://localhost:9/", "http://localhost:9", "localhost"],
])("%j is kept as %j, account %j", (typed, kept, accountId) => {
  const address = baseAddressOf(typed);
  expect(address).toBe(kept);
  expect(accountIdOf(address ?? "")).toBe(accountId);
});

test.each([
  "",
  "   ",
  "shop",
  "http://shop.example.com",
  "ftp://shop.example.com",
  "https://user:secret@shop.example.com",
  "https://shop.example.com?key=secret",
  "https://shop.example.com/#part",
  "https://",
  "http://127.0.0.1.example.com",
  `https://shop.example.com/${"x".repeat(400)}`,
])("%j cannot be used", (typed) => {
  expect(baseAddressOf(typed)).toBeNull();
});
