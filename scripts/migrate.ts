// npm run migrate: the database of DATABASE_URL to this version, before a new release is started.
import { ensurePrismaClient, migrate } from "./migrations.ts";
import { databaseUrlProblem } from "./reachable.ts";
import { StartError } from "./run-command.ts";

const databaseUrl = process.env["DATABASE_URL"];
if (!databaseUrl) {
  console.error("DATABASE_URL is not set: npm run migrate works on a database of your own.");
  process.exit(1);
}
const problem = databaseUrlProblem(databaseUrl);
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}
try {
  await ensurePrismaClient();
  await migrate(databaseUrl, { redis: Boolean(process.env["REDIS_URL"]) });
  console.log("The database is up to date.");
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(`${error.message}\n\n${error.advice}`);
  process.exit(1);
}
