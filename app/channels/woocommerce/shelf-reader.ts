import type { Fault } from "#app/domain/propagation/faults.ts";
import { noRouteCode, type Answer, type WooCall, type WooClient } from "./client.ts";
import {
  product,
  productFieldNames,
  rowsOf,
  variation,
  variationFieldNames,
  type Row,
  type WooProduct,
  type WooVariation,
} from "./wire.ts";

/** Rows of one page (specs/channel-limits.json). */
export const pageRowsMax = 100;

/** One page of a list. */
export interface PageOf<Value> {
  readonly rows: readonly Row<Value>[];
  /** Rows of all pages, where the shop tells. */
  readonly total: number | null;
}

export type ListAnswer<Value> =
  ({ readonly ok: true } & PageOf<Value>) | { readonly ok: false; readonly fault: Fault };

/** Reads products and their variations, the latter in one list where the shop can (WooCommerce 10.3). */
export class ShelfReader {
  readonly #client: WooClient;
  /** False once the shop said that it has no list of all variations. */
  #isOneList = true;

  constructor(client: WooClient) {
    this.#client = client;
  }

  /** Whether variations of several products come in one list, as far as is known. */
  get isOneList(): boolean {
    return this.#isOneList;
  }

  /** These products; one that is not there (or in the bin) is left out. @param ids at most `pageRowsMax` */
  productsById(ids: readonly string[], signal: AbortSignal): Promise<ListAnswer<WooProduct>> {
    return this.#products({ include: ids.join(",") }, signal);
  }

  /** All products by id, from a position on. */
  productsFrom(offset: number, signal: AbortSignal): Promise<ListAnswer<WooProduct>> {
    const query = { offset: String(offset), orderby: "id", order: "asc" };
    return this.#products(query, signal);
  }

  /**
   * Variations of these products by id, from a position on; only `ids` of them where they are named. Of several
   * products only where `isOneList`: where that turns out to be wrong, the answer is null and nothing was read.
   */
  async variations(
    wanted: {
      readonly parentIds: readonly string[];
      readonly ids?: readonly string[];
      readonly offset?: number;
    },
    signal: AbortSignal,
  ): Promise<ListAnswer<WooVariation> | null> {
    const { parentIds, ids, offset = 0 } = wanted;
    const [first = ""] = parentIds;
    const isTogether = this.#isOneList;
    const query: Record<string, string> = {
      offset: String(offset),
      orderby: "id",
      order: "asc",
      per_page: String(pageRowsMax),
      _fields: variationFieldNames,
    };
    if (ids) query["include"] = ids.join(",");
    else if (isTogether) query["parent"] = parentIds.join(",");
    const call: WooCall = isTogether
      ? { method: "GET", path: "/wc/v3/variations", query, optional: true }
      : { method: "GET", path: `/wc/v3/products/${first}/variations`, query };
    const answer = await this.#client.call(call, rowsOf(variation), signal);
    if (isTogether && !answer.ok && answer.fault.code === noRouteCode) {
      this.#isOneList = false;
      return null;
    }
    return listed(answer);
  }

  async #products(
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<ListAnswer<WooProduct>> {
    const call = {
      method: "GET" as const,
      path: "/wc/v3/products",
      query: { ...query, status: "any", per_page: String(pageRowsMax), _fields: productFieldNames },
    };
    return listed(await this.#client.call(call, rowsOf(product), signal));
  }
}

function listed<Value>(answer: Answer<readonly Row<Value>[]>): ListAnswer<Value> {
  return answer.ok ? { ok: true, rows: answer.value, total: answer.total } : answer;
}

/** The id of a row, whether it can be read or not. */
export function rowId(row: Row<{ readonly id: string }>): string {
  return row.ok ? row.value.id : row.id;
}
