import { eventSetupEveryMs, type Channel } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import { claimDueEventSetups, type DueConnection } from "#app/db/due-connection.repo.ts";
import { logger } from "#app/lib/logger.ts";
import { eventDoorOf, webhookUrlOf } from "./event-door.ts";
import { isConnectionTrouble, openSession } from "./open-session.ts";
import { pauseForFault } from "./pause-for-fault.ts";

/** How often somebody looks whether a connection's subscriptions are due to be looked after. */
export const eventSetupLookEveryMs = 10_000;
const callMsMax = 60_000;

/** Looks after the subscriptions that are due: platforms switch them off without a word. */
export async function setUpDueEvents(): Promise<void> {
  const due = await claimDueEventSetups(db(), eventSetupEveryMs);
  await Promise.all(due.map(setUpSafely));
}

async function setUpSafely(due: DueConnection): Promise<void> {
  try {
    await setUpConnectionEvents(due.shopId, due.connectionId);
  } catch (error) {
    const err = isConnectionTrouble(error) ? undefined : error;
    logger.warn({ ...due, err }, "subscriptions could not be set up");
  }
}

/** Asks the platform to tell us about this connection's changes; what came of it stands at the connection. */
export async function setUpConnectionEvents(shopId: string, connectionId: string): Promise<void> {
  const { channel, session } = await openSession(shopId, connectionId);
  if (!session.setUpEvents) return;
  const setup = await session.setUpEvents(
    doorOf(channel, connectionId),
    AbortSignal.timeout(callMsMax),
  );
  const where = { shopId_id: { shopId, id: connectionId } };
  if (setup.ok) {
    await db().connection.update({
      where,
      data: { eventTopics: [...setup.topics], eventTodo: setup.todo ?? null },
    });
    return;
  }
  if (setup.fault.kind === "revoked")
    await pauseForFault({ shopId, connectionId }, setup.fault.message);
  // Orders still come in by polling.
  const eventTodo = `${channel.label} does not tell us about changes: ${setup.fault.message}`;
  await db().connection.update({ where, data: { eventTodo } });
  logger.warn({ shopId, connectionId, fault: setup.fault }, "subscriptions could not be set up");
}

function doorOf(channel: Channel, connectionId: string) {
  const own = eventDoorOf(channel.id, connectionId);
  return channel.webhooks?.addressing === "app"
    ? { ...own, url: webhookUrlOf(channel.id, null) }
    : own;
}
