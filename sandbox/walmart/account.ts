/** The demo seller's account and API keys. They open nothing but the sandbox. */
export const seller = {
  partnerId: "10001234567",
  /** What the consent page calls the seller: another number. */
  sellerId: "101234567",
  name: "Lockstep Demo Store",
  clientId: "5f1c2d7e-9a43-4c1b-8e1d-walmartdemo",
  clientSecret: "walmart-demo-client-secret-that-opens-the-sandbox-only",
  /** The one fulfilment centre of the seller's own. */
  shipNode: "10000003527",
  shipNodeName: "Main warehouse",
} as const;

/** The app of an approved solution provider that the seller may let in. */
export const provider = {
  clientId: "66874dfd-1d5f-476d-8c2c-walmartapp",
  clientSecret: "walmart-demo-provider-secret-that-opens-the-sandbox-only",
} as const;
