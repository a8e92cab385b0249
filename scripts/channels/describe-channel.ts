import type { Channel, RateLimit } from "#app/channels/contract.ts";
import type { Power } from "#app/channels/powers.ts";

/** A power as people read it, in the order of the table. */
interface Row {
  readonly power: string;
  readonly of: (channel: Channel, powers: ReadonlySet<Power>) => string;
}

const yes = "yes";
const no = "–";
const has = (power: Power) => (_channel: Channel, powers: ReadonlySet<Power>) =>
  powers.has(power) ? yes : no;

/** How a merchant signs in, in two or three words. */
function signIn({ connect }: Channel): string {
  if (!connect) return "app installation";
  if (connect.handsOver) return "key hand-over";
  return connect.authorizeUrl ? "consent page" : "keys";
}

/** How its events reach us. */
function events({ webhooks, ownQueue }: Channel, powers: ReadonlySet<Power>): string {
  const ways = [
    ...(ownQueue ? ["queue"] : []),
    ...(webhooks ? ["webhook"] : []),
    ...(powers.has("listChangedOrders") ? ["poll"] : []),
  ];
  return ways.join(" + ");
}

function writes({ push }: Channel): string {
  const most =
    push.quantityMax === undefined ? "" : `, at most ${push.quantityMax.toLocaleString("en")}`;
  const daily =
    push.perListingPerDayMax === undefined ? "" : `, ${push.perListingPerDayMax} a listing and day`;
  return `${push.mode}, ${push.batchSizeMax} a call${most}${daily}`;
}

function bulk({ push }: Channel): string {
  if (!push.bulk) return no;
  const { sizeMin, sizeMax } = push.bulk;
  return `from ${sizeMin.toLocaleString("en")}, to ${sizeMax.toLocaleString("en")} a job`;
}

/** The rows of docs/channels.md, read off the declarations. */
export const powerRows: readonly Row[] = [
  { power: "connect", of: signIn },
  { power: "import listings", of: has("listListings") },
  { power: "set quantity", of: writes },
  { power: "set quantity in bulk", of: bulk },
  { power: "set price", of: has("setPrices") },
  { power: "read back", of: has("readListings") },
  { power: "order events", of: events },
  { power: "subscribe by itself", of: has("setUpEvents") },
  { power: "fetch one order", of: has("fetchOrders") },
  { power: "send shipment", of: has("sendShipment") },
  { power: "end and relist", of: has("endListings") },
  { power: "account health", of: has("readAccountHealth") },
  {
    power: "visible after, at most",
    of: ({ visibleAfterMsMax }) => duration(visibleAfterMsMax),
  },
];

/** Rate limits of one channel, one line each: "patchListingsItem: 5 a second, burst 5". */
export function limitLines({ limits }: Channel): string[] {
  return Object.entries(limits).map(([operation, limit]) => `${operation}: ${limitWords(limit)}`);
}

function limitWords({ ratePerSecond, burst, perDay }: RateLimit): string {
  const rate =
    ratePerSecond >= 1 || ratePerSecond === 0
      ? `${trimmed(ratePerSecond)} a second`
      : `one in ${trimmed(1 / ratePerSecond)} s`;
  const day = perDay === undefined ? "" : `, ${perDay.toLocaleString("en")} a day`;
  return `${rate}, burst ${trimmed(burst)}${day}`;
}

function trimmed(value: number): string {
  return Number(value.toFixed(2)).toLocaleString("en");
}

function duration(ms: number): string {
  return ms >= 60_000 ? `${trimmed(ms / 60_000)} min` : `${trimmed(ms / 1_000)} s`;
}
