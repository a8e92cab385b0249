import { createHash, createHmac } from "node:crypto";
import type { SandboxRequest } from "../channel.ts";
import { equalInConstantTime } from "../tokens.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Checks an AWS Signature Version 4 `Authorization` header over method, path, signed headers and body.
 * @param requestPath the path exactly as it came, with the sandbox's prefix
 */
export function verifySigV4(
  request: SandboxRequest,
  requestPath: string,
  credentials: AwsCredentials,
): "valid" | "missing" | "unknown-key" | "mismatch" {
  const header = request.headers["authorization"] ?? "";
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (!match) return "missing";
  const [, keyId = "", date = "", region = "", service = "", signedHeaders = "", given = ""] =
    match;
  if (!equalInConstantTime(keyId, credentials.accessKeyId)) return "unknown-key";
  const canonicalHeaders = signedHeaders
    .split(";")
    .map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`)
    .join("");
  const canonicalRequest = [
    request.method,
    // AWS encodes the path once more, except for S3.
    requestPath.split("/").map(encodeURIComponent).join("/"),
    canonicalQuery(request.url.searchParams),
    canonicalHeaders,
    signedHeaders,
    createHash("sha256").update(request.rawBody).digest("hex"),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = [
    "AWS4-HMAC-SHA256",
    request.headers["x-amz-date"] ?? "",
    scope,
    createHash("sha256").update(canonicalRequest).digest("hex"),
  ].join("\n");
  const hmac = (key: string | Buffer, value: string) =>
    createHmac("sha256", key).update(value).digest();
  const dayKey = hmac(`AWS4${credentials.secretAccessKey}`, date);
  const signingKey = hmac(hmac(hmac(dayKey, region), service), "aws4_request");
  const expected = hmac(signingKey, text).toString("hex");
  return equalInConstantTime(given, expected) ? "valid" : "mismatch";
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join("&");
}
