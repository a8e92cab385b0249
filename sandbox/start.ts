import type { AddressInfo } from "node:net";
import type { SandboxPlatform } from "./channel.ts";
import type { SandboxConfig } from "./context.ts";
import { Control, createControlHandler } from "./control.ts";
import { createSandboxServer } from "./server.ts";
import { createStateFile, type SavedState } from "./state.ts";
import { createWorld, type World } from "./world.ts";

/** A running sandbox. */
export interface Sandbox {
  /** Without a trailing slash. */
  readonly url: string;
  readonly control: Control;
  /** The platform as it is now; a reset replaces it. @throws Error for an unknown id */
  platform(id: string): SandboxPlatform;
  /** Saves the state, closes every connection. */
  stop(): Promise<void>;
}

/** @param options `port` 0 (the default) takes a free one on 127.0.0.1 */
export async function startSandbox(options: {
  readonly config: SandboxConfig;
  readonly port?: number;
}): Promise<Sandbox> {
  const { config } = options;
  let size = { skus: config.skus, stock: config.stock };
  let url = "";
  const capture = (): SavedState => ({
    version: 1,
    size,
    platforms: Object.fromEntries(
      [...world.stands].map(([id, { platform }]) => [id, platform.snapshot()]),
    ),
    orders: [...world.orders.all()],
  });
  const stateFile = createStateFile(config.stateFile, capture);
  const freshWorld = (): World =>
    createWorld({
      config,
      size,
      sandboxUrl: () => url,
      changed: () => {
        stateFile.changed();
      },
    });

  const saved = await stateFile.load();
  if (saved) size = saved.size;
  let world = freshWorld();
  if (saved) restoreWorld(world, saved);

  const control = new Control({
    world: () => world,
    latencyMs: config.latencyMs,
    reset: (wanted) => {
      size = { skus: wanted.skus ?? size.skus, stock: wanted.stock ?? size.stock };
      world.stop();
      world = freshWorld();
      stateFile.changed();
    },
  });
  const server = createSandboxServer({
    world: () => world,
    handleControl: createControlHandler(control),
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  // A new eBay key pair is part of the state even when nothing is sold yet.
  stateFile.changed();
  return {
    url,
    control,
    platform(id) {
      const found = world.stands.get(id)?.platform;
      if (!found) throw new Error(`There is no platform "${id}" in the sandbox.`);
      return found;
    },
    async stop() {
      world.stop();
      stateFile.flush();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function restoreWorld(world: World, saved: SavedState): void {
  for (const [id, snapshot] of Object.entries(saved.platforms)) {
    world.stands.get(id)?.platform.restore(snapshot);
  }
  for (const order of saved.orders) world.orders.push(order);
}
