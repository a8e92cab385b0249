import { channelById } from "#app/channels/registry.ts";
import { finishConnect, pickAccounts } from "#app/services/connect/finish-connect.ts";
import { goLive } from "#app/services/connect/go-live.ts";
import { startConnect } from "#app/services/connect/start-connect.ts";
import { renameConnection } from "#app/services/connections/rename-connection.ts";
import { setUpConnectionEvents } from "#app/services/connections/set-up-events.ts";
import { readImport, type ImportProgress } from "#app/services/imports/read-import.ts";
import { runImportNow } from "#app/services/imports/run-imports.ts";
import { platformsFound } from "#sandbox/found.generated.ts";

// What the demo merchant does in the screens, for the seed and for tests: the same services, the same consent pages.

/** An import that takes longer is stuck. */
const importMsMax = 5 * 60_000;
const lookEveryMs = 50;

/** Sends the merchant's browser to the consent page. @returns what it comes back with */
async function consent(url: string): Promise<Record<string, string>> {
  const answer = await fetch(url, { redirect: "manual" });
  const back = answer.headers.get("location");
  if (answer.status !== 302 || back === null) {
    throw new Error(`the consent page answered ${answer.status}`);
  }
  return Object.fromEntries(new URL(back).searchParams);
}

function demoOf(channelId: string) {
  const platform = platformsFound.find(({ id }) => id === channelId);
  if (!platform) throw new Error(`the sandbox has no platform "${channelId}"`);
  return platform.demo;
}

/** Connects the demo merchant's account of a channel. @returns the connection's id */
export async function connectDemo(
  shopId: string,
  channelId: string,
  sandboxUrl: string,
): Promise<string> {
  const demo = demoOf(channelId);
  const values = demo.values?.({ sandboxUrl }) ?? {};
  const start = await startConnect({ shopId, channelId, values });
  const outcome = start.next === "done" ? start.outcome : await comeBack(channelId, start.url);
  if (outcome.kind === "connected") return outcome.connections[0]?.connectionId ?? "";
  const wanted = outcome.accounts.filter(
    ({ accountId, marketplace }) =>
      accountId === demo.accountId && marketplace === demo.marketplace,
  );
  const stored = await pickAccounts({
    ...{ shopId, channelId, state: outcome.state },
    indexes: wanted.map(({ index }) => index),
  });
  return stored[0]?.connectionId ?? "";
}

async function comeBack(channelId: string, url: string) {
  const returned = await consent(url);
  const parameter = channelById(channelId).connect?.stateParameter ?? "state";
  return await finishConnect({ channelId, state: returned[parameter] ?? "", returned });
}

/**
 * Works a connection's import off here and now, without waiting for a channel's report as long as the workers would.
 * @throws Error when it does not end, or fails
 */
export async function imported(shopId: string, connectionId: string): Promise<ImportProgress> {
  const until = Date.now() + importMsMax;
  while (Date.now() < until) {
    await runImportNow(shopId, connectionId);
    const run = await readImport(shopId, connectionId);
    if (run?.status === "failed") throw new Error(`the import failed: ${run.error ?? ""}`);
    if (run && run.status !== "running") return run;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new Error("the import does not end");
}

/**
 * Connects, subscribes to the account's events without waiting for the workers, calls the connection what the demo
 * calls it, imports, and goes live.
 * @returns the connection's id
 */
export async function bringLive(
  shopId: string,
  channelId: string,
  sandboxUrl: string,
): Promise<string> {
  const id = await connectDemo(shopId, channelId, sandboxUrl);
  await setUpConnectionEvents(shopId, id);
  await renameConnection(shopId, id, demoOf(channelId).label);
  await imported(shopId, id);
  await goLive(shopId, id);
  return id;
}
