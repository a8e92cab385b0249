import { ChannelFault } from "#app/channels/contract.ts";
import type { WalmartShipNode } from "./wire.ts";

export interface ChosenNode {
  readonly shipNode: string | null;
  readonly warnings: readonly string[];
}

/**
 * The centre to keep: the only one, or the one the merchant names. Walmart's own (WFS) and those of logistics partners
 * are not the merchant's stock.
 * @param nodes null: Walmart did not tell
 * @param named "" where the merchant names none
 * @throws ChannelFault `rejected`, with the centres to choose from
 */
export function chosenNode(nodes: readonly WalmartShipNode[] | null, named: string): ChosenNode {
  const own = (nodes ?? []).filter(isOwn);
  const found = own.find(({ shipNode }) => shipNode === named);
  const list = own.map((node) => `${node.shipNodeName ?? "unnamed"} (${node.shipNode})`).join(", ");
  if (named !== "" && nodes !== null && !found) {
    throw rejection(`Walmart does not know the fulfilment centre ${named}. Yours are: ${list}.`);
  }
  if (named === "" && own.length > 1) {
    throw rejection(
      `You have several fulfilment centres. Enter the ID of the one to keep: ${list}.`,
    );
  }
  const shipNode = found?.shipNode ?? own[0]?.shipNode ?? (named || null);
  const others = own.filter((node) => node.shipNode !== shipNode);
  const warnings = others.map(
    (node) =>
      `Stock at ${node.shipNodeName ?? node.shipNode} stays as it is; buyers can buy it as well.`,
  );
  return { shipNode, warnings };
}

function isOwn({ status, nodeType }: WalmartShipNode): boolean {
  const isOthers = /WFS|3PL|WALMART/i.test(nodeType ?? "");
  return !isOthers && (status ?? "ACTIVE") === "ACTIVE";
}

function rejection(message: string): ChannelFault {
  return new ChannelFault({ kind: "rejected", message });
}
