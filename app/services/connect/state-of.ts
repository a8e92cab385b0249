import { z } from "zod";
import { channels } from "#app/channels/registry.ts";
import { parseJson } from "#app/lib/json.ts";
import { receiveHandOver } from "./finish-connect.ts";

/** The state in what a platform brought back, or null: its parameter differs by platform. */
export function stateOf(
  channelId: string,
  returned: Readonly<Record<string, string>>,
): string | null {
  const connect = channels.find(({ id }) => id === channelId)?.connect;
  if (!connect) return null;
  return returned[connect.stateParameter ?? "state"] ?? null;
}

const handOver = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** Takes handed-over keys, JSON as the platform posted it. @returns false when they are for no sign-in of ours */
export async function readHandOver(channelId: string, text: string): Promise<boolean> {
  const fields = handOver.safeParse(parseJson(text));
  if (!fields.success || !channels.some(({ id }) => id === channelId)) return false;
  const texts = Object.entries(fields.data).map(([name, value]) => [name, String(value)]);
  return await receiveHandOver(channelId, Object.fromEntries(texts) as Record<string, string>);
}
