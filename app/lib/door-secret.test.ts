import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { doorSecretOf } from "./door-secret.ts";
import { newId } from "./ids.ts";

const key = Buffer.alloc(32, 7).toString("base64");
const connectionId = "0198a3c5-0000-7000-8000-000000000001";

describe("the secret of a connection's webhook address", () => {
  it("is 64 hexadecimal digits, the same at every call, in every process and release", () => {
    // Registered at the platform: another value here would lock out every connection that is live.
    const registered = "52437a2823c6dc1d7788933ecdfc5dbe14fde6f8a49770268a7f70da408d4b4a";
    expect(doorSecretOf(key, connectionId)).toBe(registered);
    expect(doorSecretOf(key, connectionId)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("differs by connection", () => {
    const ids = Array.from({ length: 1_000 }, newId);
    expect(new Set(ids.map((id) => doorSecretOf(key, id))).size).toBe(ids.length);
  });

  it("needs the key: another key, or one bit of it, makes another secret", () => {
    const bit = fc.record({ byte: fc.nat(31), bit: fc.nat(7) });
    fc.assert(
      fc.property(bit, fc.uuid(), (flipped, id) => {
        const other = Buffer.from(key, "base64");
        other[flipped.byte] = (other[flipped.byte] ?? 0) ^ (1 << flipped.bit);
        expect(doorSecretOf(other.toString("base64"), id)).not.toBe(doorSecretOf(key, id));
      }),
    );
    const keys = Array.from({ length: 100 }, () => randomBytes(32).toString("base64"));
    expect(new Set(keys.map((one) => doorSecretOf(one, connectionId))).size).toBe(keys.length);
  });

  it("gives away neither the key nor the connection", () => {
    const secret = doorSecretOf(key, connectionId);
    expect(secret).not.toContain(Buffer.from(key, "base64").toString("hex"));
    expect(secret).not.toContain(connectionId.replaceAll("-", ""));
  });
});
