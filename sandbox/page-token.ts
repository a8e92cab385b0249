/** A position in a list as the opaque token a platform's next page is asked for with. */
export function writePageToken(position: number): string {
  return Buffer.from(String(position)).toString("base64url");
}

/** The position in a token; null without a token, NaN when it is none of ours. */
export function readPageToken(token: string | null): number | null {
  return token ? Number(Buffer.from(token, "base64url").toString()) : null;
}
