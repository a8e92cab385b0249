import type { Channel } from "#app/channels/contract.ts";
import type { Power } from "#app/channels/powers.ts";
import { limitLines, powerRows } from "./describe-channel.ts";

export interface DescribedChannel {
  readonly channel: Channel;
  readonly powers: ReadonlySet<Power>;
}

/** docs/channels.md: what every channel can do, as its own declaration says. */
export function channelsPage(channels: readonly DescribedChannel[]): string {
  const head = ["", ...channels.map(({ channel }) => channel.label)];
  const rows = powerRows.map(({ power, of }) => [
    power,
    ...channels.map(({ channel, powers }) => of(channel, powers)),
  ]);
  const limits = channels.flatMap(({ channel }) => [
    `### ${channel.label}`,
    "",
    ...limitLines(channel).map((line) => `- ${line}`),
    "",
  ]);
  return [
    "# Channels",
    "",
    "Made by `npm run channels -- --write` from the declarations in `app/channels/*/index.ts`; a test holds it to them.",
    `"${"–"}" is a power that the platform lacks, or offers to nobody outside.`,
    "",
    tableOf([head, ...rows]),
    "",
    "## Rate limits",
    "",
    "Per connection and operation, corrected by what the platforms' answers say. Sources: each channel's README.",
    "",
    ...limits,
  ].join("\n");
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}
