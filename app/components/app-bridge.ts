interface AppBridgeParts {
  readonly toast?: { show(message: string): void };
  loading?(isLoading: boolean): void;
}

function appBridge(): AppBridgeParts | undefined {
  return (globalThis as { shopify?: AppBridgeParts }).shopify;
}

/** A short success message in Shopify's admin. Nothing where App Bridge did not load: the page shows the result too. */
export function showToast(message: string): void {
  appBridge()?.toast?.show(message);
}

/** Shopify's own loading bar above the frame. */
export function showLoading(isLoading: boolean): void {
  appBridge()?.loading?.(isLoading);
}
