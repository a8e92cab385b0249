import { db, inTransaction, type Database } from "#app/db/client.server.ts";
import { readSureSuggestions, writeMatches } from "#app/db/matching.repo.ts";
import { newId } from "#app/lib/ids.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";

/** What a person (or a line of their file) says of one listing. */
export type Match =
  | { readonly listingId: string; readonly as: "sku"; readonly skuId: string }
  | { readonly listingId: string; readonly as: "bundle"; readonly components: readonly Component[] }
  /** Not to be kept in step. */
  | { readonly listingId: string; readonly as: "ignored" }
  /** Back into the queue. */
  | { readonly listingId: string; readonly as: "unmatched" };

export interface Component {
  readonly skuId: string;
  /** Units of it in one of the listing's, 1 or more. */
  readonly quantity: number;
}

/** Components of one bundle, and units of one of them. */
export const componentsMax = 50;
export const componentUnitsMax = 10_000;

/** Decisions written together. */
const decisionsPerWriteMax = 1_000;

/**
 * Writes what people decided. Several listings may be the same SKU; a listing that is made of several becomes a bundle.
 * @param by how it came about: "manual", "csv", "barcode" …
 * @returns ids of the listings that were changed; a listing being written at this moment is left out, and so is one
 *   that is not there
 */
export async function decideMatches(
  shopId: string,
  matches: readonly Match[],
  by: string,
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>();
  for (let start = 0; start < matches.length; start += decisionsPerWriteMax) {
    const some = matches.slice(start, start + decisionsPerWriteMax);
    const ids = await inTransaction(async (tx) => {
      const decisions = [];
      for (const match of some) {
        const skuId = await skuOf(tx, shopId, match);
        const { listingId, as } = match;
        const matchedBy = skuId === null ? null : by;
        decisions.push({ listingId, skuId, matchedBy, ignored: as === "ignored" });
      }
      return await writeMatches(tx, shopId, decisions);
    });
    for (const id of ids) changed.add(id);
  }
  if (changed.size > 0) await wakePropagation(shopId);
  return changed;
}

/** Most suggestions that one click accepts. */
const sureMatchesMax = 10_000;

/**
 * Accepts every suggestion that stands alone and is at least as sure as `scoreMin`. Conflicts stay in the queue.
 * @returns how many listings were matched
 */
export async function acceptSuggestions(input: {
  readonly shopId: string;
  readonly connectionId: string;
  readonly scoreMin: number;
}): Promise<number> {
  const { shopId, connectionId, scoreMin } = input;
  const sure = await readSureSuggestions(db(), shopId, {
    ...{ connectionId, scoreMin, rowsMax: sureMatchesMax },
  });
  let accepted = 0;
  for (const [rule, some] of Map.groupBy(sure, (one) => one.rule)) {
    const matches = some.map(({ listingId, skuId }) => ({ listingId, as: "sku" as const, skuId }));
    accepted += (await decideMatches(shopId, matches, rule)).size;
  }
  return accepted;
}

async function skuOf(tx: Database, shopId: string, match: Match): Promise<string | null> {
  if (match.as === "sku") return match.skuId;
  if (match.as === "bundle") return await bundleOf(tx, shopId, match);
  return null;
}

/** The bundle SKU of these components: the one there is, or a new one named after the listing. */
async function bundleOf(
  tx: Database,
  shopId: string,
  { listingId, components }: Extract<Match, { as: "bundle" }>,
): Promise<string> {
  checkComponents(components);
  const wanted = new Map(components.map(({ skuId, quantity }) => [skuId, quantity]));
  const [first] = components;
  const candidates = await tx.bundleComponent.findMany({
    where: { shopId, componentSkuId: first?.skuId ?? "" },
    select: { bundleSkuId: true },
  });
  for (const { bundleSkuId } of candidates) {
    const parts = await tx.bundleComponent.findMany({ where: { shopId, bundleSkuId } });
    const same = parts.every((part) => wanted.get(part.componentSkuId) === part.quantity);
    if (same && parts.length === wanted.size) return bundleSkuId;
  }
  const listing = await tx.listing.findUniqueOrThrow({
    where: { shopId_id: { shopId, id: listingId } },
    select: { channelSku: true, title: true },
  });
  const id = newId();
  await tx.sku.create({
    data: {
      shopId,
      id,
      code: await freeCode(tx, shopId, listing.channelSku, id),
      title: listing.title,
    },
  });
  await tx.bundleComponent.createMany({
    data: components.map(({ skuId: componentSkuId, quantity }) => ({
      ...{ shopId, bundleSkuId: id, componentSkuId, quantity },
    })),
  });
  return id;
}

/** @throws RangeError in words when the components make no bundle */
export function checkComponents(components: readonly Component[]): void {
  if (components.length === 0 || components.length > componentsMax) {
    throw new RangeError(`A bundle has 1 to ${componentsMax} components.`);
  }
  if (new Set(components.map(({ skuId }) => skuId)).size !== components.length) {
    throw new RangeError("A bundle names each of its components once.");
  }
  for (const { quantity } of components) {
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > componentUnitsMax) {
      throw new RangeError(`A bundle holds 1 to ${componentUnitsMax} units of a component.`);
    }
  }
}

/** The listing's own SKU text where it is free, else one that is. */
async function freeCode(
  tx: Database,
  shopId: string,
  wanted: string | null,
  id: string,
): Promise<string> {
  const code = wanted?.trim() ? wanted : `BUNDLE-${id.slice(-12)}`;
  const taken = await tx.sku.findUnique({ where: { shopId_code: { shopId, code } } });
  return taken ? `${code.slice(0, 200)} (bundle ${id.slice(-12)})` : code;
}
