import pino from "pino";

/** JSON lines on stdout. Names under which secrets travel are masked wherever they appear one level deep. */
export const logger = pino({
  level: process.env["LOG_LEVEL"] ?? "info",
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
