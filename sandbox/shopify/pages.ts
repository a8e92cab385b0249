import { GraphQLError } from "graphql";

/** Shopify's bound on a page. */
const pageSizeMax = 250;

export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** Where an item stands in its list: compared number by number. */
export type SortKey = readonly number[];

/** One page of a connection, cut out of the whole sorted list. */
export function page<Item, Node>(
  items: readonly Item[],
  wanted: PageArguments,
  describe: {
    readonly node: (item: Item) => Node;
    /** Left out: the position in the list. Ascending unless `descending`. */
    readonly key?: (item: Item) => SortKey;
    readonly descending?: boolean;
  },
) {
  const size = pageSizeOf(wanted.first);
  if (!describe.key) return pageByPosition(items, { ...wanted, size }, describe.node);
  const { key } = describe;
  const keyed = items.map((item) => ({ item, key: key(item) }));
  const start = wanted.after ? firstAfter(keyed, readCursor(wanted.after), describe) : 0;
  const edges = keyed.slice(start, start + size).map(({ item, key }) => ({
    cursor: writeCursor(key),
    node: describe.node(item),
  }));
  return connectionOf(edges, { before: start > 0, after: start + size < keyed.length });
}

/** A page of a list that keeps its order: nothing but the page is looked at, however long the list. */
function pageByPosition<Item, Node>(
  items: readonly Item[],
  wanted: { readonly size: number; readonly after?: string | null },
  nodeOf: (item: Item) => Node,
) {
  const start = wanted.after ? (readCursor(wanted.after)[0] ?? 0) + 1 : 0;
  const edges = items.slice(start, start + wanted.size).map((item, index) => ({
    cursor: writeCursor([start + index]),
    node: nodeOf(item),
  }));
  return connectionOf(edges, { before: start > 0, after: start + wanted.size < items.length });
}

function connectionOf<Node>(
  edges: readonly { readonly cursor: string; readonly node: Node }[],
  more: { readonly before: boolean; readonly after: boolean },
) {
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasPreviousPage: more.before,
      hasNextPage: more.after,
    },
  };
}

/** Ascending order of sort keys. */
export function compareKeys(left: SortKey, right: SortKey): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function pageSizeOf(first: number | null | undefined): number {
  if (first === null || first === undefined) {
    throw refused("you must provide one of first or last");
  }
  if (first < 1 || first > pageSizeMax) {
    throw refused(`first must be between 1 and ${String(pageSizeMax)}`);
  }
  return first;
}

function firstAfter(
  keyed: readonly { readonly key: SortKey }[],
  cursor: SortKey,
  order: { readonly descending?: boolean },
): number {
  const sign = order.descending === true ? -1 : 1;
  const index = keyed.findIndex(({ key }) => compareKeys(key, cursor) * sign > 0);
  return index < 0 ? keyed.length : index;
}

const writeCursor = (key: SortKey) => Buffer.from(JSON.stringify(key)).toString("base64url");

function readCursor(cursor: string): SortKey {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(key) && key.every((part) => typeof part === "number")) return key;
  } catch {
    // Falls through to the refusal.
  }
  throw refused(`Invalid cursor for current pagination sort: ${cursor}`);
}

function refused(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_REQUEST" } });
}
