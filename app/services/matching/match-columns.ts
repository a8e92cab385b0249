/** The file of matches: the first five say what the listing is, `sku`, `components` and `action` decide, the rest helps. */
export const matchColumns = [
  "listing",
  "channel_sku",
  "title",
  "barcode",
  "shown",
  "state",
  "sku",
  "components",
  "action",
  "suggestion",
  "score",
] as const;

/** What `action` may say; empty: `sku` or `components` decide, and a line with neither is left as it is. */
export const matchActions = ["", "match", "ignore", "unmatch", "accept"] as const;
