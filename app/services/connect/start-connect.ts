import { ChannelFault, type Channel, type ConnectField } from "#app/channels/contract.ts";
import { channelApp, channels, isConfigured } from "#app/channels/registry.ts";
import { isUuid } from "#app/lib/ids.ts";
import { ConnectRefusal } from "./connect-refusal.ts";
import { connectUrlsOf } from "./connect-urls.ts";
import { createAttempt } from "./connect-attempt.ts";
import { finishConnect, type ConnectOutcome } from "./finish-connect.ts";

/** Longest value of one field; keys of all platforms are below 500. */
const valueCharsMax = 2_000;

export type ConnectStart =
  /** Open this in a window of its own: the platform's consent page. */
  | { readonly next: "consent"; readonly url: string }
  /** The fields were the credentials: this is what they opened. */
  | { readonly next: "done"; readonly outcome: ConnectOutcome };

/**
 * Begins to connect an account.
 * @param input `connectionId`: connect this one again (same account), instead of a new one
 * @throws ConnectRefusal in words for the merchant
 */
export async function startConnect(input: {
  readonly shopId: string;
  readonly channelId: string;
  readonly values: Readonly<Record<string, string>>;
  readonly connectionId?: string;
}): Promise<ConnectStart> {
  const { channel, connect } = connectable(input.channelId);
  const values = checkedValues(channel, connect.fields, input.values);
  const { shopId } = input;
  const connectionId = checkedConnection(input.connectionId);
  const attempt = await createAttempt({ shopId, channelId: channel.id, connectionId, values });
  const { state, codeVerifier } = attempt;
  const keysGiven = connect.authorizeUrl === undefined || connect.needsNoConsent?.(values) === true;
  if (keysGiven || !connect.authorizeUrl) {
    const outcome = await finishConnect({ channelId: channel.id, state, returned: {} });
    return { next: "done", outcome };
  }
  const { redirectUrl, handOverUrl } = connectUrlsOf(channel.id);
  const request = { state, codeVerifier, values, redirectUrl, handOverUrl };
  try {
    return { next: "consent", url: connect.authorizeUrl(request, channelApp(channel.id)) };
  } catch (error) {
    if (error instanceof ChannelFault) throw new ConnectRefusal(error.fault.message);
    throw error;
  }
}

/** Whose it is, and whether it is there, is seen when the account has come back. */
function checkedConnection(given: string | undefined): string | null {
  if (given === undefined || isUuid(given)) return given ?? null;
  throw new ConnectRefusal("There is no such connection to connect again.");
}

function connectable(channelId: string) {
  const channel = channels.find(({ id }) => id === channelId);
  const { connect } = channel ?? {};
  if (!channel || !connect) throw new ConnectRefusal("This channel cannot be connected here.");
  if (isConfigured(channel.id)) return { channel, connect };
  throw new ConnectRefusal(
    `${channel.label} is not set up on this installation: its app credentials are missing.`,
  );
}

function checkedValues(
  channel: Channel,
  fields: readonly ConnectField[],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const field of fields) {
    const value = (given[field.name] ?? "").trim();
    if (value === "" && !field.optional) {
      throw new ConnectRefusal(`${field.label} is needed to connect ${channel.label}.`, field.name);
    }
    if (value.length > valueCharsMax) {
      throw new ConnectRefusal(`${field.label} is too long.`, field.name);
    }
    const isChoice = field.kind === "choice" && value !== "";
    if (isChoice && !field.options?.some((option) => option.value === value)) {
      throw new ConnectRefusal(`${field.label}: choose one of the list.`, field.name);
    }
    if (value !== "") checked[field.name] = value;
  }
  return checked;
}
