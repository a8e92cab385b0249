import type { ListingRef, WriteResult } from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { EtsyClient, EtsyContext } from "./client.ts";
import {
  bodyOf,
  openDocument,
  quantityMax,
  shows,
  totalOf,
  type DocumentProduct,
  type InventoryDocument,
} from "./document.ts";
import { listingIdOf } from "./mapping.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { failedWith, type Plan, type ReadListing } from "./plan.ts";

/** Listings under way at once: enough to keep up with Etsy's rate, few enough to leave calls to the order poll. */
const listingsAtOnceMax = 4;

/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "unauthorised", "revoked"]);

type PlanOf<Write> = (read: ReadListing, writes: readonly Write[]) => Plan;

/**
 * Changes the listings that the writes are about: each listing's writes together, by reading its document, and writing
 * it back whole (channels.md 8.2). One result per write, in their order.
 */
export async function changeListings<Write extends ListingRef>(
  context: EtsyContext,
  client: EtsyClient,
  writes: readonly Write[],
  planOf: PlanOf<Write>,
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const groups = [...groupedBy(writes, listingIdOf)];
  let stop: Fault | undefined;
  const changed = await mapBounded(groups, listingsAtOnceMax, async ([listingId, group]) => {
    const all = group.map((): WriteResult => ({ ok: true }));
    if (stop) return failedWith(all, stop);
    const results = await oneAtATime(`${context.accountId} ${listingId}`, () =>
      changeListing(client, listingId, (read) => planOf(read, group), signal),
    );
    const done = "fault" in results ? failedWith(all, results.fault) : results.results;
    stop ??= done
      .flatMap((one) => (one.ok ? [] : one.fault))
      .find(({ kind }) => stopping.has(kind));
    return done;
  });
  const byWrite = new Map<Write, WriteResult>();
  for (const [at, [, group]] of groups.entries()) {
    for (const [index, write] of group.entries()) {
      const result = changed[at]?.[index];
      if (result) byWrite.set(write, result);
    }
  }
  return writes.map((write) => byWrite.get(write) ?? { ok: false, fault: noResult });
}

type Outcome = { readonly results: readonly WriteResult[] } | { readonly fault: Fault };

async function changeListing(
  client: EtsyClient,
  listingId: string,
  planOf: (read: ReadListing) => Plan,
  signal: AbortSignal,
): Promise<Outcome> {
  if (!/^\d{1,20}$/.test(listingId)) return { fault: noId };
  const read = await client.getInventory(listingId, signal);
  if (!read.ok) return { fault: read.fault };
  const document = openDocument(read.value);
  // Without the listing in the answer it is taken to be on sale: the state that costs nothing to be wrong about.
  const plan = planOf({ document, state: read.value.listing?.state ?? "active" });
  const fault = await carryOut(client, listingId, { document, plan }, signal);
  return { results: fault ? failedWith(plan.results, fault) : plan.results };
}

interface Work {
  readonly document: InventoryDocument;
  readonly plan: Plan;
}

/** Numbers first, state after them. @returns what went wrong, or null */
async function carryOut(
  client: EtsyClient,
  listingId: string,
  { document, plan }: Work,
  signal: AbortSignal,
): Promise<Fault | null> {
  const { products, state } = plan;
  if (products) {
    const first = state === "active" ? withinStateLimit(products) : products;
    const fault = await writeDocument(client, listingId, { document, products: first }, signal);
    if (fault) return fault;
  }
  if (state === null) return null;
  const changed = await client.setState(listingId, state, signal);
  if (!changed.ok) return faultOfState(state, changed.fault);
  if (changed.value.state !== state) return stateStayed(changed.value.state);
  if (state === "inactive" || products === null) return null;
  // A renewed listing comes back with one unit, and a large one could only be activated with less.
  const shown = changed.value.quantity;
  if (shown == null || shown === totalOf(products)) return null;
  return rewrite(client, listingId, products, signal);
}

async function writeDocument(
  client: EtsyClient,
  listingId: string,
  written: { readonly document: InventoryDocument; readonly products: readonly DocumentProduct[] },
  signal: AbortSignal,
): Promise<Fault | null> {
  const { document, products } = written;
  const put = await client.putInventory(listingId, bodyOf(document, products), signal);
  if (!put.ok) return put.fault;
  return shows(put.value, products) ? null : notShown;
}

/** The wanted numbers over a document that was read just now. */
async function rewrite(
  client: EtsyClient,
  listingId: string,
  products: readonly DocumentProduct[],
  signal: AbortSignal,
): Promise<Fault | null> {
  const read = await client.getInventory(listingId, signal);
  if (!read.ok) return read.fault;
  const document = openDocument(read.value);
  const wanted = new Map(products.map((product) => [product.variation, product]));
  const next = document.products.map((product) => ({
    ...product,
    quantity: wanted.get(product.variation)?.quantity ?? product.quantity,
  }));
  return writeDocument(client, listingId, { document, products: next }, signal);
}

/**
 * Etsy changes no state of a listing that shows more than 999 in all (etsy/open-api #214): every group starts with its
 * share, and gets its number afterwards.
 */
function withinStateLimit(products: readonly DocumentProduct[]): readonly DocumentProduct[] {
  if (totalOf(products) <= quantityMax) return products;
  const share = Math.max(1, Math.floor(quantityMax / products.length));
  return products.map((product) => ({ ...product, quantity: Math.min(product.quantity, share) }));
}

/** A sold-out listing is off sale anyway (channels.md 8.2), and Etsy fails now and then to renew one. */
function faultOfState(state: "active" | "inactive", fault: Fault): Fault | null {
  if (state === "inactive" && fault.code === "no-quantity") return null;
  if (state === "active" && fault.kind === "unavailable" && fault.code === "500") {
    return { ...fault, kind: "locked", message: `${activationFailed} ${fault.message}` };
  }
  return fault;
}

const activationFailed =
  "Etsy did not put the listing back on sale; it is tried again, or renew it at Etsy.";

function stateStayed(state: string): Fault {
  return {
    kind: "unexpected",
    message: `Etsy took the change of state, and the listing is still "${state.slice(0, 40)}".`,
  };
}

const notShown: Fault = {
  kind: "unexpected",
  message: "Etsy took the listing's numbers and shows others.",
};

const noId: Fault = {
  kind: "unknown-listing",
  message: "This listing has no Etsy listing id. Import the listings again.",
};

const noResult: Fault = { kind: "unexpected", message: "Etsy gave no result for this listing." };
