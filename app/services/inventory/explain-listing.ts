import type { SkuLevel, SkuListing } from "./read-sku.ts";
import type { TimelineEntry } from "./read-sku-history.ts";

/** What the answer to "why is this 3 on eBay?" is made of. */
export interface ListingStory {
  readonly listing: SkuListing;
  /** The levels that feed this listing. */
  readonly levels: readonly SkuLevel[];
  readonly safetyStock: number;
  /** The newest ledger entry of those levels, or null when there is none. */
  readonly lastEntry: TimelineEntry | null;
  /** Name of the connection that caused the entry, or null when no channel did. */
  readonly causeLabel: string | null;
}

function units(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "unit" : "units"}`;
}

function stockSentence({ levels, safetyStock, listing }: ListingStory): string {
  const onHand = levels.reduce((sum, level) => sum + level.onHand, 0);
  const committed = levels.reduce((sum, level) => sum + level.committed, 0);
  const promised = committed > 0 ? `, ${units(committed)} of it promised to buyers` : "";
  const kept = safetyStock > 0 ? `, ${units(safetyStock)} kept back as safety stock` : "";
  return `Stock is ${units(onHand)}${promised}${kept}, so ${units(listing.expected)} can be sold.`;
}

function signed(count: number): string {
  return count > 0 ? `+${String(count)}` : `−${String(-count)}`;
}

function changeOf(entry: TimelineEntry): string {
  const { kind, onHandDelta, committedDelta } = entry;
  switch (kind) {
    case "sale":
      return `a sale of ${units(committedDelta === 0 ? -onHandDelta : committedDelta)}`;
    case "release":
      return `a cancellation that gave back ${units(-committedDelta)}`;
    case "ship":
      return `a shipment of ${units(-onHandDelta)}`;
    case "restock":
      return `a return of ${units(onHandDelta)}`;
    case "receive":
      return `a delivery of ${units(onHandDelta)}`;
    case "observed":
      return `a change of ${signed(onHandDelta - committedDelta)} that was made at the channel`;
    default:
      return `a change of ${signed(onHandDelta - committedDelta)}`;
  }
}

function causeSentence({ lastEntry, causeLabel }: ListingStory): string {
  if (lastEntry === null) return "Nothing has changed since stock was first counted.";
  const where = causeLabel === null ? "" : ` on ${causeLabel}`;
  const order = lastEntry.orderId === null ? "" : `, order ${lastEntry.orderId}`;
  const reason = lastEntry.reason === null ? "" : ` (${lastEntry.reason})`;
  return `The last change was ${changeOf(lastEntry)}${where}${order}${reason}, entry ${String(lastEntry.seq)}.`;
}

function restSentence({ state, label }: ListingStory["listing"]): string {
  switch (state) {
    case "missing":
      return `${label} says that this listing is not there any more.`;
    case "held":
      return `${label} holds this stock itself: we only read it.`;
    case "ended":
      return "It is ended while nothing is left, and comes back with the stock.";
    default:
      return "You paused this listing, so it is kept at 0.";
  }
}

function writeSentence({ listing, lastEntry, causeLabel }: ListingStory): string {
  const { label, shown, expected, ackedQty, ackedAt, lagMs } = listing;
  if (listing.state !== "active") return restSentence(listing);
  if (listing.lastError !== null) return `The last write did not succeed: ${listing.lastError}`;
  if (listing.standing === "behind") {
    if (listing.pausedReason !== null) {
      return `The connection is paused (${listing.pausedReason}), so ${String(expected)} waits to be written.`;
    }
    return `It should show ${String(expected)}; the write is on its way.`;
  }
  if (ackedAt !== null && ackedQty !== null && Math.max(0, ackedQty) === shown) {
    const lag =
      lagMs === null ? "" : ` ${lagMs.toLocaleString("en")} ms after the change reached us`;
    return `We wrote ${String(shown)} and ${label} confirmed it${lag}.`;
  }
  return lastEntry !== null && causeLabel === label
    ? `${label} lowered its own number when it sold, so no write was needed.`
    : "That is the number it already showed, so no write was needed.";
}

/** Why a listing shows what it shows, in a few plain sentences: the number, the stock, the cause, the write. */
export function explainListing(story: ListingStory): string {
  const { label, location, shown } = story.listing;
  const at = location === null ? "" : ` at ${location}`;
  const number =
    shown === null
      ? `We do not know yet what ${label} shows${at}.`
      : `${label} shows ${String(shown)}${at}.`;
  return [number, stockSentence(story), causeSentence(story), writeSentence(story)].join(" ");
}
