import { describe, expect, test } from "vitest";
import { ChannelFault } from "../contract.ts";
import { readToken } from "./auth.ts";
import { faultOfAnswer, faultOfSku } from "./errors.ts";

const answer = (status: number, json: unknown) => ({
  bytes: Buffer.alloc(0),
  status,
  headers: new Headers(),
  body: "",
  json,
});

describe("TikTok Shop's codes", () => {
  test.each([
    [105002, "unauthorised"],
    [105005, "revoked"],
    [106013, "revoked"],
    [36009002, "rate-limited"],
    [36009003, "unavailable"],
    [36009007, "timeout"],
    [12052556, "unknown-listing"],
    [12052393, "locked"],
    [12052901, "locked"],
    [12052141, "unsupported"],
    [12052850, "unsupported"],
    [12019028, "rejected"],
    [12052055, "rejected"],
    [36009014, "rejected"],
    [777, "unexpected"],
  ])("%i is %s, whatever the status", (code, kind) => {
    const fault = faultOfAnswer(answer(200, { code, message: "text" }));
    expect(fault).toMatchObject({ kind, code: String(code), message: "TikTok Shop: text" });
  });

  test.each([
    [401, "unauthorised"],
    [429, "rate-limited"],
    [503, "unavailable"],
  ])("status %i without a code is %s", (status, kind) => {
    expect(faultOfAnswer(answer(status, undefined)).kind).toBe(kind);
  });

  test("behind «check failed» stands the reason", () => {
    const extra_errors = [{ code: 12052097, message: "The warehouse does not exist" }];
    const error = {
      code: 12052990,
      message: "Check failed",
      detail: { sku_id: "S", extra_errors },
    };
    expect(faultOfSku(error)).toEqual({
      kind: "rejected",
      code: "12052097",
      message: "TikTok Shop: The warehouse does not exist",
    });
  });
});

describe("TikTok Shop's token refresh", () => {
  const data = {
    access_token: "ROW_a",
    access_token_expire_in: 1_767_312_885,
    refresh_token: "ROW_r2",
    refresh_token_expire_in: 1_796_000_000,
  };

  test("the end is an absolute time, and the new refresh token comes out", () => {
    expect(readToken(answer(200, { code: 0, message: "success", data }))).toEqual({
      accessToken: "ROW_a",
      expiresAt: new Date("2026-01-02T00:14:45.000Z"),
      secrets: { refreshToken: "ROW_r2" },
    });
  });

  test.each([
    [105003, "revoked"],
    [36004009, "revoked"],
    [36004004, "unexpected"],
    [36009002, "rate-limited"],
    [36009003, "unavailable"],
  ])("refused with %i is %s, and repeats nothing that was sent", (code, kind) => {
    const message = "app_secret=abc refresh_token=def is wrong";
    const read = () => readToken(answer(200, { code, message }));
    expect(read).toThrow(ChannelFault);
    try {
      read();
    } catch (error) {
      const { fault } = error as ChannelFault;
      expect(fault.kind).toBe(kind);
      expect(fault.message).not.toContain("abc");
    }
  });
});
