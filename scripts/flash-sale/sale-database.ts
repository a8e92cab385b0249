import pg from "pg";
import type { ChannelId } from "./options.ts";
import type { EntryRecord, ListingRecord, OrderRecord, PushRecord } from "./trace.ts";

/** Where the ledger and the stock stood when the sale began. */
export interface Start {
  readonly shopId: string;
  readonly headSeq: number;
  /** The database's clock, ms since the epoch. */
  readonly atMs: number;
  readonly orders: number;
}

export interface Standing {
  /** Events stored and not dealt with. */
  readonly waitingEvents: number;
  /** Pushes on their way, and listings whose retry is due or planned. */
  readonly unsettled: number;
  readonly headSeq: number;
  /** Orders that became known since the start. */
  readonly orders: number;
  /** Ledger entries each connection has yet to look at. */
  readonly behind: readonly { readonly channel: ChannelId; readonly entries: number }[];
}

export interface LedgerCheck {
  /** Levels that are not the sum of their entries. */
  readonly unexplainedLevels: number;
  /** Levels below zero, or entries that left one below zero. */
  readonly negativeLevels: number;
  /** Every number from 1 to the head is there once. */
  readonly gapless: boolean;
}

/** Reads Lockstep's database beside Lockstep, for reports: plain SQL, no code of the app's. */
export class SaleDatabase {
  readonly #client: pg.Client;
  #start: Start | undefined;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(databaseUrl: string, shop: string): Promise<SaleDatabase> {
    const client = new pg.Client({ connectionString: databaseUrl });
    // A restarted database ends the connection; the next query says so.
    client.on("error", () => undefined);
    await client.connect();
    const database = new SaleDatabase(client);
    const [start] = await database.#rows<Start>(
      `SELECT s.id AS "shopId", h.seq::float8 AS "headSeq",
         extract(epoch FROM clock_timestamp())::float8 * 1000 AS "atMs",
         (SELECT count(*) FROM "order" o WHERE o.shop_id = s.id)::int AS orders
       FROM shop s JOIN ledger_head h ON h.shop_id = s.id WHERE s.domain = $1`,
      [shop],
    );
    if (!start) throw new Error(`there is no shop ${shop} in this database`);
    database.#start = start;
    return database;
  }

  get start(): Start {
    if (!this.#start) throw new Error("not open");
    return this.#start;
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  /** Units available of every SKU, most first. */
  async stock(): Promise<{ sku: string; units: number }[]> {
    return await this.#rows(
      `SELECT k.code AS sku, sum(l.on_hand - l.committed)::int AS units
       FROM sku k JOIN stock_level l ON l.shop_id = k.shop_id AND l.sku_id = k.id
       WHERE k.shop_id = $1 GROUP BY k.code ORDER BY units DESC, k.code`,
      [this.start.shopId],
    );
  }

  async standing(): Promise<Standing> {
    const { shopId, orders } = this.start;
    const [row] = await this.#rows<Omit<Standing, "behind">>(
      `SELECT
         (SELECT count(*) FROM inbound_event WHERE shop_id = $1 AND status IN ('ready', 'hint'))::int
           AS "waitingEvents",
         (SELECT count(*) FROM push WHERE shop_id = $1 AND outcome = 'sending')::int +
         (SELECT count(*) FROM listing WHERE shop_id = $1 AND next_attempt_at IS NOT NULL)::int
           AS unsettled,
         (SELECT seq FROM ledger_head WHERE shop_id = $1)::float8 AS "headSeq",
         (SELECT count(*) FROM "order" WHERE shop_id = $1)::int - $2::int AS orders`,
      [shopId, orders],
    );
    const behind = await this.#rows<Standing["behind"][number]>(
      `SELECT c.channel, (h.seq - c.offset_seq)::int AS entries
       FROM connection c JOIN ledger_head h ON h.shop_id = c.shop_id
       WHERE c.shop_id = $1 ORDER BY c.created_at`,
      [shopId],
    );
    if (!row) throw new Error("the shop is gone");
    return { ...row, behind };
  }

  /** What every channel should show of every SKU: its listings' sellable, added up. */
  async sellable(): Promise<{ channel: ChannelId; sku: string; units: number }[]> {
    return await this.#rows(
      `SELECT c.channel, k.code AS sku, sum(least(99999, greatest(0, pool.units - k.safety_stock)))::int AS units
       FROM listing l
       JOIN connection c ON c.shop_id = l.shop_id AND c.id = l.connection_id
       JOIN sku k ON k.shop_id = l.shop_id AND k.id = l.sku_id
       CROSS JOIN LATERAL (
         SELECT coalesce(sum(greatest(0, v.on_hand - v.committed)), 0) AS units FROM stock_level v
         WHERE v.shop_id = l.shop_id AND v.sku_id = l.sku_id
           AND (l.location_id IS NULL OR v.location_id = l.location_id)) AS pool
       WHERE l.shop_id = $1 GROUP BY c.channel, k.code`,
      [this.start.shopId],
    );
  }

  async orders(): Promise<OrderRecord[]> {
    return await this.#rows(
      `SELECT c.channel, o.order_id AS "orderId", coalesce(sum(l.quantity), 0)::int AS quantity,
         coalesce(sum(a.units), 0)::int AS allocated, coalesce(sum(l.oversold), 0)::int AS oversold,
         coalesce(bool_and(a.units + l.oversold = l.quantity), false) AS whole
       FROM "order" o
       JOIN connection c ON c.shop_id = o.shop_id AND c.id = o.connection_id
       LEFT JOIN order_line l ON l.shop_id = o.shop_id AND l.connection_id = o.connection_id
         AND l.order_id = o.order_id
       LEFT JOIN LATERAL (SELECT coalesce(sum((value ->> 'units')::int), 0) AS units
         FROM jsonb_each(l.allocations)) AS a ON true
       WHERE o.shop_id = $1 GROUP BY c.channel, o.order_id`,
      [this.start.shopId],
    );
  }

  async entries(): Promise<EntryRecord[]> {
    return await this.#rows(
      `SELECT e.seq::float8 AS seq, k.code AS sku, e.kind,
         e.on_hand_delta - e.committed_delta AS "availableDelta", e.committed_delta AS "committedDelta",
         e.channel, e.order_id AS "orderId",
         extract(epoch FROM e.received_at)::float8 * 1000 AS "receivedAtMs",
         extract(epoch FROM e.recorded_at)::float8 * 1000 AS "recordedAtMs"
       FROM ledger_entry e JOIN sku k ON k.shop_id = e.shop_id AND k.id = e.sku_id
       WHERE e.shop_id = $1 AND e.seq > $2 ORDER BY e.seq`,
      [this.start.shopId, this.start.headSeq],
    );
  }

  async pushes(): Promise<PushRecord[]> {
    return await this.#rows(
      `SELECT p.listing_id AS "listingId", c.channel, p.from_seq::float8 AS "fromSeq",
         p.to_seq::float8 AS "toSeq", p.quantity, p.outcome, p.fault_kind AS "faultKind",
         extract(epoch FROM p.sent_at)::float8 * 1000 AS "sentAtMs",
         extract(epoch FROM p.answered_at)::float8 * 1000 AS "answeredAtMs"
       FROM push p JOIN connection c ON c.shop_id = p.shop_id AND c.id = p.connection_id
       WHERE p.shop_id = $1 AND p.sent_at >= to_timestamp($2::float8 / 1000)`,
      [this.start.shopId, this.start.atMs],
    );
  }

  async listings(): Promise<ListingRecord[]> {
    return await this.#rows(
      `SELECT l.id AS "listingId", c.channel, k.code AS sku
       FROM listing l
       JOIN connection c ON c.shop_id = l.shop_id AND c.id = l.connection_id
       JOIN sku k ON k.shop_id = l.shop_id AND k.id = l.sku_id
       WHERE l.shop_id = $1`,
      [this.start.shopId],
    );
  }

  /** Dead letters since the start, with the reason of each. */
  async deadLetters(): Promise<string[]> {
    const rows = await this.#rows<{ reason: string }>(
      `SELECT subject || ': ' || reason AS reason FROM dead_letter
       WHERE shop_id = $1 AND created_at >= to_timestamp($2::float8 / 1000)`,
      [this.start.shopId, this.start.atMs],
    );
    return rows.map(({ reason }) => reason);
  }

  /** Checks every level and number of the shop, not only the sale's. */
  async checkLedger(): Promise<LedgerCheck> {
    const [row] = await this.#rows<LedgerCheck>(
      `WITH sums AS (
         SELECT sku_id, location_id, sum(on_hand_delta) AS on_hand, sum(committed_delta) AS committed,
           count(*) AS entries, count(*) FILTER (WHERE on_hand_after < 0 OR committed_after < 0
             OR on_hand_after < committed_after) AS negative
         FROM ledger_entry WHERE shop_id = $1 GROUP BY sku_id, location_id
       ), levels AS (
         SELECT sku_id, location_id, l.on_hand, l.committed, l.version, s.on_hand AS sum_on_hand,
           s.committed AS sum_committed, s.entries, coalesce(s.negative, 0) AS negative
         FROM (SELECT * FROM stock_level WHERE shop_id = $1) l
         FULL JOIN sums s USING (sku_id, location_id)
       )
       SELECT
         count(*) FILTER (WHERE (on_hand, committed, version) IS DISTINCT FROM
           (coalesce(sum_on_hand, 0), coalesce(sum_committed, 0), coalesce(entries, 0)))::int
           AS "unexplainedLevels",
         count(*) FILTER (WHERE on_hand < committed OR on_hand < 0 OR committed < 0 OR negative > 0)::int
           AS "negativeLevels",
         (SELECT h.seq = count(e.seq) AND h.seq = coalesce(max(e.seq), 0) AND coalesce(min(e.seq), 1) = 1
          FROM ledger_head h LEFT JOIN ledger_entry e ON e.shop_id = h.shop_id
          WHERE h.shop_id = $1 GROUP BY h.seq) AS gapless
       FROM levels`,
      [this.start.shopId],
    );
    if (!row) throw new Error("the ledger cannot be read");
    return row;
  }

  async #rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    const { rows } = await this.#client.query(text, values);
    return rows as Row[];
  }
}
