import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import { listingIdOf, locations, productIdOf } from "./demo.ts";
import { ok, refuse, refuseInWords, type FlipkartAnswer } from "./frame.ts";
import {
  cancellationTypes,
  liveUnitsOf,
  waitingStages,
  type Item,
  type ShipmentBook,
  type ShipmentRecord,
} from "./shipment-book.ts";

/** The manual's default; no greater page is known to be given. */
const pageSizeDefault = 20;
/** specs: "Maximum 100 shipment ids allowed per request". */
const idsMax = 100;
const indiaAheadMs = 5.5 * 3_600_000;
const dayMs = 86_400_000;

const rangeShape = z.object({ from: z.iso.datetime().optional(), to: z.iso.datetime().optional() });
const filterShape = z.strictObject({
  type: z.enum(["preDispatch", "postDispatch", "cancelled"]),
  states: z.array(z.string()).min(1).optional(),
  hold: z.boolean().optional(),
  locationId: z.string().optional(),
  cancellationType: z.enum(cancellationTypes).optional(),
  modifiedDate: rangeShape.optional(),
});
const searchShape = z.strictObject({
  filter: filterShape,
  pagination: z.strictObject({ pageSize: z.number().int().min(1).optional() }).optional(),
  sort: z.strictObject({ field: z.literal("modifiedDate"), order: z.literal("asc") }).optional(),
});
type Filter = z.infer<typeof filterShape>;

const tokenShape = z.object({
  filter: filterShape,
  pageSize: z.number().int().min(1).max(pageSizeDefault),
  offset: z.number().int().min(0),
});
type Page = z.infer<typeof tokenShape>;

/** `POST /sellers/v3/shipments/filter` */
export function searchShipments(
  context: SandboxContext,
  book: ShipmentBook,
  body: unknown,
): FlipkartAnswer {
  const search = searchShape.safeParse(body);
  if (!search.success) return refuse(400, "Bad Request: the filter cannot be read");
  const { filter, pagination } = search.data;
  if (filter.type !== "cancelled" && !filter.states) {
    return refuse(400, `Bad Request: states are mandatory for the type ${filter.type}`);
  }
  if (filter.type === "cancelled" && !filter.cancellationType) {
    return refuse(400, "Bad Request: cancellationType is mandatory for the type cancelled");
  }
  const pageSize = Math.min(pagination?.pageSize ?? pageSizeDefault, pageSizeDefault);
  return pageOf(context, book, { filter, pageSize, offset: 0 });
}

/** `GET /sellers/v3/shipments/filter?next_token=` */
export function nextShipments(
  context: SandboxContext,
  book: ShipmentBook,
  token: string | null,
): FlipkartAnswer {
  const page = readToken(token ?? "");
  return page ? pageOf(context, book, page) : refuse(400, "Bad Request: invalid next_token");
}

/** Positions in a list that moves while it is paged, as the real tokens (`from`, `size`) show. */
function pageOf(context: SandboxContext, book: ShipmentBook, page: Page): FlipkartAnswer {
  const { filter, pageSize, offset } = page;
  const found = [...book.all()]
    .filter((record) => matches(record, filter))
    .sort((a, b) => secondOf(a) - secondOf(b) || a.serial - b.serial);
  const shipments = found
    .slice(offset, offset + pageSize)
    .map((record) => wireShipment(context, record, (item) => wantedRows(item, filter)));
  const hasMore = offset + pageSize < found.length;
  return ok({
    hasMore,
    ...(hasMore && {
      nextPageUrl: `/v3/shipments/filter?next_token=${writeToken({ ...page, offset: offset + pageSize })}`,
    }),
    shipments,
  });
}

function matches(record: ShipmentRecord, filter: Filter): boolean {
  const { locationId, type } = filter;
  if (!isWithin(secondOf(record), filter.modifiedDate)) return false;
  if (locationId !== undefined && record.locationId !== locationId) return false;
  if (type === "cancelled") {
    return record.items.some((item) => item.cancellationType === filter.cancellationType);
  }
  return record.items.some((item) => liveUnitsOf(item) > 0) && isAtStage(record, filter);
}

function isWithin(atMs: number, range: Filter["modifiedDate"]): boolean {
  const { from, to } = range ?? {};
  return !(from && atMs < Date.parse(from)) && !(to && atMs > Date.parse(to));
}

function isAtStage(record: ShipmentRecord, { type, states, hold = false }: Filter): boolean {
  const waits = waitingStages.includes(record.stage);
  if (waits !== (type === "preDispatch")) return false;
  if (waits && record.hold !== hold) return false;
  return states?.includes(record.stage) ?? false;
}

