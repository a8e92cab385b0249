import { describe, expect, it } from "vitest";
import { explainListing, type ListingStory } from "./explain-listing.ts";

const sale: NonNullable<ListingStory["lastEntry"]> = {
  ...{ seq: 12, kind: "sale", locationId: "main", onHandDelta: 0, committedDelta: 1 },
  ...{ onHandAfter: 4, committedAfter: 1, connectionId: "c", orderId: "113-7", actor: "amazon" },
  ...{ reason: null, occurredAt: "", recordedAt: "" },
};
const level = { location: "Main", locationId: "main", version: 3, heldBy: null };
const story: ListingStory = {
  listing: {
    ...{ listingId: "l", connectionId: "e", channel: "ebay", label: "eBay", locationId: null },
    ...{ location: null, shown: 3, expected: 3, ackedQty: 3, ackedSeq: 12, ackedAt: "2026-11-21" },
    ...{ lagMs: 120, state: "active", standing: "in-step", lastError: null },
    ...{ nextAttemptAt: null, pausedReason: null },
  },
  levels: [{ ...level, onHand: 4, committed: 1, available: 3 }],
  safetyStock: 0,
  lastEntry: sale,
  causeLabel: "Amazon US",
};

function explain(listing: Partial<ListingStory["listing"]>, rest: Partial<ListingStory> = {}) {
  return explainListing({ ...story, ...rest, listing: { ...story.listing, ...listing } });
}

describe("Why is this 3 on eBay?", () => {
  it("names the number, the stock, the cause and the write", () => {
    expect(explain({})).toBe(
      "eBay shows 3. Stock is 4 units, 1 unit of it promised to buyers, so 3 units can be sold. " +
        "The last change was a sale of 1 unit on Amazon US, order 113-7, entry 12. " +
        "We wrote 3 and eBay confirmed it 120 ms after the change reached us.",
    );
  });

  it("says that the channel lowered its own number", () => {
    expect(explain({ ackedQty: 4 }, { causeLabel: "eBay" })).toMatch(
      /eBay lowered its own number when it sold, so no write was needed\.$/,
    );
  });

  it("claims no write that was never made", () => {
    expect(explain({ ackedAt: null, lagMs: null })).toMatch(/it already showed, so no write was/);
  });

  it("says that the write is on its way", () => {
    expect(explain({ shown: 4, standing: "behind" })).toMatch(/should show 3; the write is on its/);
  });

  it("says why a paused connection waits", () => {
    const paused = { shown: 4, standing: "behind", pausedReason: "access was revoked" } as const;
    expect(explain(paused)).toMatch(/connection is paused \(access was revoked\), so 3 waits/);
  });

  it("gives the channel's refusal", () => {
    expect(explain({ standing: "failed", lastError: "Locked until noon." })).toMatch(
      /The last write did not succeed: Locked until noon\.$/,
    );
  });

  it("admits that a number is not known, and that nothing changed", () => {
    const text = explain({ shown: null, ackedQty: null, standing: "behind" }, { lastEntry: null });
    expect(text).toMatch(/^We do not know yet what eBay shows\./);
    expect(text).toContain("Nothing has changed since stock was first counted.");
  });

  it("names the location and the units kept back", () => {
    const text = explain({ location: "Main", expected: 2, shown: 2 }, { safetyStock: 1 });
    expect(text).toMatch(/^eBay shows 2 at Main\./);
    expect(text).toContain("1 unit kept back as safety stock");
  });
});
