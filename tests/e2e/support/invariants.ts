import type { Installation } from "./installation.ts";
import { channelIds } from "./sandbox-client.ts";
import { until } from "./until.ts";

/** Channels have to show the truth again this long after the last order, whatever happened. */
const convergedWithinMs = 60_000;

interface Count extends Record<string, unknown> {
  readonly found: number;
}

/** DESIGN 3 as questions whose answer has to be 0. */
const mustBeZero: Readonly<Record<string, string>> = {
  "levels below zero": `select count(*)::int as found from stock_level
    where on_hand - committed < 0 or on_hand < 0 or committed < 0`,
  "ledger entries that leave a level below zero": `select count(*)::int as found from ledger_entry
    where on_hand_after - committed_after < 0 or on_hand_after < 0 or committed_after < 0`,
  "levels that are not the sum of their entries": `select count(*)::int as found from stock_level l
    left join (select shop_id, sku_id, location_id, sum(on_hand_delta) as on_hand,
                      sum(committed_delta) as committed
               from ledger_entry group by 1, 2, 3) e using (shop_id, sku_id, location_id)
    where l.on_hand <> coalesce(e.on_hand, 0) or l.committed <> coalesce(e.committed, 0)`,
  "ledgers with a gap": `select count(*)::int as found from ledger_head h
    where h.seq <> (select count(*) from ledger_entry e where e.shop_id = h.shop_id)
       or h.seq <> (select coalesce(max(seq), 0) from ledger_entry e where e.shop_id = h.shop_id)`,
  "events that are not dealt with": `select count(*)::int as found from inbound_event
    where status not in ('done', 'ignored')`,
  "dead letters": `select count(*)::int as found from dead_letter`,
};

async function brokenCounts({ query }: Installation): Promise<string[]> {
  const broken: string[] = [];
  for (const [name, sql] of Object.entries(mustBeZero)) {
    const [row] = await query<Count>(sql);
    if (row?.found !== 0) broken.push(`${String(row?.found)} ${name}`);
  }
  return broken;
}

interface OrderRow extends Record<string, unknown> {
  readonly channel: string;
  readonly orderId: string;
  readonly quantity: number;
  readonly oversold: number;
  /** Units that the ledger took for it. */
  readonly taken: number;
  readonly lines: number;
}

/** Every order the platforms accepted is here exactly once, with the ledger units it is worth. */
async function brokenOrders({ query, sandbox }: Installation): Promise<string[]> {
  const rows = await query<OrderRow>(`
    select c.channel, l.order_id as "orderId", sum(l.quantity)::int as quantity,
           sum(l.oversold)::int as oversold, count(*)::int as lines,
           coalesce((select sum(e.committed_delta) from ledger_entry e
             where e.shop_id = c.shop_id and e.connection_id = c.id and e.order_id = l.order_id), 0)::int as taken
    from order_line l join connection c on c.shop_id = l.shop_id and c.id = l.connection_id
    group by c.shop_id, c.id, c.channel, l.order_id`);
  const known = new Map(rows.map((row) => [`${row.channel} ${row.orderId}`, row]));
  const placed = await sandbox.orders();
  const broken = placed.flatMap(({ channel, orderId, quantity }) => {
    const name = `${channel} ${orderId}`;
    const row = known.get(name);
    if (!row) return [`order ${name} is lost`];
    const same = row.lines === 1 && row.quantity === quantity;
    if (same && row.taken === quantity - row.oversold) return [];
    return [`order ${name} of ${quantity}: ${JSON.stringify(row)}`];
  });
  if (known.size > placed.length) broken.push(`${known.size - placed.length} orders nobody placed`);
  return broken;
}

/** Every platform shows what the app says can be sold, and that is the stock less what was sold. */
async function brokenNumbers(
  { api, sandbox }: Installation,
  stock: number,
  skus: readonly string[],
): Promise<string[]> {
  const [shown, placed] = await Promise.all([sandbox.shown(...skus), sandbox.orders()]);
  const broken: string[] = [];
  for (const code of skus) {
    const sku = await api.sku(code);
    const ordered = placed
      .filter((order) => order.sku === code)
      .reduce((sum, { quantity }) => sum + quantity, 0);
    const left = stock - ordered + sku.oversold;
    if (sku.available !== left) {
      broken.push(
        `${code}: ${sku.available} available; ${stock} - ${ordered} + ${sku.oversold} oversold are left`,
      );
    }
    for (const channel of channelIds) {
      const number = shown[code]?.[channel];
      if (number !== sku.available) {
        broken.push(`${code}: ${channel} shows ${String(number)} instead of ${sku.available}`);
      }
    }
  }
  return broken;
}

async function pendingDeliveries({ sandbox }: Installation): Promise<string[]> {
  return Object.entries(await sandbox.stats())
    .filter(([, { webhooksPending }]) => webhooksPending > 0)
    .map(
      ([channel, { webhooksPending }]) => `${webhooksPending} events of ${channel} are under way`,
    );
}

/** What the shop began with. */
interface Opening {
  /** Units of each SKU. */
  readonly stock: number;
  readonly skus: readonly string[];
}

/**
 * Every invariant of DESIGN 3 that does not hold now, in words, seen from outside: the platforms' own
 * numbers, the API and the tables.
 */
export async function brokenInvariants(
  installation: Installation,
  { stock, skus }: Opening,
): Promise<string[]> {
  const parts = [pendingDeliveries, brokenCounts, brokenOrders] as const;
  const broken = await Promise.all(parts.map((look) => look(installation)));
  const numbers = await brokenNumbers(installation, stock, skus).catch((error: unknown) => [
    // Web may be down at this moment: that is what the test is about.
    `the API does not answer: ${String(error)}`,
  ]);
  return [...broken.flat(), ...numbers];
}

/** Waits until the sale is over everywhere and every invariant holds. @returns ms it took */
export async function untilInStep(installation: Installation, opening: Opening): Promise<number> {
  return await until(convergedWithinMs, () => brokenInvariants(installation, opening));
}

/** SKUs that have nothing left: the sale's demand was larger than the stock. */
export async function soldOut({ api }: Installation, skus: readonly string[]): Promise<string[]> {
  const found = await Promise.all(skus.map((code) => api.sku(code)));
  return found.filter(({ available }) => available === 0).map(({ sku }) => sku);
}

/** The longest that a sale waited between our door and the ledger, in ms: how long the trouble was felt. */
export async function longestWaitMs({ query }: Installation): Promise<number> {
  const [row] = await query<{ ms: number }>(`
    select round(extract(epoch from max(recorded_at - received_at)) * 1000)::int as ms
    from ledger_entry where kind = 'sale'`);
  return row?.ms ?? 0;
}
