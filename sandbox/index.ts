import { readSandboxConfig } from "./config.ts";
import { startSandbox } from "./start.ts";

/** The sandbox as its own process: every platform on 127.0.0.1:SANDBOX_PORT. */
async function main(): Promise<void> {
  const { config, port } = readSandboxConfig(process.env);
  const sandbox = await startSandbox({ config, port });
  console.log(`sandbox: listening at ${sandbox.url}`);
  const end = () => {
    void sandbox.stop().then(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
