import { describe, expect, it } from "vitest";
import { listingStanding, shownBy, stateOf, worstStanding } from "./listing-standing.ts";

const listing = { state: "active", believed: 4, expected: 4, lastError: null, writing: false };

describe("listingStanding", () => {
  it.each([
    ["shows what it should", {}, "in-step"],
    ["shows too much", { believed: 5 }, "behind"],
    ["is not known yet", { believed: null }, "behind"],
    ["is being written", { writing: true }, "behind"],
    ["was refused", { lastError: "locked" }, "failed"],
    ["is paused, whatever else", { state: "paused", lastError: "locked" }, "resting"],
    ["is below zero and should be zero", { believed: -2, expected: 0 }, "behind"],
  ] as const)("%s", (_name, facts, standing) => {
    expect(listingStanding({ ...listing, ...facts })).toBe(standing);
  });
});

it("takes the worst of several standings", () => {
  expect(worstStanding(["in-step", "behind", "failed", "resting"])).toBe("failed");
  expect(worstStanding(["in-step", "resting"])).toBe("in-step");
  expect(worstStanding([])).toBe("in-step");
});

it("falls back to the confirmed number while nothing is believed, and never goes below zero", () => {
  expect(shownBy({ expectedQty: 3, ackedQty: 5 })).toBe(3);
  expect(shownBy({ expectedQty: null, ackedQty: 5 })).toBe(5);
  expect(shownBy({ expectedQty: null, ackedQty: null })).toBeNull();
  expect(shownBy({ expectedQty: -1, ackedQty: 5 })).toBe(0);
});

it("a listing that the merchant paused is paused, whatever the channel calls it", () => {
  expect(stateOf({ state: "ended", pausedAs: "end" })).toBe("paused");
  expect(stateOf({ state: "held", pausedAs: null })).toBe("held");
});
