import type {
  ListingRef,
  QuantityWrite,
  RelistResult,
  WriteResult,
} from "#app/channels/contract.ts";
import { decimalOf } from "#app/domain/money.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { alreadyEndedCodes } from "./error-codes.ts";
import { refused } from "./in-calls.ts";
import type { Keyed, TradingKey } from "./listing-keys.ts";
import { marketplaceOf } from "./marketplaces.ts";
import { getItem, reviseStatuses } from "./trading.ts";
import { amountOf, itemState, refusedKey, variationSkus } from "./trading-mapping.ts";
import { endedAnswer, relistedAnswer, type TradingItem } from "./trading-wire.ts";
import { byWholeListing, refusedPart } from "./whole-listings.ts";
import { element } from "./xml.ts";

type Ended = Keyed<ListingRef, TradingKey>;
type Relisted = Keyed<QuantityWrite, TradingKey>;

const itemOf = ({ key }: { readonly key: TradingKey }) => key.itemId;

/** Ends listings for good. */
export function endTrading(
  client: EbayClient,
  entries: readonly Ended[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  return byWholeListing<Ended, WriteResult>(entries, itemOf, async ({ id, entries: group }) => {
    const result = await endItem(client, id, group, signal);
    return group.map(() => result);
  });
}

async function endItem(
  client: EbayClient,
  itemId: string,
  group: readonly Ended[],
  signal: AbortSignal,
): Promise<WriteResult> {
  if (group.some(({ key }) => key.variationSku !== undefined || key.nameless)) {
    const item = await getItem(client, itemId, signal);
    if (!item.ok) return item;
    if (itemState(item.value) === "ended") return { ok: true };
    const refusal = refusedPart(variationSkus(item.value), skusOf(group));
    if (refusal) return refusal;
  }
  const content = `${element("ItemID", itemId)}<EndingReason>NotAvailable</EndingReason>`;
  const ended = await client.trading({ name: "EndFixedPriceItem", content }, endedAnswer, signal);
  if (ended.ok || alreadyEndedCodes.has(ended.fault.code ?? "")) return { ok: true };
  return ended;
}

function skusOf(group: readonly { readonly key: TradingKey }[]): string[] {
  return group.flatMap(({ key }) => key.variationSku ?? []);
}

/** Relists ended listings: each gets a new item number. */
export function relistTrading(
  context: EbayContext,
  client: EbayClient,
  entries: readonly Relisted[],
  signal: AbortSignal,
): Promise<readonly RelistResult[]> {
  return byWholeListing<Relisted, RelistResult>(entries, itemOf, async ({ id, entries: group }) => {
    const refusal = group.map(({ key }) => refusedKey(key)).find((found) => found !== null);
    if (refusal) return group.map(() => refusal);
    const relisted = await relistItem(context, client, id, group, signal);
    if (!relisted.ok) return group.map(() => relisted);
    const { itemId, numbersAreSet } = relisted.value;
    const moved = group.map(({ key, item }) => ({
      key: { ...key, itemId },
      change: { quantity: item.quantity },
    }));
    const set = numbersAreSet
      ? group.map((): WriteResult => ({ ok: true }))
      : await reviseStatuses(context, client, moved, signal);
    return group.map(({ item }, index): RelistResult => {
      const result = set[index];
      if (result && !result.ok) return result;
      return { ok: true, externalIds: { ...item.externalIds, itemId } };
    });
  });
}

interface RelistedItem {
  readonly itemId: string;
  /** The relisting carried the numbers; otherwise the listing was there already and has its own. */
  readonly numbersAreSet: boolean;
}

/** Looks first: a repeat of a call whose answer was lost must not make a second listing. */
async function relistItem(
  context: EbayContext,
  client: EbayClient,
  itemId: string,
  group: readonly Relisted[],
  signal: AbortSignal,
): Promise<Answer<RelistedItem>> {
  const found = await getItem(client, itemId, signal);
  if (!found.ok) return found;
  const { value: item } = found;
  if (itemState(item) !== "ended") return { ok: true, value: { itemId, numbersAreSet: false } };
  const successor = item.ListingDetails?.RelistedItemID;
  if (successor && successor !== "0") {
    return { ok: true, value: { itemId: successor, numbersAreSet: false } };
  }
  const skus = variationSkus(item);
  const refusal = skus.length === 0 ? null : refusedPart(skus, skusOf(group));
  if (refusal) return refusal;
  const content = relistContent(context, item, group);
  if (content === null) return refused({ kind: "rejected", message: noPrice });
  const call = { name: "RelistFixedPriceItem", content };
  const relisted = await client.trading(call, relistedAnswer, signal);
  if (!relisted.ok) return relisted;
  return { ok: true, value: { itemId: relisted.value.ItemID, numbersAreSet: true } };
}

const noPrice = "eBay gave a variation of this listing without a price: relist it at eBay.";

/** `<Item>` of the relisting: the old number, and the quantities now, by variation where there are some. */
function relistContent(
  { settings }: EbayContext,
  item: TradingItem,
  group: readonly Relisted[],
): string | null {
  const id = element("ItemID", item.ItemID);
  const variations = item.Variations?.Variation ?? [];
  if (variations.length === 0) {
    return `<Item>${id}${element("Quantity", group[0]?.item.quantity ?? 1)}</Item>`;
  }
  const currency = marketplaceOf(settings.marketplaceId)?.currency ?? "USD";
  const rows = variations.map(({ SKU, StartPrice, VariationSpecifics }) => {
    const price = amountOf(StartPrice, currency);
    const write = group.find(({ key }) => key.variationSku === SKU);
    if (!price || !write || !SKU) return null;
    const names = (VariationSpecifics?.NameValueList ?? []).map(({ Name, Value }) => {
      const values = Value.map((value) => element("Value", value)).join("");
      return `<NameValueList>${element("Name", Name)}${values}</NameValueList>`;
    });
    return (
      `<Variation>${element("SKU", SKU)}` +
      `<StartPrice currencyID="${price.currency}">${decimalOf(price)}</StartPrice>` +
      `${element("Quantity", write.item.quantity)}` +
      `<VariationSpecifics>${names.join("")}</VariationSpecifics></Variation>`
    );
  });
  if (rows.some((row) => row === null)) return null;
  return `<Item>${id}<Variations>${rows.join("")}</Variations></Item>`;
}
