import { z } from "zod";
import { baseAddressOf } from "./base-address.ts";
import { keyOfSecret } from "./signature.ts";

/** Every merchant's server is its own platform: the app holds no credentials for all of them. */
export const customApp = z.object({});

/** What a server may be able to do, as it announces it at `GET /` (docs/custom-channel.md, "Powers"). */
export const powerNames = [
  "quantities",
  "listings",
  "prices",
  "states",
  "orders",
  "shipments",
  "events",
] as const;
export type ServerPower = (typeof powerNames)[number];
/** Without these there is nothing to keep true: a server that lacks one is not connected. */
export const neededPowers: readonly ServerPower[] = ["quantities", "listings"];

/** The quickest pace that a server can announce; the bucket of `Channel.limits` holds two seconds' worth of it. */
export const ratePerSecondMax = 100;
/** The slowest one: of it the bucket still holds one call. */
export const ratePerSecondMin = 0.5;
/** The pace of a server that announces none. */
export const ratePerSecondDefault = 10;
/** Rows in one call; a server may announce fewer. */
export const batchMax = 100;

/** Per connection: what the server announced when it was connected. Connecting again brings it up to date. */
export const customSettings = z.object({
  /** "https://pos.example.com/lockstep" */
  baseUrl: z
    .string()
    .refine((text) => baseAddressOf(text) !== null, "must be an https address")
    .transform((text) => baseAddressOf(text) ?? text),
  /** They decide which methods the connection's session has. */
  powers: z.array(z.enum(powerNames)),
  ratePerSecond: z
    .number()
    .min(ratePerSecondMin)
    .max(ratePerSecondMax)
    .default(ratePerSecondDefault),
  batch: z.number().int().min(1).max(batchMax).default(batchMax),
});

/** Per connection, encrypted at rest: the text both sides know, "whsec_…" (Standard Webhooks). */
export const customSecrets = z.object({
  secret: z
    .string()
    .refine((text) => keyOfSecret(text) !== null, "must be whsec_ and base64 of 24 to 64 bytes"),
});

export type CustomApp = z.infer<typeof customApp>;
export type CustomSettings = z.infer<typeof customSettings>;
export type CustomSecrets = z.infer<typeof customSecrets>;
