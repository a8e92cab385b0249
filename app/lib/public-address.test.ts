import { describe, expect, it } from "vitest";
import { InnerAddress, isInnerAddress, requirePublicAddress } from "./public-address.ts";

describe("public addresses", () => {
  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.10",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fd00::1",
    "fe80::1",
    "::ffff:127.0.0.1",
  ])("%s is ours", (address) => {
    expect(isInnerAddress(address)).toBe(true);
  });

  it.each(["8.8.8.8", "172.32.0.1", "192.169.0.1", "2606:4700::1111"])("%s is not", (address) => {
    expect(isInnerAddress(address)).toBe(false);
  });

  it.each([
    "https://127.0.0.1/wp-json",
    "https://[::1]/",
    "https://169.254.169.254/latest/meta-data",
    "http://8.8.8.8/",
    "https://localhost/",
    // 127.0.0.1 in other spellings, which URL puts right.
    "https://0x7f000001/",
    "https://2130706433/",
  ])("%s is not called", async (url) => {
    await expect(requirePublicAddress(url)).rejects.toThrow(InnerAddress);
  });

  it("a public address is", async () => {
    await expect(requirePublicAddress("https://8.8.8.8/wp-json")).resolves.toBeUndefined();
  });
});