/** A search shows of a shipment only what it searched for. */
function wantedRows(item: Item, filter: Filter): { live: boolean; cancelled: boolean } {
  if (filter.type !== "cancelled") return { live: true, cancelled: false };
  return { live: false, cancelled: item.cancellationType === filter.cancellationType };
}

/** `GET /sellers/v3/shipments?shipmentIds=`: one strange id costs the call. */
export function shipmentsById(
  context: SandboxContext,
  book: ShipmentBook,
  query: URLSearchParams,
): FlipkartAnswer {
  const ids = (query.get("shipmentIds") ?? "").split(",").filter(Boolean);
  if (ids.length === 0 || ids.length > idsMax) {
    return refuseInWords(422, "UNPROCESSABLE_ENTITY", "Between 1 and 100 shipmentIds are allowed");
  }
  const records = ids.flatMap((id) => book.find(id) ?? []);
  if (records.length < ids.length) {
    const text = "shipmentIds should be valid shipment ids for this seller";
    return refuseInWords(422, "UNPROCESSABLE_ENTITY", text);
  }
  const shipments = records.map((record) =>
    wireShipment(context, record, () => ({ live: true, cancelled: true })),
  );
  return ok({ shipments });
}

/** `GET /sellers/locations/allLocations` */
export function allLocations(): FlipkartAnswer {
  return ok({ locations });
}

/** Shape of the v3 document's shipments, the parts without buyer data. */
export function wireShipment(
  context: SandboxContext,
  record: ShipmentRecord,
  rows: (item: Item) => { readonly live: boolean; readonly cancelled: boolean },
): Readonly<Record<string, unknown>> {
  return {
    shipmentId: record.shipmentId,
    dispatchByDate: indiaTime(record.placedAtMs + 2 * dayMs),
    dispatchAfterDate: indiaTime(record.placedAtMs),
    updatedAt: indiaTime(record.updatedAtMs),
    locationId: record.locationId,
    hold: record.hold,
    mps: false,
    packagingPolicy: "DEFAULT",
    subShipments: [{ subShipmentId: "SS-1", packages: [] }],
    orderItems: record.items.flatMap((item) => itemRows(context, record, item, rows(item))),
    forms: [],
    shipmentType: record.shipmentType,
  };
}

/** One row for what is live, one for what was cancelled. */
function itemRows(
  context: SandboxContext,
  record: ShipmentRecord,
  item: Item,
  wanted: { readonly live: boolean; readonly cancelled: boolean },
): unknown[] {
  const sku = context.skuByCode(item.sku);
  if (!sku) return [];
  const row = (status: string, quantity: number) => ({
    orderItemId: item.orderItemId,
    orderId: record.orderId,
    cancellationGroupId: `grp${item.orderItemId}`,
    orderDate: indiaTime(record.placedAtMs),
    paymentType: "PREPAID",
    status,
    quantity,
    fsn: productIdOf(sku),
    sku: item.sku,
    listingId: listingIdOf(sku),
    title: sku.title,
    packageIds: [],
    priceComponents: {
      sellingPrice: sku.priceMinor / 100,
      totalPrice: (sku.priceMinor / 100) * quantity,
      shippingCharge: 0,
      customerPrice: sku.priceMinor / 100,
      flipkartDiscount: 0,
    },
    serviceProfile: "NON_FBF",
    is_replacement: false,
  });
  const live = liveUnitsOf(item);
  return [
    ...(wanted.live && live > 0 ? [row(record.stage, live)] : []),
    ...(wanted.cancelled && item.cancelledUnits > 0
      ? [
          {
            ...row("CANCELLED", item.cancelledUnits),
            cancellationDate: indiaTime(record.updatedAtMs),
            cancellationReason: item.cancellationType,
          },
        ]
      : []),
  ];
}

/** Flipkart's times are whole seconds of India's clock. */
function secondOf({ updatedAtMs }: ShipmentRecord): number {
  return Math.floor(updatedAtMs / 1_000) * 1_000;
}

export function indiaTime(ms: number): string {
  const second = Math.floor(ms / 1_000) * 1_000;
  return new Date(second + indiaAheadMs).toISOString().replace("Z", "+05:30");
}

function writeToken(page: Page): string {
  return Buffer.from(JSON.stringify(page)).toString("base64url");
}

function readToken(token: string): Page | null {
  try {
    const text = Buffer.from(token, "base64url").toString("utf8");
    return tokenShape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
