import { existsSync } from "node:fs";
import sparticuz from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright";

const systemPlaces = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
];

/** Headless browsers call themselves so; pages must not see it. */
const userAgent =
  "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/** The system's Chromium, else the one inside the npm package @sparticuz/chromium. Downloads nothing. */
export async function chromiumExecutable(): Promise<string> {
  const given = process.env["CHROMIUM_PATH"];
  if (given) return given;
  return systemPlaces.find((place) => existsSync(place)) ?? (await sparticuz.executablePath());
}

/** A browser for the end-to-end tests; talks to loopback only. Close it. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumExecutable(),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-dev-shm-usage",
      `--user-agent=${userAgent}`,
    ],
  });
}
