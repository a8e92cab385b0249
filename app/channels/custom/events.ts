import type { ChannelSession, EventSetup } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { CustomClient } from "./client.ts";
import type { CustomContext } from "./context.ts";
import { announcedPowers } from "./announced.ts";
import { keyOfDoor, secretOfKey } from "./signature.ts";

/** What we ask to be told. */
export const eventTypes = [
  "order.changed",
  "quantity.changed",
  "return.changed",
  "connection.revoked",
] as const;

/** Tells the server where its events go and what they are signed with. */
export function eventsOf(
  { settings }: CustomContext,
  client: CustomClient,
): Required<Pick<ChannelSession, "setUpEvents">> {
  return {
    async setUpEvents(door, signal): Promise<EventSetup> {
      const secret = secretOfKey(keyOfDoor(door));
      const wanted = { url: door.url, secret, types: eventTypes };
      const answer = await client.putWebhook(wanted, signal);
      if (!answer.ok) return answer;
      const { url, types } = answer.value;
      if (url !== door.url) return { ok: false, fault: elsewhere };
      const server = await client.readServer(signal);
      if (!server.ok) return server;
      const todo = newPowersTodo(settings.powers, announcedPowers(server.value));
      const topics = eventTypes.filter((type) => types.includes(type));
      return { ok: true, topics, ...(todo !== null && { todo }) };
    },
  };
}

const elsewhere: Fault = {
  kind: "unexpected",
  message: "Your server confirmed another webhook address than the one it was given.",
};

/** What a server can do was settled when it was connected; a person has to look at what changed since. */
function newPowersTodo(known: readonly string[], announced: readonly string[]): string | null {
  const more = announced.filter((power) => !known.includes(power));
  const less = known.filter((power) => !announced.includes(power));
  if (more.length + less.length === 0) return null;
  const changes = [
    ...more.map((power) => `it now offers "${power}"`),
    ...less.map((power) => `it no longer offers "${power}"`),
  ];
  return `What your server can do has changed (${changes.join(", ")}): connect it again to use that.`;
}
