export interface ProgressEvent {
  readonly step: string;
  /** `note` is a message that belongs to no step. */
  readonly state: "started" | "done" | "failed" | "note";
  readonly elapsedMs: number;
}

export type OnProgress = (event: ProgressEvent) => void;

const spinnerEveryMs = 100;
/** Steps shorter than this are not worth a line in a log file. */
const quietStepMs = 500;
/** From here on a step without a terminal says that it is still at work. */
const slowStepMs = 2_000;

/** Runs one step and reports its start, end and duration. */
export async function step<T>(
  onProgress: OnProgress,
  name: string,
  run: () => Promise<T>,
): Promise<T> {
  const startedAtMs = Date.now();
  const report = (state: ProgressEvent["state"]): void =>
    onProgress({ step: name, state, elapsedMs: Date.now() - startedAtMs });
  report("started");
  try {
    const result = await run();
    report("done");
    return result;
  } catch (error) {
    report("failed");
    throw error;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Prints steps to the terminal: a spinner where there is one, else one line per step of note. */
export function printProgress(out: NodeJS.WriteStream): { on: OnProgress; clear: () => void } {
  const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => {
    clearInterval(timer);
    if (out.isTTY) out.write("\r\x1b[K");
  };
  const announce = (name: string): void => {
    const startedAtMs = Date.now();
    let frame = 0;
    timer = out.isTTY
      ? setInterval(() => {
          const sign = frames[frame++ % frames.length] ?? "";
          out.write(`\r  ${sign} ${name}  ${seconds(Date.now() - startedAtMs)} `);
        }, spinnerEveryMs)
      : setTimeout(() => out.write(`  … ${name}\n`), slowStepMs);
    timer.unref();
  };
  const on: OnProgress = ({ step: name, state, elapsedMs }) => {
    clear();
    if (state === "started") announce(name);
    if (state === "note") out.write(`  ${name}\n`);
    if (state === "failed") out.write(`  ✗ ${name}\n`);
    if (state === "done" && elapsedMs >= quietStepMs) {
      out.write(`  ✓ ${name}  ${seconds(elapsedMs)}\n`);
    }
  };
  return { on, clear };
}
