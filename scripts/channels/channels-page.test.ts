import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { channels } from "#app/channels/registry.ts";
import { platformsFound } from "#sandbox/found.generated.ts";
import { channelsPage } from "./channels-page.ts";
import { declaredPowers } from "./declared-powers.ts";
import { root } from "../run-command.ts";

it("docs/channels.md says what the declarations say (npm run channels -- --write)", () => {
  const described = channels.map((channel) => {
    const platform = platformsFound.find(({ id }) => id === channel.id);
    if (!platform) throw new Error(`sandbox/${channel.id} is missing`);
    return { channel, powers: declaredPowers(channel, platform) };
  });
  const page = readFileSync(path.join(root, "docs", "channels.md"), "utf8");
  expect(page).toBe(channelsPage(described));
});
