import type { Answer, WalmartClient } from "./client.ts";
import { isForbidden } from "./errors.ts";
import { heldUnits } from "./mapping.ts";
import { wfsInventory } from "./wire.ts";

/** SKUs of one page (specs/walmart inventory, parameter `limit`). */
const pageSizeMax = 300;
/** Pages of one call: the import is asked again and goes on. */
const pagesPerCallMax = 5;
/**
 * A worker that takes over an import reads them again, 18,000 a minute, and Walmart keeps its list of items waiting for
 * two minutes only.
 */
const heldSkusMax = 30_000;

/** Which SKUs lie at Walmart's own centres (WFS), and how many units of each are for sale. */
export interface HeldStock {
  /** Reads on. True: all of it is there. */
  load(signal: AbortSignal): Promise<Answer<boolean>>;
  /** Undefined: the seller ships it. */
  unitsOf(sku: string): number | undefined;
}

/**
 * The list of items does not say who ships them, and this list cannot be asked for single SKUs: it is read once per
 * import and process, SKU and number only.
 */
export function createHeldStock(client: WalmartClient): HeldStock {
  const units = new Map<string, number>();
  let offset = 0;
  let isComplete = false;

  async function readOn(signal: AbortSignal): Promise<Answer<boolean>> {
    const path = `/v3/fulfillment/inventory?limit=${pageSizeMax}&offset=${offset}`;
    const answer = await client.call(
      { operation: "getWfsInventory", method: "GET", path, schema: wfsInventory },
      signal,
    );
    // A seller who does not take part is not known there, or not let in.
    const takesNoPart =
      !answer.ok && (answer.fault.kind === "unknown-listing" || isForbidden(answer.fault));
    if (takesNoPart) return { ok: true, value: true };
    if (!answer.ok) return answer;
    const rows = answer.value.payload.inventory ?? [];
    for (const row of rows) units.set(row.sku, heldUnits(row));
    offset += rows.length;
    if (units.size > heldSkusMax) return tooMany;
    const total = answer.value.headers?.totalCount ?? null;
    return { ok: true, value: rows.length === 0 || (total !== null && offset >= total) };
  }

  return {
    async load(signal) {
      for (let pages = 0; !isComplete && pages < pagesPerCallMax; pages += 1) {
        const read = await readOn(signal);
        if (!read.ok) return read;
        isComplete = read.value;
      }
      return { ok: true, value: isComplete };
    },
    unitsOf: (sku) => units.get(sku),
  };
}

const tooMany: Answer<never> = {
  ok: false,
  fault: {
    kind: "rejected",
    message: `Walmart holds more than ${heldSkusMax} items of this account (WFS): they cannot be imported.`,
  },
};
