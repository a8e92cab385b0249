import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { ReadResult, WriteResult } from "#app/channels/contract.ts";
import type { Answer, EbayClient, EbayContext, TradingOutcome } from "./client.ts";
import { faultOfTrading } from "./errors.ts";
import { inCalls, refused } from "./in-calls.ts";
import type { TradingKey } from "./listing-keys.ts";
import { marketplaceOf } from "./marketplaces.ts";
import { refusedKey, statusEntry, toTradingReading, type StatusChange } from "./trading-mapping.ts";
import { itemAnswer, revisedAnswer, type TradingItem } from "./trading-wire.ts";
import { element } from "./xml.ts";

/** `InventoryStatus` entries of one ReviseInventoryStatus (specs/channel-limits.json). */
const entriesPerCallMax = 4;
/** GetItem calls under way at once. */
const readsAtOnceMax = 4;

/** One listing with what is to change about it. */
export interface StatusWrite {
  readonly key: TradingKey;
  readonly change: StatusChange;
}

/** Numbers and prices of Trading listings: four in a call, one result per write. */
export async function reviseStatuses(
  context: EbayContext,
  client: EbayClient,
  writes: readonly StatusWrite[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const results = new Map<StatusWrite, WriteResult>();
  const sendable = writes.filter((write) => {
    const refusal = refusedKey(write.key);
    if (refusal) results.set(write, refusal);
    return refusal === null;
  });
  const size = { callSizeMax: entriesPerCallMax, concurrencyMax: 1 };
  const sent = await inCalls<StatusWrite, WriteResult>(sendable, size, (chunk) =>
    revise(context, client, chunk, signal),
  );
  for (const [index, write] of sendable.entries()) {
    const result = sent[index];
    if (result) results.set(write, result);
  }
  return writes.map((write) => results.get(write) ?? refused(unanswered));
}

const unanswered: Fault = { kind: "unexpected", message: "eBay's answer leaves this listing out." };

/** Errors of one entry, which fail the call's others only by keeping it company. */
const ofOneEntry: ReadonlySet<FaultKind> = new Set([
  "rejected",
  "unknown-listing",
  "locked",
  "unexpected",
]);

async function revise(
  context: EbayContext,
  client: EbayClient,
  chunk: readonly StatusWrite[],
  signal: AbortSignal,
): Promise<Answer<readonly WriteResult[]>> {
  const content = chunk.map(({ key, change }) => statusEntry(key, change)).join("");
  const call = { name: "ReviseInventoryStatus", content };
  const answer = await client.tradingOutcome(call, revisedAnswer, signal);
  if (!answer.ok) return answer;
  const { failed, errors, value } = answer.value;
  const done = chunk.map(({ key }) => wasRevised(key, value.InventoryStatus));
  if (!failed) {
    return { ok: true, value: done.map((it) => (it ? { ok: true } : refused(unanswered))) };
  }
  const fault = faultOfTrading(errors, context.now());
  if (!ofOneEntry.has(fault.kind)) return refused(fault);
  if (chunk.length === 1) return { ok: true, value: [refused(fault)] };
  // eBay does not say which entry it means: those it did not do are asked for alone.
  const results: WriteResult[] = [];
  for (const [index, write] of chunk.entries()) {
    const alone = done[index]
      ? ({ ok: true, value: [{ ok: true }] } as const)
      : await revise(context, client, [write], signal);
    results.push(...(alone.ok ? alone.value : [refused(alone.fault)]));
  }
  return { ok: true, value: results };
}

function wasRevised(
  { itemId, variationSku }: TradingKey,
  rows: TradingOutcome<ReturnType<typeof revisedAnswer.parse>>["value"]["InventoryStatus"],
): boolean {
  return rows.some(
    (row) => row.ItemID === itemId && (variationSku === undefined || row.SKU === variationSku),
  );
}

/** One listing as the Trading API has it. Variations come with it. */
export function getItem(
  client: EbayClient,
  itemId: string,
  signal: AbortSignal,
): Promise<Answer<TradingItem>> {
  const fields = ["ItemID", "Title", "SKU", "Site", "ListingType", "Quantity", "StartPrice"];
  const parts = ["SellingStatus", "Variations", "ListingDetails", "HideFromSearch"];
  const selectors = [...fields, ...parts, "ReasonHideFromSearch"].map((name) =>
    element("OutputSelector", `Item.${name}`),
  );
  const content = `${element("ItemID", itemId)}<DetailLevel>ReturnAll</DetailLevel>${selectors.join("")}`;
  return client
    .trading({ name: "GetItem", content }, itemAnswer, signal)
    .then((answer) => (answer.ok ? { ok: true, value: answer.value.Item } : answer));
}

/** What Trading listings show: one call per item number, however many of its variations are asked for. */
export async function readItems(
  context: EbayContext,
  client: EbayClient,
  keys: readonly TradingKey[],
  signal: AbortSignal,
): Promise<readonly ReadResult[]> {
  const currency = marketplaceOf(context.settings.marketplaceId)?.currency ?? "USD";
  const itemIds = [...new Set(keys.map(({ itemId }) => itemId))];
  const size = { callSizeMax: 1, concurrencyMax: readsAtOnceMax };
  const items = await inCalls<string, { readonly ok: true; readonly item: TradingItem }>(
    itemIds,
    size,
    async ([itemId = ""]) => {
      const answer = await getItem(client, itemId, signal);
      return answer.ok ? { ok: true, value: [{ ok: true, item: answer.value }] } : answer;
    },
  );
  const byId = new Map(itemIds.map((itemId, index) => [itemId, items[index]]));
  return keys.map((key) => {
    const found = byId.get(key.itemId);
    if (!found) return refused(unanswered);
    return found.ok ? (refusedKey(key) ?? toTradingReading(found.item, key, currency)) : found;
  });
}
