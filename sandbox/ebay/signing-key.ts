import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from "node:crypto";

/** eBay's notification key pair; kept over restarts, because apps cache the public half by `kid`. */
export interface SigningKey {
  readonly kid: string;
  /** As eBay gives it: PEM armour without line breaks. */
  readonly publicKeyText: string;
  /** Value of `X-EBAY-SIGNATURE` for a body (channels.md 4.6). */
  signatureHeader(rawBody: string): string;
  /** PKCS 8 PEM and kid, for the state file. */
  snapshot(): SavedSigningKey;
}

export interface SavedSigningKey {
  readonly kid: string;
  readonly privateKeyPem: string;
}

/** @param saved a key from the state file; null makes a new one (ECDSA P-256) */
export function createSigningKey(saved: SavedSigningKey | null): SigningKey {
  const privateKey: KeyObject = saved
    ? createPrivateKey(saved.privateKeyPem)
    : generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
  const kid = saved?.kid ?? randomUUID();
  const publicKeyText = createPublicKey(privateKey)
    .export({ type: "spki", format: "pem" })
    .toString()
    .replaceAll("\n", "");
  return {
    kid,
    publicKeyText,
    signatureHeader(rawBody) {
      // eBay signs with SHA1 to this day; the app reads the digest from the key answer.
      const signature = sign("sha1", Buffer.from(rawBody), privateKey).toString("base64");
      const header = JSON.stringify({ alg: "ecdsa", kid, signature, digest: "SHA1" });
      return Buffer.from(header).toString("base64");
    },
    snapshot: () => ({
      kid,
      privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    }),
  };
}
