import type { FaultKind } from "#app/domain/propagation/faults.ts";

/** Every number from the first to the last. */
function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function table(rows: readonly (readonly [FaultKind, readonly number[]])[]) {
  return new Map(rows.flatMap(([kind, ids]) => ids.map((id) => [id, kind] as const)));
}

/**
 * eBay's REST error ids -> our kinds: reference/channels.md 4.8 and 11, and the x-response-codes of specs/ebay/*_oas3.json
 * for the calls we make. An id that is not here is `unexpected`, whatever its status.
 */
export const restKinds: ReadonlyMap<number, FaultKind> = table([
  // ACCESS and OAuth, of every API.
  ["unauthorised", [1001, 1002, 1003]],
  ["revoked", [1100]], // a scope is missing: the merchant must connect again
  ["rate-limited", [2001]],
  ["unavailable", [2003]],
  ["rejected", [2004]],
  // Inventory. 25025: another write on the same inventory object is under way.
  ["unavailable", [25001, 25025]],
  ["unknown-listing", [25702, 25705, 25710, 25713, 25725]],
  ["locked", [25038, 25039, 25040]], // a bid, or it ends within 12 hours
  ["rejected", [...span(25002, 25009), ...span(25011, 25023), 25026, 25028, 25029, 25030]],
  ["rejected", [...span(25031, 25037), ...span(25041, 25052), ...span(25076, 25081)]],
  ["rejected", [25083, 25084, 25086, ...span(25088, 25095), 25104, ...span(25106, 25116)]],
  ["rejected", [25118, 25119, 25401, 25402, 25601, 25604, 25706, 25707, 25708, 25709]],
  ["rejected", [25727, 25730, 25731, 25732, 25734, 25752, 25753, 25759, 25760, 25766, 25767]],
  // Fulfillment. 32400: the seller's account is suspended.
  ["unavailable", [30500]],
  ["locked", [32400]],
  ["rejected", [30700, 30800, 30810, 30820, 30830, 30840, 30850, 30900, 31000, 31100]],
  ["rejected", [32100, 32110, 32200, 32210, 32300, 32500, 32600, 32800]],
  ["rejected", [34100, 34200, 34300, 34500]],
  // Feed. 160024 and 160025: too many tasks at once, or in the hour.
  ["unavailable", [160001]],
  ["revoked", [160002]],
  ["rate-limited", [160024, 160025]],
  ["rejected", [160003, 160014, ...span(160017, 160020), 160022, 160023, ...span(160026, 160028)]],
  ["rejected", [160030, 160100]],
  // Notification.
  ["unavailable", [195000]],
  ["rejected", [...span(195001, 195022), 195024, 195025, 195026, 195027]],
  // Identity, analytics, account.
  ["unavailable", [140000, 53120, 20500, 20501]],
  ["rejected", [53100, 53105, 53110, 53115, 20404]],
]);

/** The Trading API's error codes of severity Error (channels.md 4.4). */
export const tradingKinds: ReadonlyMap<number, FaultKind> = table([
  ["unauthorised", [931, 932, 21_916_984, 21_917_053]],
  ["rate-limited", [518]], // the application's calls of this day
  ["unavailable", [10_007]],
  // Ended, deleted, not the seller's; 21919474: it is managed through the Inventory API (by now).
  ["unknown-listing", [17, 291, 21_916_750, 21_919_474]],
  // 515: a quantity of 0 while out-of-stock control is off. 21916254: more than four entries in a call.
  ["rejected", [515, 21_916_254]],
]);

/** "The listing has already been closed": what EndFixedPriceItem says of one that is over. */
export const alreadyEndedCodes: ReadonlySet<string> = new Set(["1047", "291", "21916750"]);
