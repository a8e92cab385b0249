import { channelById } from "#app/channels/registry.ts";
import { db } from "#app/db/client.server.ts";
import { previewGoLive, type GoLivePreview } from "#app/services/connect/go-live.ts";
import { findListedConnection, type ListedConnection } from "./list-channels.ts";
import { isConnectionTrouble, openSession } from "./open-session.ts";

/** Lines of a preview on the page. */
const previewLinesMax = 20;

/** One connection, as its page shows it. */
export interface ConnectionPage extends ListedConnection {
  readonly channelLabel: string;
  readonly accountId: string;
  readonly marketplace: string;
  /** Whether a merchant connects and disconnects it here; Shopify's own comes and goes with the app. */
  readonly canDisconnect: boolean;
  /** Whether its listings can be taken down and put back. */
  readonly canEnd: boolean;
  readonly atZero: "zero" | "end";
  readonly eventTopics: readonly string[];
  readonly eventTodo: string | null;
  readonly health: AccountStanding | null;
  /** What going live would change; null unless it is in review. */
  readonly preview: GoLivePreview | null;
}

export interface AccountStanding {
  readonly standing: "good" | "at-risk" | "bad";
  readonly asOf: string | null;
  readonly metrics: readonly {
    readonly name: string;
    readonly label: string;
    readonly value: number;
    readonly unit: "share" | "count";
    readonly limit: number | null;
  }[];
}

/** @returns null when the shop has no such connection */
export async function readConnectionPage(
  shopId: string,
  connectionId: string,
): Promise<ConnectionPage | null> {
  const row = await db().connection.findUnique({
    where: { shopId_id: { shopId, id: connectionId } },
  });
  const listed = await findListedConnection(shopId, connectionId);
  if (!row || !listed) return null;
  const { label: channelLabel, connect } = channelById(row.channel);
  const { accountId, marketplace, eventTopics, eventTodo } = row;
  const isReview = row.status === "review";
  return {
    ...listed,
    ...{ channelLabel, accountId, marketplace, eventTopics, eventTodo },
    canDisconnect: connect !== undefined,
    canEnd: await canEndListings(shopId, connectionId),
    atZero: row.atZero === "end" ? "end" : "zero",
    health: row.health as AccountStanding | null,
    preview: isReview ? await previewGoLive(shopId, connectionId, previewLinesMax) : null,
  };
}

async function canEndListings(shopId: string, connectionId: string): Promise<boolean> {
  try {
    return (await openSession(shopId, connectionId)).session.endListings !== undefined;
  } catch (error) {
    // A connection that has to be connected again cannot end anything until then.
    if (isConnectionTrouble(error)) return false;
    throw error;
  }
}
