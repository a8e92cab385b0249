import type { FreshToken, TokenSource } from "#app/channels/contract.ts";

export interface MemoryTokens<Secrets = unknown> extends TokenSource<Secrets> {
  /** Every access token ever handed out. */
  seen(): readonly string[];
  /** Every refresh token and other secret, rotated ones included. */
  secretsSeen(): readonly string[];
}

/** A token source of one process, without locks. */
export function createMemoryTokens<Secrets = unknown>(
  initialSecrets: NoInfer<Secrets> & Readonly<Record<string, string>>,
): MemoryTokens<Secrets> {
  const seen: string[] = [];
  const secretsSeen = Object.values(initialSecrets);
  let secrets: Secrets = initialSecrets;
  let current: FreshToken<Secrets> | undefined;
  return {
    async accessToken(refresh) {
      if (!current) {
        current = await refresh(secrets);
        secrets = current.secrets ?? secrets;
        secretsSeen.push(...Object.values(secrets as Record<string, string>));
        seen.push(current.accessToken);
      }
      return current.accessToken;
    },
    discard(accessToken) {
      if (current?.accessToken === accessToken) current = undefined;
      return Promise.resolve();
    },
    seen: () => seen,
    secretsSeen: () => secretsSeen,
  };
}
