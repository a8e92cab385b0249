import type { Browser, FrameLocator, Page } from "playwright";

/** The app's page inside the simulated Shopify admin. */
export interface AdminFrame {
  readonly page: Page;
  /** The embedded app. */
  readonly app: FrameLocator;
  /** Errors in the console and uncaught ones, of the admin and of the app. */
  readonly noise: readonly string[];
  /** Runs in the app's own window. */
  inApp<T>(script: () => T): Promise<T>;
  /** @param path below the app: "" or "/inventory" */
  open(path: string): Promise<void>;
  /** Presses Tab until what the script says of the focused element is `wanted`. @throws Error when it never is */
  tabUntil(wanted: string, script: () => string): Promise<void>;
  close(): Promise<void>;
}

/** Presses of the Tab key until an element must have been reached. */
const tabsMax = 60;

/** The app's navigation is in the admin by then. */
const navigationMsMax = 10_000;

/** Pixels that a person would have to scroll sideways for. Runs in the browser. */
export function overhang(): number {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth - clientWidth;
}

/** A new browser window at the shop's admin; every page of the app gets its session tokens from there. */
export async function openAdmin(
  browser: Browser,
  adminUrl: string,
  { width, height = 900 }: { readonly width: number; readonly height?: number },
): Promise<AdminFrame> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const noise: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") noise.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => noise.push(`uncaught: ${error.message}`));
  const app = page.frameLocator("#app");
  return {
    page,
    app,
    noise,
    inApp: (script) => app.locator("html").evaluate(script),
    open: async (path) => {
      await page.goto(`${adminUrl}${path}`);
      await app.getByRole("heading", { level: 1 }).waitFor();
      // The admin shows the app's navigation as soon as the app's own scripts run.
      const navigation = page.locator("#app-nav a").first();
      await navigation.waitFor({ state: "attached", timeout: navigationMsMax });
    },
    tabUntil: async (wanted, script) => {
      for (let presses = 0; presses < tabsMax; presses += 1) {
        await page.keyboard.press("Tab");
        if ((await app.locator("html").evaluate(script)) === wanted) return;
      }
      throw new Error(`"${wanted}" is not reached in ${tabsMax} presses of Tab`);
    },
    close: () => context.close(),
  };
}
