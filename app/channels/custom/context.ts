import type { ChannelContext } from "#app/channels/contract.ts";
import type { CustomApp, CustomSecrets, CustomSettings } from "./config.ts";

/** What a connection's parts work with. */
export type CustomContext = ChannelContext<CustomApp, CustomSettings, CustomSecrets>;
