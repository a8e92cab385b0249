import { parseArgs } from "node:util";
import { listDeadLetters } from "#app/services/dead-letters/list-dead-letters.ts";
import {
  discardDeadLetter,
  replayDeadLetter,
} from "#app/services/dead-letters/settle-dead-letter.ts";
import { findShop } from "#app/services/shops/find-shop.ts";
import { requireDatabase } from "./reachable.ts";
import { fail, runCommandLine } from "./cli.ts";
import { nothingRuns, useLocalStart } from "./local-start.ts";

const usage = `Dead letters: what stopped retrying by itself.

  npm run dead-letters -- list    [--shop demo.myshopify.com] [--json]
  npm run dead-letters -- replay  ID [--shop …]      try it again now
  npm run dead-letters -- discard ID --why "…" [--shop …]

It looks into the Lockstep that npm start runs here, or, where DATABASE_URL is set (in the environment or .env), into that one.
`;

function parseCommand() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      shop: { type: "string", default: "demo.myshopify.com" },
      why: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [command = "list", id] = positionals;
  return { ...values, command: values.help ? "help" : command, id };
}

async function run(): Promise<number> {
  const given = parseCommand();
  if (given.command === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if (given.id !== undefined && !idShape.test(given.id)) return fail(noSuchLetter);
  const databaseUrl = await useLocalStart();
  if (databaseUrl === undefined) return fail(nothingRuns);
  await requireDatabase(databaseUrl);
  const shop = await findShop(given.shop);
  if (!shop) return fail(`There is no shop ${given.shop}.`);
  return settle(shop.id, given);
}

async function settle(
  shopId: string,
  { command, id, why, json }: ReturnType<typeof parseCommand>,
): Promise<number> {
  switch (command) {
    case "list":
      return await list(shopId, json);
    case "replay":
      if (!id) return fail("Which one? Give the id that list shows.");
      return say(await replayDeadLetter({ shopId, id }), "It is tried again now.");
    case "discard":
      if (!id || !why) return fail('Give the id and a reason: discard ID --why "…"');
      return say(await discardDeadLetter({ shopId, id, why }), "Discarded.");
    default:
      return fail(usage);
  }
}

async function list(shopId: string, asJson: boolean): Promise<number> {
  const letters = await listDeadLetters({ shopId });
  if (asJson) {
    process.stdout.write(`${JSON.stringify(letters, null, 2)}\n`);
    return 0;
  }
  if (letters.length === 0) process.stdout.write("No dead letters. Nothing waits for you.\n");
  for (const letter of letters) {
    const when = letter.createdAt.toISOString().slice(0, 16).replace("T", " ");
    process.stdout.write(
      `${letter.id}  ${when}  ${letter.connection}  ${letter.subject}, ${letter.attempts} attempt(s)\n    ${letter.reason}\n`,
    );
  }
  return 0;
}

const noSuchLetter = "There is no open dead letter with this id. list shows the ids.";
const idShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function say(done: boolean, text: string): number {
  if (!done) return fail(noSuchLetter);
  process.stdout.write(`${text}\n`);
  return 0;
}

runCommandLine(run);
