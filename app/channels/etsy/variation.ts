import { createHash } from "node:crypto";
import type { WirePropertyValue, WireVariation } from "./wire.ts";

/** Longest variation that is kept as it is; the key of a listing has 200 characters in all. */
const variationCharsMax = 150;
/** Etsy's "property" for what the buyer typed: no part of which product was bought. */
const personalizationPropertyId = 54;

/**
 * Which product of a listing: its property values, "513=1216,514=88", sorted by property. Empty for a listing without
 * variations. It is what stays the same: product ids change with every write (channels.md 8.2).
 */
export function variationOf(values: readonly WirePropertyValue[]): string {
  return variationText(
    values.map(({ property_id: id, value_ids: ids, values: texts }) => [
      id,
      ids.length > 0 ? ids.join("+") : texts.join("+"),
    ]),
  );
}

/** The same from the variations of an order line, which know one value per property. */
export function variationOfLine(variations: readonly WireVariation[]): string {
  return variationText(
    variations.flatMap(({ property_id: id, value_id: valueId, formatted_value: text }) =>
      id == null || id === personalizationPropertyId ? [] : [[id, String(valueId ?? text ?? "")]],
    ),
  );
}

/** The key of a listing's product, for imports and order lines alike. */
export function keyOf(listingId: string, variation: string): string {
  return variation === "" ? listingId : `${listingId}/${variation}`;
}

function variationText(pairs: readonly (readonly [number, string])[]): string {
  const sorted = [...pairs].sort(([a], [b]) => a - b);
  const text = sorted.map(([id, value]) => `${id}=${value}`).join(",");
  if (text.length <= variationCharsMax) return text;
  return `#${createHash("sha256").update(text).digest("hex")}`;
}
