// npm test: installs what is missing, then hands over to scripts/run-tests.ts on Node 22.
import { ensureInstalled, hand, requireNode } from "./install.mjs";

requireNode();
await ensureInstalled();
hand("scripts/run-tests.ts", process.argv.slice(2));
