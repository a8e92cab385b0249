import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { channelFiles } from "./channel-new/channel-files.ts";
import { namesOf } from "./channel-new/names.ts";
import { platformFiles } from "./channel-new/platform-files.ts";

// npm run channel:new NAME: a folder for the channel and one for its simulated platform. Nothing else is touched:
// both are found by being there.

const root = process.env["LOCKSTEP_ROOT"] ?? path.resolve(import.meta.dirname, "..");

function run(): number {
  const [id = ""] = process.argv.slice(2);
  const names = namesOf(id);
  if (!names) {
    process.stderr.write(
      'npm run channel:new NAME, in lower case with hyphens: "best-buy". It becomes the folder and the id.\n',
    );
    return 2;
  }
  const folders = {
    [`app/channels/${id}`]: channelFiles(names),
    [`sandbox/${id}`]: platformFiles(names),
  };
  const taken = Object.keys(folders).find((folder) => existsSync(path.join(root, folder)));
  if (taken) {
    process.stderr.write(`${taken} is there already; nothing was written.\n`);
    return 1;
  }
  for (const [folder, files] of Object.entries(folders)) {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(root, folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  process.stdout.write(
    [
      `app/channels/${id} and sandbox/${id} are there.`,
      "",
      `  npm run channels -- --only ${id}     what it can do, and what its conformance suite still misses`,
      `  npm run channel:try ${id}            every call it makes, alone`,
      "",
      "Begin with the simulated platform (sandbox/README.md), then client.ts, inventory.ts, and one power after the other.",
      "",
    ].join("\n"),
  );
  return 0;
}

process.exitCode = run();
