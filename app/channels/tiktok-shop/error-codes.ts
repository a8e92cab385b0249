import { faultKinds, type FaultKind } from "#app/domain/propagation/faults.ts";

/**
 * Every code of specs/tiktok/endpoints/*.json and of reference/channels.md 5.7 and 11, by what it means for us. The
 * texts stand in the specs; `errors.test.ts` holds the table against them. Codes not listed: see errors.ts.
 */
const codes: Readonly<Partial<Record<FaultKind, readonly number[]>>> = {
  "rate-limited": [36009002],
  unavailable: [
    // "Internal error", "System process error", failed look-ups behind the API.
    ...[36009003, 10002014, 10002015, 10037002, 10037003, 10037004, 12052881],
    ...[11001031, 11005010, 11006005, 11006026],
    ...[21001008, 21001011, 21001029, 21001043, 21001055, 21008300, 21022026, 21022029, 21022030],
    ...[21034006, 21042001, 21042067, 21042076, 25001028, 25001058, 25007002],
  ],
  timeout: [36009007, 11001027, 21001003],
  unauthorised: [
    105001, // not a token of ours
    105002, // expired
    101000, // token or cipher not for this endpoint
  ],
  revoked: [
    ...[105003, 105004, 105005], // the refresh token is gone, or a scope was not granted
    106013, // shop cipher not authorised
    10006402, // permission denied
    12019114, // the seller has no permission
    ...[12019112, 12052704], // the seller does not exist
  ],
  "unknown-listing": [
    ...[12019008, 12019150, 12052031, 12052032, 12052048, 12052260], // the product
    ...[12052556, 12052557], // the SKU
  ],
  locked: [
    ...[12019045, 12052038], // a promotion holds the price
    12052393, // a promotion keeps the stock from falling
    12052308, // an appeal is under way
    12052371, // an auction is under way
    ...[12019113, 12052901], // not ACTIVATE: under review, or deactivated
    12052332, // the seller center is locked while shops are joined
    ...[12052700, 12052703], // the seller is inactive, or lacks a tax number
    12052093, // no more products may be listed
    10007002, // the order's status does not allow it now
    ...[21008044, 21011007], // an after-sale request has to be dealt with first
    ...[21004017, 21011053], // outside the hours of pick-up
  ],
  unsupported: [
    12052141, // stock belongs to the global product
    ...[12052849, 12052850], // a combo's stock follows its parts
    12052921, // stock is shared with a source shop
    12052163, // a gift is not edited
    ...[21008025, 21011004, 21008117], // TikTok ships this itself
    21008106, // not in this region
  ],
  rejected: [
    36009014, // a retired API version
    ...[36009009, 36009010, 36009022, 36009023], // a path, method or format TikTok does not have
    // Warehouses: missing, wrong, too many, not ours, not for sale.
    ...[12019022, 12019028, 12052037, 12052094, 12052096, 12052097, 12052115, 12052207, 12052364],
    ...[12052403, 12052465, 12052530, 12052531, 12052532, 12052533, 12052535, 11005004],
    // Quantities and lists of SKUs.
    ...[12019015, 12019024, 12019120, 12052036, 12052050, 12052055, 12052160, 12052553, 12052902],
    // Prices.
    ...[12052012, 12052073, 12052084, 12052092, 12052376, 12052383, 12052424, 12052570, 12052572],
    12052861,
    // Products and searches.
    ...[12019027, 12019059, 12019087, 12019108, 12019109, 12019118, 12019119, 12052023, 12052180],
    ...[12052330, 12052547, 12052910, 12052990],
    // Shipments: parameters, invoices, splits and combinations, what was shipped before.
    ...[11001002, 11050001, 21001001, 21004006, 21004019, 21004020, 21004024, 21008042, 21008116],
    ...[11006013, 11006014, 11006021, 21008099, 21011003, 21011006, 21011008, 21011012, 21011013],
    ...[21011020, 21011027, 21011028, 21011029, 21011030, 21011033, 21011036, 21011040, 21011041],
    ...[21011042, 21011043, 21011046, 21011048, 21011049, 21011050, 21011051, 21011052, 21011054],
    ...[21014009, 21021010, 21022025, 21022028, 21022032, 21032001, 21042056, 21042057, 21008111],
    // Tracking numbers and carriers.
    ...[11028006, 21004012, 21004015, 21004016, 21011022, 21011025, 21011026, 21034012],
    // Addresses, weights and sizes.
    ...[11021009, 11021010, 11021011, 11021012, 11021013, 11021014, 11021015, 11021016, 11021017],
    ...[11021018, 11021019, 11021020, 11021021, 11021022, 11021023, 11021024, 11021025],
    // Cancellations and returns.
    ...[25001001, 25001003, 25001010, 25001011, 25001014, 25001015, 25001020, 25001021, 25001045],
    ...[25001046, 25001051, 25005010, 25005011, 25007006, 25011012, 25020003, 25020004, 25020005],
    25020009,
  ],
};

/** TikTok Shop's codes -> our kinds. */
export const kindByCode: ReadonlyMap<number, FaultKind> = new Map(
  faultKinds.flatMap((kind) => (codes[kind] ?? []).map((code) => [code, kind] as const)),
);

/** Refusals of a whole product: asking again for each of its SKUs cannot help. */
export const productCodes: ReadonlySet<string> = new Set([
  "12019008",
  "12019113",
  "12019150",
  "12052031",
  "12052032",
  "12052048",
  "12052141",
  "12052260",
  "12052308",
  "12052371",
  "12052700",
  "12052703",
  "12052901",
  "12052921",
]);

/** TikTok refuses the number 0 (update-inventory.json; the document's least quantity is 1). */
export const zeroCodes: ReadonlySet<string> = new Set(["12019024", "12052055"]);

/**
 * The warehouses we named are not those of the SKU: some are missing, or wrong. 12052037 also stands for stock that
 * TikTok allocates itself.
 */
export const warehouseCodes: ReadonlySet<string> = new Set([
  "12019028",
  "12052037",
  "12052097",
  "12052530",
  "12052533",
]);

/** Stock that TikTok allocates itself, when the warehouses we named were the right ones. */
export const allocatedCode = "12052037";

/** "Not ACTIVATE": deactivated, or under review. */
export const notActiveCode = "12052901";

/** The order, or its package, was reported as shipped before. */
export const shippedCodes: ReadonlySet<string> = new Set([
  "11006021",
  "21008099",
  "21011006",
  "21011020",
  "21011027",
  "21011040",
  "21042056",
]);

/** "This interface cannot be used in this region": shipments go by the package there. */
export const wrongRegionCode = "21008106";

/** One of the orders asked for is not this seller's. */
export const foreignOrderCode = "21008111";

/** More than 10,000 products fit the search. */
export const tooManyResultsCode = "12052180";

/** A parameter TikTok does not take; also a wrong clock and, by its text, a wrong token. */
export const badParameterCode = "36009004";
