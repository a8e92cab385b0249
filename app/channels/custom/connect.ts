import {
  ChannelFault,
  type ChannelConnect,
  type ConnectContext,
  type ConnectedAccount,
} from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { announcedLimits, announcedPowers } from "./announced.ts";
import { accountIdOf, baseAddressOf } from "./base-address.ts";
import { createClient, type CustomClient } from "./client.ts";
import { neededPowers, ratePerSecondDefault, type CustomApp, type ServerPower } from "./config.ts";
import { keyOfSecret } from "./signature.ts";
import type { WireServer } from "./wire.ts";

/** The protocol that is spoken here. */
const protocol = 1;
/** Longest name shown. */
const nameCharsMax = 60;

/**
 * The address and the secret are the whole sign-in. Both sides have to know the secret before the first call, and a
 * form that shows one we made could be read once only: the merchant makes it, where the server's configuration is.
 */
export const customConnect: ChannelConnect<CustomApp> = {
  fields: [
    {
      name: "baseUrl",
      label: "Address of your server",
      kind: "url",
      help: "Where it answers Lockstep's calls, for example https://pos.example.com/lockstep.",
    },
    {
      name: "secret",
      label: "Secret",
      kind: "secret",
      help: "The one in your server's configuration: whsec_ and 32 random bytes in base64 (openssl rand -base64 32).",
    },
    {
      name: "name",
      label: "Name",
      kind: "text",
      help: "How it is called here; left out, its own name is used.",
      optional: true,
    },
  ],

  async complete({ values }, context) {
    const baseUrl = baseAddressOf(values["baseUrl"] ?? "");
    if (baseUrl === null) throw rejection(badAddress);
    const secret = (values["secret"] ?? "").trim();
    if (keyOfSecret(secret) === null) throw rejection(badSecret);
    const { http, now } = context;
    const client = createClient({
      ...{ http, now, baseUrl, secret },
      ratePerSecond: ratePerSecondDefault,
    });
    const server = await introduced(client, context);
    const powers = announcedPowers(server);
    requireEnough(server, powers);
    await requireLock(client, context);
    const accountId = accountIdOf(baseUrl);
    const name = (values["name"]?.trim() || server.name?.trim() || "Custom").slice(0, nameCharsMax);
    const account: ConnectedAccount = {
      accountId,
      marketplace: "",
      label: `${name}, ${accountId}`,
      settings: { baseUrl, powers, ...announcedLimits(server) },
      secrets: { secret },
      warnings: warningsOf(powers),
    };
    return [account];
  },
};

const badAddress =
  "This address cannot be used. It begins with https:// and has no query, for example https://pos.example.com/lockstep.";
const badSecret =
  'This is no secret of the right kind. It is the text "whsec_" and the base64 of 24 to 64 random bytes.';

function rejection(message: string): ChannelFault {
  return new ChannelFault({ kind: "rejected", message });
}

/** @throws ChannelFault in words for the merchant */
async function introduced(
  client: CustomClient,
  { signal }: ConnectContext<CustomApp>,
): Promise<WireServer> {
  const answer = await client.readServer(signal);
  if (answer.ok) return answer.value;
  throw new ChannelFault(ofSignIn(answer.fault));
}

/** Before there is a connection the same words mean something else. */
function ofSignIn(fault: Fault): Fault {
  const [, said] = fault.message.split(" It said: ");
  const words = said === undefined ? "" : ` It said: ${said}`;
  if (fault.kind === "revoked") {
    return {
      ...fault,
      kind: "rejected",
      message: `Your server does not accept this secret.${words}`,
    };
  }
  if (fault.code === "clock") {
    const message = `Your server's clock and ours are more than five minutes apart; set its clock.${words}`;
    return { ...fault, kind: "rejected", message };
  }
  if (fault.code !== "404" && fault.kind !== "unsupported") return fault;
  const message = `Nothing at this address answers GET / as the protocol says.${words}`;
  return { ...fault, kind: "rejected", message };
}

function requireEnough(server: WireServer, powers: readonly ServerPower[]): void {
  if (server.protocol !== protocol) {
    throw rejection(
      `Your server speaks version ${String(server.protocol)} of the protocol; Lockstep speaks version ${String(protocol)}.`,
    );
  }
  const lacking = neededPowers.filter((power) => !powers.includes(power));
  if (lacking.length === 0) return;
  const names = lacking.map((power) => `"${power}"`).join(" and ");
  throw rejection(`Your server does not announce ${names}: without it there is nothing to sync.`);
}

/** A server that does not look at signatures takes numbers from anybody. */
async function requireLock(
  client: CustomClient,
  { signal }: ConnectContext<CustomApp>,
): Promise<void> {
  const open = await client.letsStrangersIn(signal);
  if (!open.ok) throw new ChannelFault(open.fault);
  if (open.value) {
    throw rejection(
      "Your server answered a call that was signed with a wrong secret: anybody could change your stock. It has to answer 401.",
    );
  }
}

function warningsOf(powers: readonly ServerPower[]): string[] {
  const has = (power: ServerPower) => powers.includes(power);
  if (has("orders")) {
    return has("events")
      ? []
      : ["Your server announces no events: its orders are found every few minutes only."];
  }
  return has("events")
    ? ["Your server lists no orders: one whose event is lost is never seen."]
    : ["Your server gives no orders: what is sold there is not taken from your stock."];
}
