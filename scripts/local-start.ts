import { findOffline } from "./offline-file.ts";
import { defaultDataDir, keptSettings } from "./settings.ts";

export const nothingRuns = "Nothing runs here. Start it first: npm start. Or set DATABASE_URL.";

/**
 * For tools: where DATABASE_URL is not set, takes the environment of a running `npm start`.
 * Resolves to the database's address, undefined where there is neither. @throws StartError
 */
export async function useLocalStart(): Promise<string | undefined> {
  const offline = process.env["DATABASE_URL"] ? null : await findOffline();
  const settings = offline && keptSettings(defaultDataDir);
  if (offline && settings) {
    Object.assign(process.env, {
      ...settings.secrets,
      DATABASE_URL: offline.databaseUrl,
      SHOPIFY_APP_URL: offline.appUrl,
      ENCRYPTION_KEY: settings.encryptionKey,
    });
  }
  return process.env["DATABASE_URL"] || undefined;
}
