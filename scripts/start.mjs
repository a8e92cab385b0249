// npm start: installs what is missing, then hands over to scripts/start.ts on Node 22.
import { ensureInstalled, hand, requireNode } from "./install.mjs";

requireNode();
await ensureInstalled();
hand("scripts/start.ts", process.argv.slice(2));
