import type { Browser } from "playwright";
import { afterAll, beforeAll } from "vitest";
import { launchChromium } from "#tests/setup/chromium.ts";
import { type AdminFrame, openAdmin } from "./admin-frame.ts";
import type { useInstallation } from "./installation.ts";

export const phoneWidthPx = 390;
export const desktopWidthPx = 1_280;

/** A file's browser, and the admin that the running test has open in it. */
export interface AdminWindow {
  /** Opens the admin at a path below the app; the test closes it. */
  open(path: string, width?: number): Promise<AdminFrame>;
  /** The one that was opened last. */
  current(): AdminFrame;
}

/** Starts a browser for the tests of a file and ends it after them. */
export function useAdminWindow(installation: ReturnType<typeof useInstallation>): AdminWindow {
  let browser: Browser;
  let admin: AdminFrame;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
  });
  return {
    async open(path, width = desktopWidthPx) {
      admin = await openAdmin(browser, installation().lockstep.adminUrl, { width });
      await admin.open(path);
      return admin;
    },
    current: () => admin,
  };
}
