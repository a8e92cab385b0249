import type { SandboxConfig } from "./context.ts";
import { platformsFound } from "./found.generated.ts";

/** What the tests' sandbox handed out under this name: 32 characters, as eBay's verification token needs. */
export function testCredential(name: string): string {
  return `test-${name.toLowerCase().replaceAll("_", "-")}-`.padEnd(32, "0");
}

/** Fixed credentials for tests that start a sandbox in their own process. They open nothing else. */
export const testSandboxConfig: SandboxConfig = {
  appUrl: null,
  credentials: Object.fromEntries(
    platformsFound.flatMap(({ credentials }) =>
      credentials.map((name) => [name, testCredential(name)]),
    ),
  ),
  latencyMs: 0,
  skus: 8,
  stock: 60,
  stateFile: null,
};
