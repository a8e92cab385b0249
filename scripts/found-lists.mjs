// Plain Node 20 and its built-ins: this runs before anything is installed.
// A channel (app/channels/NAME) and a simulated platform (sandbox/NAME) are found by their folders: adding one touches
// nothing else. Bundlers and type checkers want to see imports, so they are written into files that git does not keep.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const places = [
  { folder: "app/channels", name: "channelsFound", type: "Channel", from: "./contract.ts" },
  { folder: "sandbox", name: "platformsFound", type: "PlatformDefinition", from: "./platform.ts" },
];
const listName = "found.generated.ts";

function sourceOf({ name, type, from }, found) {
  const imports = found.map((id, index) => `import found${index} from "./${id}/index.ts";\n`);
  const items = found.map((_, index) => `found${index}`).join(", ");
  return [
    "// Made by scripts/found-lists.mjs from the folders beside it; not kept in git.\n",
    `import type { ${type} } from "${from}";\n`,
    ...imports,
    `\nexport const ${name}: readonly ${type}[] = [${items}];\n`,
  ].join("");
}

/** Writes the lists where they are not as the folders say. */
export function writeFoundLists(root) {
  for (const place of places) {
    const folder = path.join(root, place.folder);
    const found = readdirSync(folder, { withFileTypes: true })
      .filter(
        (entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, "index.ts")),
      )
      .map(({ name }) => name)
      .sort();
    const file = path.join(folder, listName);
    const source = sourceOf(place, found);
    if (!existsSync(file) || readFileSync(file, "utf8") !== source) writeFileSync(file, source);
  }
}
