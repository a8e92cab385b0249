// Looks at the environment that web, worker and sandbox are about to get, before any of them is started:
// one plain line per problem and exit code 1. A process of its own, because the app reads its variables once.
import { parseVariables } from "#app/env.server.ts";
import { startProblems } from "#app/services/health/check-configuration.ts";
import { webEnv } from "#app/web-env.server.ts";
import { sandboxVariables } from "#sandbox/config.ts";
import { redisProblem } from "./reachable.ts";

const problems = startProblems([webEnv, () => parseVariables(sandboxVariables, process.env)]);
const redisUrl = process.env["REDIS_URL"];
if (redisUrl && !problems.some((line) => line.startsWith("REDIS_URL:"))) {
  const problem = await redisProblem(redisUrl);
  if (problem !== undefined) problems.push(problem);
}
for (const line of problems) process.stdout.write(`${line}\n`);
process.exit(problems.length > 0 ? 1 : 0);
