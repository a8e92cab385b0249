import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { channels } from "#app/channels/registry.ts";
import { platformsFound } from "#sandbox/found.generated.ts";
import { channelsPage, type DescribedChannel } from "./channels/channels-page.ts";
import { runConformance, type ConformanceCounts } from "./channels/conformance-counts.ts";
import { declaredPowers } from "./channels/declared-powers.ts";
import { limitLines, powerRows } from "./channels/describe-channel.ts";
import { root } from "./run-command.ts";

const usage = `What every channel can do, and how its conformance suite stands.

  npm run channels                    a table; runs the suites (about a minute)
  npm run channels -- --json          the same for programs
  npm run channels -- --no-run        the powers alone, at once
  npm run channels -- --only ebay     one channel (again for more)
  npm run channels -- --write         writes docs/channels.md
`;

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      "no-run": { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      write: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = values.only.filter((id) => !channels.some((channel) => channel.id === id));
  if (unknown.length > 0) {
    const known = channels.map(({ id }) => id).join(", ");
    process.stderr.write(`There is no channel "${unknown.join('", "')}". There are: ${known}.\n`);
    return 2;
  }
  const described = channels
    .filter(({ id }) => values.only.length === 0 || values.only.includes(id))
    .map(describe);
  if (values.write) {
    writeFileSync(path.join(root, "docs", "channels.md"), channelsPage(described));
    process.stdout.write("docs/channels.md is written.\n");
    return 0;
  }
  if (!values["no-run"]) process.stderr.write("Running the conformance suites …\n");
  const counts = values["no-run"] ? new Map() : await runConformance(values.only);
  process.stdout.write(values.json ? jsonOf(described, counts) : textOf(described, counts));
  const failed = [...counts.values()].some((one: ConformanceCounts) => one.failed > 0);
  return failed ? 1 : 0;
}

/** @throws Error when a channel has no simulated platform: nothing of it can be tested then */
function describe(channel: (typeof channels)[number]): DescribedChannel {
  const platform = platformsFound.find(({ id }) => id === channel.id);
  if (!platform)
    throw new Error(`sandbox/${channel.id} is missing: no test can reach the channel.`);
  return { channel, powers: declaredPowers(channel, platform) };
}

type Counts = ReadonlyMap<string, ConformanceCounts>;

function jsonOf(described: readonly DescribedChannel[], counts: Counts): string {
  const rows = described.map(({ channel, powers }) => ({
    id: channel.id,
    label: channel.label,
    powers: Object.fromEntries(powerRows.map(({ power, of }) => [power, of(channel, powers)])),
    methods: [...powers].sort(),
    limits: channel.limits,
    conformance: counts.get(channel.id) ?? null,
  }));
  return `${JSON.stringify({ channels: rows }, null, 2)}\n`;
}

function textOf(described: readonly DescribedChannel[], counts: Counts): string {
  const wide = Math.max(...powerRows.map(({ power }) => power.length));
  const blocks = described.map(({ channel, powers }) => {
    const count = counts.get(channel.id);
    const suite = count ? `${count.passed} passed, ${count.failed} failed` : "not run";
    return [
      `${channel.label} (${channel.id})`,
      ...powerRows.map(({ power, of }) => `  ${power.padEnd(wide)}  ${of(channel, powers)}`),
      `  ${"rate limits".padEnd(wide)}  ${limitLines(channel).length} operations, see docs/channels.md`,
      `  ${"conformance".padEnd(wide)}  ${suite}`,
      ...(count?.failures ?? []).map((name) => `    ✗ ${name}`),
      "",
    ].join("\n");
  });
  return `${blocks.join("\n")}\n`;
}

void run()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  })
  .then((code) => {
    process.exitCode = code;
  });
