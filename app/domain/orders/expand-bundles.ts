import type { OrderLineSnapshot, OrderSnapshot } from "./order-snapshot.ts";
import type { OrderState } from "./order-state.ts";

export interface Component {
  readonly skuId: string;
  /** Units of it in one bundle. */
  readonly quantity: number;
}

/** An order whose bundle lines became lines of their components. */
export interface Expanded {
  readonly order: OrderSnapshot;
  /** The SKU of each component line, by its line id. */
  readonly skuOfLine: ReadonlyMap<string, string>;
  /** Bundle SKUs that were sold. */
  readonly bundles: ReadonlySet<string>;
}

/** `<line>+<component's SKU id>x<units in one bundle>`: says by itself what it stands for, whatever the match is later. */
const componentLine = /^(.*)\+([0-9a-f-]{36})x(\d+)$/s;

/** What a recorded line stands for: the channel's own line, or one component of a bundle that this line sold. */
export function channelLineOf(lineId: string): {
  readonly lineId: string;
  readonly component: Component | null;
} {
  const [, line, skuId, quantity] = componentLine.exec(lineId) ?? [];
  if (line === undefined || skuId === undefined) return { lineId, component: null };
  return { lineId: line, component: { skuId, quantity: Number(quantity) } };
}

/**
 * Turns lines that sell a bundle into one line for each component, so that the components' stock moves. An order that
 * was folded before keeps its shape: a line that was one SKU's stays one, a bundle's stays that bundle, or the same
 * units would be taken twice after a listing was matched anew.
 * @param bundleOf the components of the SKU that a line sells, or null when it sells a plain one
 */
export function expandBundles(
  order: OrderSnapshot,
  known: OrderState | null,
  bundleOf: (
    line: OrderLineSnapshot,
  ) => { readonly skuId: string; readonly components: readonly Component[] } | null,
): Expanded {
  const skuOfLine = new Map<string, string>();
  const bundles = new Set<string>();
  const taken = recorded(known);
  const lines = order.lines.flatMap((line) => {
    const before = taken.get(line.lineId);
    if (before === "plain") return [line];
    const bundle = bundleOf(line);
    const components = before ?? bundle?.components;
    if (!components) return [line];
    if (bundle) bundles.add(bundle.skuId);
    return components.map((component): OrderLineSnapshot => {
      const { skuId, quantity } = component;
      const lineId = `${line.lineId}+${skuId}x${quantity}`;
      skuOfLine.set(lineId, skuId);
      return {
        ...line,
        lineId,
        orderKey: null,
        sku: null,
        quantity: line.quantity * quantity,
        shipped: line.shipped * quantity,
      };
    });
  });
  return { order: { ...order, lines }, skuOfLine, bundles };
}

function recorded(known: OrderState | null): Map<string, "plain" | Component[]> {
  const taken = new Map<string, "plain" | Component[]>();
  for (const { lineId, skuId: plainSkuId, revision } of known?.lines ?? []) {
    const { lineId: line, component } = channelLineOf(lineId);
    if (component === null) {
      // A line that moved nothing yet may still become anything.
      if (plainSkuId !== null && revision > 0) taken.set(lineId, "plain");
      continue;
    }
    const components = taken.get(line);
    if (Array.isArray(components)) components.push(component);
    else taken.set(line, [component]);
  }
  return taken;
}
