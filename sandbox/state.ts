import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

/** What lies in the state file. */
export const savedStateShape = z.looseObject({
  version: z.literal(1),
  size: z.object({ skus: z.number(), stock: z.number() }),
  platforms: z.record(z.string(), z.unknown()),
  orders: z.array(
    z.object({
      channel: z.string(),
      orderId: z.string(),
      sku: z.string(),
      quantity: z.number(),
      placedAtMs: z.number(),
    }),
  ),
});
export type SavedState = z.infer<typeof savedStateShape>;

/** A change is on disk this much later, at most (unless saving itself is slow). */
const saveDelayMs = 800;
/** Saving may take this part of the process's time: big states are saved less often. */
const saveTimeShareMax = 0.05;

/** Writes the world to a file after changes, atomically (temporary file, then rename). */
export interface StateFile {
  /** Null: no file yet, or one that cannot be read (kept aside as `.broken`). */
  load(): Promise<SavedState | null>;
  changed(): void;
  /** Saves what is unsaved, now, synchronously: the process is about to end. */
  flush(): void;
}

/** @param path null keeps nothing */
export function createStateFile(path: string | null, capture: () => SavedState): StateFile {
  let timer: NodeJS.Timeout | null = null;
  let dirty = false;
  let saving = false;
  let lastSaveMs = 0;

  function schedule(): void {
    if (timer || saving) return;
    const delayMs = Math.max(saveDelayMs, lastSaveMs / saveTimeShareMax);
    timer = setTimeout(() => {
      timer = null;
      void save();
    }, delayMs);
    timer.unref();
  }

  async function save(): Promise<void> {
    if (path === null || !dirty) return;
    dirty = false;
    saving = true;
    const startedAt = performance.now();
    const text = JSON.stringify(capture());
    lastSaveMs = performance.now() - startedAt;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    } catch (error) {
      console.error(`sandbox: the state file ${path} could not be written:`, error);
    }
    saving = false;
    if (dirty) schedule();
  }

  return {
    async load() {
      if (path === null) return null;
      let text: string;
      try {
        text = await readFile(path, "utf8");
      } catch {
        return null;
      }
      try {
        return savedStateShape.parse(JSON.parse(text));
      } catch (error) {
        console.error(`sandbox: ${path} is not usable, starting afresh:`, error);
        await rename(path, `${path}.broken`);
        return null;
      }
    },
    changed() {
      dirty = true;
      if (path !== null) schedule();
    },
    flush() {
      if (timer) clearTimeout(timer);
      timer = null;
      if (path === null || !dirty) return;
      dirty = false;
      writeFileSync(`${path}.flush`, JSON.stringify(capture()));
      renameSync(`${path}.flush`, path);
    },
  };
}
