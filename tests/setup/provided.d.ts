import "vitest";

declare module "vitest" {
  // What tests/setup/global.ts hands to the test files.
  interface ProvidedContext {
    /** A connection to the test cluster that may create databases. */
    adminUrl: string;
    /** The migrated database that every test file gets a copy of. */
    templateName: string;
    redisUrl: string | null;
  }
}
