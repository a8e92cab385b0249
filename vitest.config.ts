import { defineConfig } from "vitest/config";

const setup = "tests/setup";
const compiled = ["**/node_modules/**", "build/**", ".lockstep/**"];

export default defineConfig({
  // Vitest reads vite.config.ts too when there is no file of its own; this one stands alone: no Remix plugin.
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [
            ...compiled,
            "**/*.int.test.ts",
            "**/*.live.test.ts",
            "app/channels/*/channel.test.ts",
          ],
          setupFiles: [`${setup}/environment.ts`, `${setup}/noise.ts`],
          // Pure tests leave nothing behind: they may share a process and its loaded modules.
          isolate: false,
        },
      },
      {
        test: {
          name: "int",
          include: ["**/*.int.test.ts"],
          exclude: compiled,
          globalSetup: `${setup}/global.ts`,
          setupFiles: [`${setup}/environment.ts`, `${setup}/database.ts`, `${setup}/noise.ts`],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "conformance",
          include: ["app/channels/*/channel.test.ts"],
          setupFiles: [`${setup}/environment.ts`, `${setup}/noise.ts`],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Calls the platforms themselves; npm test lists these by name, and runs them only when it is asked to.
        test: {
          name: "live",
          include: ["**/*.live.test.ts"],
          exclude: compiled,
          setupFiles: [`${setup}/environment.ts`, `${setup}/noise.ts`],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["tests/e2e/**/*.spec.ts"],
          setupFiles: [`${setup}/environment.ts`],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Whole installations of web, worker and sandbox: one at a time, after everything else.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
