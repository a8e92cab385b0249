import type { SkuPageRequest } from "./list-skus.ts";

/** Longer values of an address are cut: no SKU is longer. */
const valueLengthMax = 255;

/** Which page an address asks for: `q` searches, `after` and `before` are SKU codes to continue from. */
export function readSkuPageRequest(query: URLSearchParams): Omit<SkuPageRequest, "shopId"> {
  const value = (name: string) => query.get(name)?.slice(0, valueLengthMax);
  const search = value("q")?.trim();
  const after = value("after");
  const before = value("before");
  return {
    ...(search ? { search } : {}),
    ...(before ? { before } : after ? { after } : {}),
  };
}

/** Which ledger entries a SKU's address asks for: those below this number; null for the newest. */
export function readBefore(query: URLSearchParams): number | null {
  const before = Number(query.get("before") ?? "");
  return Number.isSafeInteger(before) && before > 0 ? before : null;
}
