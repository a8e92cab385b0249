import { expect, test } from "vitest";
import { siteAddressOf } from "./site-address.ts";

test.each([
  ["https://shop.example.com", "https://shop.example.com"],
  ["https://shop.example.com/", "https://shop.example.com"],
  ["  shop.example.com ", "https://shop.example.com"],
  ["https://Shop.Example.com:8443/", "https://shop.example.com:8443"],
  ["https://example.com/shop/", "https://example.com/shop"],
  ["https://example.com/shop/wp-admin/admin.php?page=wc-settings#x", "https://example.com/shop"],
  ["https://example.com/wp-json/wc/v3", "https://example.com"],
  ["http://127.0.0.1:4100/woocommerce", "http://127.0.0.1:4100/woocommerce"],
  ["http://localhost:4100", "http://localhost:4100"],
  ["http://[::1]:4100/", "http://[::1]:4100"],
])("%j is kept as %j", (typed, kept) => {
  expect(siteAddressOf(typed)).toBe(kept);
});

test.each([
  "",
  "   ",
  "shop",
  "http://shop.example.com",
  "ftp://shop.example.com",
  "https://user:secret@shop.example.com",
  "https://",
  "http://127.0.0.1.example.com",
  `https://shop.example.com/${"x".repeat(400)}`,
])("%j cannot be used", (typed) => {
  expect(siteAddressOf(typed)).toBeNull();
});
