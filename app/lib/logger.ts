import pino from "pino";

/** What LOG_LEVEL asks for. A word that is no level must not end the import: `env()` reports it in words. */
function askedLevel(): string {
  const asked = process.env["LOG_LEVEL"] ?? "";
  return asked === "silent" || asked in pino.levels.values ? asked : "info";
}

/** JSON lines on stdout. Names under which secrets travel are masked wherever they appear one level deep. */
export const logger = pino({
  level: askedLevel(),
  base: { process: process.env["LOCKSTEP_ROLE"] ?? "app" },
  timestamp: pino.stdTimeFunctions.isoTime,
  redact: {
    paths: ["accessToken", "refreshToken", "secrets", "authorization", "token"].flatMap((name) => [
      name,
      `*.${name}`,
    ]),
    censor: "[secret]",
  },
});
