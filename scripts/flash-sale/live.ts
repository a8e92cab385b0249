import { setTimeout as pause } from "node:timers/promises";
import type { SaleDatabase, Standing } from "./sale-database.ts";
import type { Tally } from "./sell.ts";

const lookEveryMs = 500;
/** Without a terminal: one line this often. */
const lineEveryMs = 5_000;
const barChars = 32;

/**
 * Shows the sale while it goes on: one block that renews itself on a terminal, else a line every five seconds.
 * @returns ends the display; the last state stays
 */
export function showLive(
  out: NodeJS.WriteStream,
  database: SaleDatabase,
  tally: Tally,
  orders: number,
): () => Promise<void> {
  const startedAtMs = Date.now();
  const ending = new AbortController();
  const block = new Block(out);
  const loop = async () => {
    let lineAtMs = Date.now();
    while (!ending.signal.aborted) {
      const standing = await database.standing().catch(() => null);
      if (out.isTTY) block.draw(blockOf(tally, standing, orders, Date.now() - startedAtMs));
      else if (Date.now() - lineAtMs >= lineEveryMs) {
        lineAtMs = Date.now();
        out.write(`${lineOf(tally, standing, orders, Date.now() - startedAtMs)}\n`);
      }
      await pause(lookEveryMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
    if (out.isTTY) out.write("\n");
  };
  const running = loop();
  return async () => {
    ending.abort();
    await running;
  };
}

/** Lines that are written over the ones before. */
class Block {
  readonly #out: NodeJS.WriteStream;
  #height = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  draw(lines: readonly string[]): void {
    const up = this.#height > 0 ? `\x1b[${this.#height}A` : "";
    this.#out.write(`${up}${lines.map((line) => `\x1b[2K${line}\n`).join("")}`);
    this.#height = lines.length;
  }
}

function blockOf(
  tally: Tally,
  standing: Standing | null,
  orders: number,
  elapsedMs: number,
): string[] {
  const filled = Math.round((tally.placed / orders) * barChars);
  const state = tally.placed < orders ? "selling" : "the channels catch up";
  return [
    `  ${"━".repeat(filled)}${"╌".repeat(barChars - filled)}  ${count(tally.placed)} of ${count(orders)} orders  ${clock(elapsedMs)}  ${state}`,
    `  accepted ${count(tally.accepted)} (${count(tally.unitsAccepted)} units)   sold out ${count(tally.refused)}${failures(tally)}`,
    `  ${standing ? standingText(standing) : "the database does not answer"}`,
  ];
}

function lineOf(
  tally: Tally,
  standing: Standing | null,
  orders: number,
  elapsedMs: number,
): string {
  return `  ${clock(elapsedMs)}  ${count(tally.placed)}/${count(orders)} orders, ${count(tally.accepted)} accepted, ${count(tally.refused)} sold out${failures(tally)}; ${standing ? standingText(standing) : "the database does not answer"}`;
}

function standingText({ waitingEvents, headSeq, behind }: Standing): string {
  const lags = behind.map(({ channel, entries }) => `${channel} ${count(entries)}`).join("  ");
  return `ledger ${count(headSeq)}   waiting events ${count(waitingEvents)}   behind: ${lags}`;
}

const failures = ({ failed }: Tally): string =>
  failed > 0 ? `   not reachable ${count(failed)}` : "";
const count = (value: number): string => value.toLocaleString("en-US");
const clock = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, "0")}`;
