import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

// AES-256-GCM with a fresh 96-bit nonce per text (NIST SP 800-38D). The key's id travels in the
// ciphertext, so that after a rotation it is known which key opens it.
const nonceBytes = 12;
const tagBytes = 16;

function keyId(key: Buffer): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 8);
}

/** A sealed text that cannot be opened. The message holds no secret. */
export class SealError extends Error {}

/**
 * Encrypts a text under a 32-byte key given in base64.
 * @returns "v1.<key id>.<base64url of nonce, tag, ciphertext>"
 */
export function seal(text: string, keyBase64: string): string {
  const key = Buffer.from(keyBase64, "base64");
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const sealed = Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
  return `v1.${keyId(key)}.${sealed}`;
}

/**
 * Opens what {@link seal} made.
 * @throws SealError when the key is another one; Error when the text was changed
 */
export function open(sealed: string, keyBase64: string): string {
  const key = Buffer.from(keyBase64, "base64");
  const [version, id, body] = sealed.split(".");
  if (version !== "v1" || id === undefined || body === undefined) {
    throw new SealError("not a sealed text");
  }
  if (id !== keyId(key))
    throw new SealError(`sealed under key ${id}, which is not the configured one`);
  const bytes = Buffer.from(body, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = decipher.update(bytes.subarray(nonceBytes + tagBytes));
  return Buffer.concat([text, decipher.final()]).toString("utf8");
}
