import { db } from "#app/db/client.server.ts";
import { readBundles } from "#app/db/bundle.repo.ts";
import type { OwnSale } from "#app/db/listing.repo.ts";
import { orderKeyText, readOrders, readSkuNames } from "#app/db/order.repo.ts";
import { readFulfilmentLocations, readLevels } from "#app/db/stock.repo.ts";
import { foldOrder, type Folded, type FoldLocation } from "#app/domain/orders/fold-order.ts";
import { expandBundles } from "#app/domain/orders/expand-bundles.ts";
import {
  orderLinesMax,
  type OrderLineSnapshot,
  type OrderSnapshot,
} from "#app/domain/orders/order-snapshot.ts";
import type { OrderState } from "#app/domain/orders/order-state.ts";
import type { Cause, Entry } from "#app/domain/stock/movement.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import type { ReadEvent } from "./facts.ts";

/** What a batch of orders does to stock, decided on levels as they were read. */
export interface FoldedEvents {
  readonly book: StockBook;
  readonly orders: readonly { readonly connectionId: string; readonly state: OrderState }[];
  readonly ownSales: readonly OwnSale[];
  /** Problems in words, by event id. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
  readonly oversells: readonly {
    readonly orderId: string;
    readonly skuId: string;
    readonly units: number;
  }[];
}

interface OrderEvent {
  readonly source: ReadEvent;
  readonly order: OrderSnapshot;
}

/** Reads what the batch's orders need and folds them one after the other, in order of arrival. */
export async function foldEvents(
  shopId: string,
  events: readonly ReadEvent[],
): Promise<FoldedEvents> {
  const orderEvents = events.flatMap((source) =>
    source.facts.flatMap((fact): OrderEvent[] =>
      fact.kind === "order" ? [{ source, order: fact.order }] : [],
    ),
  );
  const names = orderEvents.flatMap(({ source, order }) =>
    order.lines.map((line) => ({ connectionId: source.event.connectionId, ...line })),
  );
  const keys = orderEvents.map(({ source, order }) => ({
    connectionId: source.event.connectionId,
    orderId: order.orderId,
  }));
  const [known, skuOf, locations] = await Promise.all([
    readOrders(db(), shopId, keys),
    readSkuNames(db(), shopId, names),
    readFulfilmentLocations(db(), shopId),
  ]);
  const skuIds = new Set(
    [...known.values()].flatMap((order) => order.lines.flatMap((l) => l.skuId ?? [])),
  );
  for (const name of names) {
    const skuId = skuOf(name);
    if (skuId) skuIds.add(skuId);
  }
  const bundles = await readBundles(db(), shopId, [...skuIds]);
  for (const { skuId } of [...bundles.values()].flat()) skuIds.add(skuId);
  const book = new StockBook(await readLevels(db(), shopId, [...skuIds]));
  return foldAll(orderEvents, { book, known, skuOf, bundles, locations });
}

interface Readings {
  readonly book: StockBook;
  readonly known: Map<string, OrderState>;
  readonly skuOf: Awaited<ReturnType<typeof readSkuNames>>;
  readonly bundles: Awaited<ReturnType<typeof readBundles>>;
  readonly locations: readonly FoldLocation[];
}

function foldAll(events: readonly OrderEvent[], readings: Readings): FoldedEvents {
  const { book, known, locations } = readings;
  const touched = new Map<string, { connectionId: string; state: OrderState }>();
  const ownSales: OwnSale[] = [];
  const problems = new Map<string, string[]>();
  const oversells: { orderId: string; skuId: string; units: number }[] = [];
  for (const { source, order } of events) {
    const { event, channel, accountId } = source;
    if (order.lines.length > orderLinesMax) {
      problems.set(event.id, [`${order.lines.length} lines; at most ${orderLinesMax} are taken`]);
      continue;
    }
    const { connectionId } = event;
    const key = orderKeyText({ connectionId, orderId: order.orderId });
    const entriesBefore = book.entries.length;
    const skuOf = (line: OrderLineSnapshot) =>
      readings.skuOf({ connectionId, orderKey: line.orderKey, sku: line.sku });
    const expanded = expandBundles(order, known.get(key) ?? null, (line) => {
      const skuId = skuOf(line);
      const components = skuId === null ? undefined : readings.bundles.get(skuId);
      return skuId !== null && components ? { skuId, components } : null;
    });
    const folded = foldOrder(known.get(key) ?? null, expanded.order, {
      book,
      locations,
      skuOf: (line) => expanded.skuOfLine.get(line.lineId) ?? skuOf(line),
      keyPrefix: `${channel.id}:${accountId}`,
      cause: causeOf(source, order),
    });
    known.set(key, folded.state);
    touched.set(key, { connectionId, state: folded.state });
    const sales = salesOf(source, folded, book.entries.slice(entriesBefore));
    ownSales.push(...(expanded.skuOfLine.size > 0 ? uncertain(sales, expanded.bundles) : sales));
    if (folded.problems.length > 0) {
      problems.set(event.id, [...(problems.get(event.id) ?? []), ...folded.problems]);
    }
    for (const [skuId, units] of folded.oversold) {
      if (units > 0) oversells.push({ orderId: order.orderId, skuId, units });
    }
  }
  return { book, orders: [...touched.values()], ownSales, problems, oversells };
}

/**
 * The channel lowered its number of the bundle, not those of the components: what any of their listings there show now
 * is looked up or written anew.
 */
function uncertain(sales: readonly OwnSale[], bundles: ReadonlySet<string>): OwnSale[] {
  const [first] = sales;
  const own = sales.map((sale) => ({ ...sale, uncertain: true as const }));
  if (!first) return own;
  const ofBundles = [...bundles].map((skuId) => ({
    ...first,
    ...{ skuId, locationId: null, units: 0, uncertain: true as const },
  }));
  return [...own, ...ofBundles];
}

function causeOf({ event, channel }: ReadEvent, order: OrderSnapshot): Cause {
  return {
    channel: channel.id,
    connectionId: event.connectionId,
    orderId: order.orderId,
    actor: channel.id,
    reason: null,
    correlationId: event.correlationId,
    occurredAt: event.occurredAt ?? new Date(order.placedAt),
    receivedAt: event.receivedAt,
  };
}

/** What the channel did to its own number by itself: the units of every entry, and those nobody had. */
function salesOf(source: ReadEvent, folded: Folded, entries: readonly Entry[]): OwnSale[] {
  const { event, channel } = source;
  const common = {
    connectionId: event.connectionId,
    mode: channel.push.mode,
    placedAt: folded.state.placedAt,
    receivedAt: event.receivedAt,
  };
  const left = new Map(folded.sold);
  const sales: OwnSale[] = [];
  for (const entry of entries) {
    if (entry.kind !== "sale" && entry.kind !== "release") continue;
    const { skuId, locationId, committedDelta: units } = entry;
    sales.push({ ...common, skuId, locationId, units });
    left.set(skuId, (left.get(skuId) ?? 0) - units);
  }
  for (const [skuId, units] of left) {
    if (units !== 0) sales.push({ ...common, skuId, locationId: null, units });
  }
  return sales;
}
