import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { defineConfig } from "prisma/config";

// Without engine binaries Prisma's CLI speaks to Postgres through node-postgres. It then meets catalogue
// types (name, char, _name, _char) that the adapter does not know: read them as text (prisma/orm #27403).
const catalogueTypeAsText = new Map([
  [19, 25],
  [18, 25],
  [1003, 1009],
  [1002, 1009],
]);

interface FieldsHolder {
  fields?: { dataTypeID: number }[];
}

function readCatalogueTypesAsText(result: unknown): unknown {
  for (const field of (result as FieldsHolder | undefined)?.fields ?? []) {
    field.dataTypeID = catalogueTypeAsText.get(field.dataTypeID) ?? field.dataTypeID;
  }
  return result;
}

class CatalogueClient extends pg.Client {
  // node-postgres overloads query for promises and callbacks; both end here.
  override query(...input: unknown[]): never {
    const last = input.at(-1);
    if (typeof last === "function") {
      input[input.length - 1] = (error: Error | null, result: unknown) => {
        (last as (e: Error | null, r: unknown) => void)(error, readCatalogueTypesAsText(result));
      };
      return super.query(...(input as [string])) as never;
    }
    const answer: unknown = super.query(...(input as [string]));
    return (answer instanceof Promise ? answer.then(readCatalogueTypesAsText) : answer) as never;
  }
}

// The schema engine races its advisory lock against a timer and never clears it: the command would sit
// idle for ten seconds after its work. While it truly waits, its connection keeps the process alive.
const lockWaitMs = 10_000;
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = Object.assign((...input: Parameters<typeof setTimer>) => {
  const timer = setTimer(...input);
  return input[1] === lockWaitMs ? timer.unref() : timer;
}, setTimer);

// A schema that names env("DATABASE_URL") makes the CLI look for binaries when the variable is missing.
process.env["DATABASE_URL"] ??= "postgresql://postgres@127.0.0.1:5432/lockstep";
const connectionString = process.env["DATABASE_URL"];

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  experimental: { adapter: true },
  engine: "js",
  adapter: () =>
    Promise.resolve(
      // A short idle time: the command ends when it is done, not ten seconds later.
      new PrismaPg({
        connectionString,
        Client: CatalogueClient,
        idleTimeoutMillis: 100,
      }),
    ),
});
