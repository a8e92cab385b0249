/**
 * Shops differ by host and plugins. The same shop answers in other ways under an address with marks in its path:
 * /woocommerce/~plain,noheader/… Marks: `noheader` (the host drops the Authorization header), `plain` (no pretty
 * permalinks), `old` (WooCommerce before 10.3: no list of all variations), `tracking` (the Shipment Tracking plugin).
 */
const marks = ["noheader", "plain", "old", "tracking"] as const;
export type Mark = (typeof marks)[number];

/** The marks in an address, and the path without them. */
export function marksOf(path: string): { readonly own: ReadonlySet<Mark>; readonly path: string } {
  const found = /^\/~([a-z,]+)(\/.*)?$/.exec(path);
  if (!found) return { own: new Set(), path };
  const named = found[1]?.split(",") ?? [];
  return { own: new Set(marks.filter((mark) => named.includes(mark))), path: found[2] ?? "/" };
}
