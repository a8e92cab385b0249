import type { Channel, ChannelContext, ChannelSession } from "./contract.ts";

/** What a channel can do: the names of the methods its session has. */
export type Power = keyof ChannelSession;

/** What is needed to open a channel that calls nobody. */
export interface OpeningMeans {
  /** Environment variables for `Channel.app`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly settings: unknown;
  readonly secrets: unknown;
}

/**
 * The powers of a channel, read off the session it opens (a second list of them would be a second truth). Makes no
 * call.
 * @throws ZodError when the means do not fit the channel's schemas
 */
export function powersOf(channel: Channel, means: OpeningMeans): ReadonlySet<Power> {
  const nobody = () => Promise.reject(new Error("this session calls nobody"));
  const context: ChannelContext<unknown, unknown, unknown> = {
    shopDomain: "powers.myshopify.com",
    accountId: means.accountId,
    app: channel.app.parse(means.variables),
    settings: channel.settings.parse(means.settings),
    secrets: channel.secrets.parse(means.secrets),
    http: { send: nobody },
    tokens: { accessToken: nobody, discard: nobody },
    now: () => new Date(),
  };
  const session = channel.open(context);
  const names = Object.keys(session) as Power[];
  return new Set(names.filter((name) => session[name] !== undefined));
}
