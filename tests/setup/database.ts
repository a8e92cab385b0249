import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { afterAll, inject } from "vitest";

// Before a test file's modules load: a database of its own, copied from the migrated template.

const triesMax = 20;
const retryDelayMs = 50;
/** Somebody else is copying the template at this moment. */
const objectInUse = "55006";

const adminUrl = inject("adminUrl");
const template = inject("templateName");
const name = `${template.replace("template", "copy")}_${randomBytes(4).toString("hex")}`;

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function copyTemplate(): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
      return;
    } catch (error) {
      const busy = (error as { code?: string }).code === objectInUse;
      if (!busy || tries === triesMax) throw error;
      await pause(retryDelayMs);
    }
  }
}

await copyTemplate();
const url = new URL(adminUrl);
url.pathname = `/${name}`;
process.env["DATABASE_URL"] = url.href;

afterAll(async () => {
  // Not by force: a pool a test forgot to close would fail here. The whole cluster goes in the end.
  await asAdmin(`DROP DATABASE ${name}`).catch(() => undefined);
});
