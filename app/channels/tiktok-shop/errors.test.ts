import { describe, expect, test } from "vitest";
import { ChannelFault } from "../contract.ts";
import { readExchange, readToken } from "./auth.ts";
import { endpointPages } from "./conformance-spec.ts";
import { kindByCode } from "./error-codes.ts";
import { faultOfAnswer, faultOfPart, isWrongClock } from "./errors.ts";

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

  const pages = endpointPages();
  test.skipIf(pages === null)("every code of TikTok's reference pages has its kind", () => {
    const codes = (pages ?? []).flatMap((page) => page.error_codes.map(({ code }) => Number(code)));
    expect(codes.length).toBeGreaterThan(300);
    expect([...new Set(codes)].filter((code) => !kindByCode.has(code))).toEqual([]);
  });

  test.each([
    ["Invalid credentials. The `x-tts-access-token` header is invalid.", "unauthorised"],
    ["Invalid credentials. The `access_token` header is invalid.", "unauthorised"],
    [
      "Invalid timestamp. It must not be earlier than 5 minutes before the current time.",
      "unexpected",
    ],
    ["Unexpected identifier. The `shop_cipher` query parameter is not required.", "unexpected"],
    ["Missing credentials. The request does not include a required signature.", "unexpected"],
  ])("36009004 is told apart by its words: %s", (message, kind) => {
    const fault = faultOfAnswer(answer(400, { code: 36009004, message }));
    expect(fault).toMatchObject({ kind, code: "36009004" });
    expect(isWrongClock(fault)).toBe(message.includes("timestamp"));
  });

  test("behind «check failed» stands the reason", () => {
    const extra_errors = [{ code: 12052097, message: "The warehouse does not exist" }];
    const error = {
      code: 12052990,
      message: "Check failed",
      detail: { sku_id: "S", extra_errors },
    };
    expect(faultOfPart(error)).toEqual({
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

describe("TikTok Shop's code exchange", () => {
  test.each([
    [36004004, "rejected"],
    [105001, "rejected"],
    [777, "rejected"],
    [36009002, "rate-limited"],
    [36009003, "unavailable"],
  ])("refused with %i is %s, and repeats nothing that was sent", (code, kind) => {
    const message = "app_secret=abc auth_code=def is wrong";
    try {
      readExchange(answer(200, { code, message }));
      throw new Error("not refused");
    } catch (error) {
      expect(error).toBeInstanceOf(ChannelFault);
      const { fault } = error as ChannelFault;
      expect(fault.kind).toBe(kind);
      expect(fault.message).not.toContain("abc");
    }
  });

  test("a page instead of an answer is not the merchant's doing", () => {
    expect(() => readExchange(answer(502, undefined))).toThrow(
      expect.objectContaining({ fault: expect.objectContaining({ kind: "unavailable" }) }),
    );
  });
});
