import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { open, seal } from "./secret-box.ts";

const key = randomBytes(32).toString("base64");
const otherKey = randomBytes(32).toString("base64");

it("opens what it sealed, any text, and never seals the same way twice", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const sealed = seal(text, key);
      expect(open(sealed, key)).toBe(text);
      expect(seal(text, key)).not.toBe(sealed);
    }),
  );
});

it("names its key, and refuses another one by name", () => {
  const sealed = seal("a secret", key);
  expect(sealed.split(".")).toHaveLength(3);
  expect(sealed.split(".")[1]).not.toBe(seal("a secret", otherKey).split(".")[1]);
  expect(() => open(sealed, otherKey)).toThrow(/not the configured one/);
});

it("refuses every changed byte, and says nothing of the secret", () => {
  const [version, id, body = ""] = seal("a secret", key).split(".");
  const bytes = Buffer.from(body, "base64url");
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    const sealed = [version, id, changed.toString("base64url")].join(".");
    expect(() => open(sealed, key)).toThrow();
    try {
      open(sealed, key);
    } catch (error) {
      expect(String(error)).not.toContain("a secret");
    }
  }
});

it.each(["", "plain text", "v2.a.b", "v1.only-two"])("refuses %j as not sealed", (text) => {
  expect(() => open(text, key)).toThrow("not a sealed text");
});
