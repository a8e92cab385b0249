import { goLive } from "#app/services/connect/go-live.ts";
import { disconnect } from "#app/services/connect/disconnect.ts";
import { startImport, stopImport } from "#app/services/imports/start-import.ts";
import { setAtZero } from "#app/services/listings/pause-listings.ts";
import { isUuid } from "#app/lib/ids.ts";
import { rematchConnection } from "#app/services/matching/match-listings.ts";
import { db } from "#app/db/client.server.ts";
import { pauseByMerchant, resumeByMerchant } from "./pause-connection.ts";
import { labelCharsMax, renameConnection } from "./rename-connection.ts";

/** What came of a button on a connection's page. */
export interface Acted {
  readonly message: string;
  /** The connection is no more. */
  readonly gone?: true;
}

/** A button, with what the merchant typed beside it. */
export interface ConnectionCommand {
  readonly intent: string;
  readonly label?: unknown;
}

type Way = (shopId: string, connectionId: string, command: ConnectionCommand) => Promise<Acted>;

const ways: Readonly<Record<string, Way>> = {
  async import(shopId, id) {
    await startImport(shopId, id);
    return { message: "The listings are read again." };
  },
  async "stop-import"(shopId, id) {
    const stopped = await stopImport(shopId, id);
    return { message: stopped ? "The import is stopped; what it found stays." : "No import runs." };
  },
  async rematch(shopId, id) {
    const matched = await rematchConnection(shopId, id);
    return { message: `${matched} more listings have their SKU.` };
  },
  async "go-live"(shopId, id) {
    const live = await goLive(shopId, id);
    return { message: live ? "It is live: numbers go out now." : "It was live already." };
  },
  async pause(shopId, id) {
    const paused = await pauseByMerchant(shopId, id);
    return { message: paused ? "Paused. Changes wait until you resume." : "It is not live." };
  },
  async resume(shopId, id) {
    const resumed = await resumeByMerchant(shopId, id);
    return {
      message: resumed ? "It goes on: everything is brought up to now." : "Connect it again first.",
    };
  },
  async "at-zero-end"(shopId, id) {
    await setAtZero(shopId, id, "end");
    return { message: "Sold-out listings are ended, and put back when there is stock." };
  },
  async "at-zero-zero"(shopId, id) {
    await setAtZero(shopId, id, "zero");
    return { message: "Sold-out listings stay and show 0." };
  },
  async rename(shopId, id, { label }) {
    const name = await renameConnection(shopId, id, label);
    return {
      message:
        name === null
          ? `A name has 1 to ${labelCharsMax} characters.`
          : `It is called ${name} now.`,
    };
  },
  async disconnect(shopId, id) {
    const gone = await disconnect(shopId, id);
    return gone
      ? { message: "Disconnected.", gone: true }
      : { message: "Shopify's own connection ends when you remove the app." };
  },
};

/** Follows a button. @returns what came of it, in words; an unknown intent or connection does nothing */
export async function actOnConnection(
  shopId: string,
  connectionId: string,
  command: ConnectionCommand,
): Promise<Acted> {
  const way = Object.hasOwn(ways, command.intent) ? ways[command.intent] : undefined;
  const where = { shopId, id: connectionId };
  const known = isUuid(connectionId) && (await db().connection.count({ where })) > 0;
  if (!way || !known) return { message: "There is nothing to do." };
  return await way(shopId, connectionId, command);
}
