/** The demo world: one shop, its SKUs and how every platform names them. Pure and deterministic. */
export interface DemoCatalogue {
  /** The Shopify domain. */
  readonly shop: string;
  readonly locations: readonly [DemoLocation, DemoLocation];
  readonly products: readonly DemoProduct[];
  readonly skus: readonly DemoSku[];
}

export interface DemoLocation {
  readonly gid: string;
  readonly name: string;
}

export interface DemoProduct {
  readonly productGid: string;
  readonly title: string;
  readonly skus: readonly DemoSku[];
}

export interface DemoSku {
  /** The merchant's SKU text, the same on every platform: "TEE-001-S". */
  readonly code: string;
  /** Product and variant in words: "Heron T-shirt / S". */
  readonly title: string;
  /** An EAN of a range that no shop sells: the same on every platform that shows barcodes. */
  readonly barcode: string;
  /** US cents. */
  readonly priceMinor: number;
  readonly stockByLocation: Readonly<Record<string, number>>;
  readonly shopify: {
    readonly variantGid: string;
    readonly inventoryItemGid: string;
    /** The number inside `variantGid`, as orders carry it. */
    readonly variantId: string;
  };
  readonly amazon: { readonly sku: string };
  readonly ebay: { readonly sku: string; readonly offerId: string; readonly listingId: string };
  readonly tiktok: {
    readonly productId: string;
    readonly skuId: string;
    readonly warehouseId: string;
  };
}

/** The accounts of the demo merchant. */
export const demoAccounts = {
  shopify: "demo.myshopify.com",
  amazon: "A3LOCKSTEPDEMO",
  amazonMarketplace: "ATVPDKIKX0DER",
  ebay: "lockstep-demo",
  ebayMarketplace: "EBAY_US",
  tiktok: "7494049642642441621",
} as const;

/** What the merchant's consent would have given the app; the seed stores these. Not secrets: they open nothing but the sandbox. */
export const demoCredentials = {
  amazon: { refreshToken: "Atzr|demo-refresh-token" },
  ebay: { refreshToken: "v^1.1#demo-refresh-token" },
  tiktok: { refreshToken: "ROW_demo-refresh-token", shopCipher: "ROW_demo_cipher" },
} as const;

/** The one TikTok sales warehouse. */
export const demoTiktokWarehouseId = "7068517275539719942";

const sizes = ["S", "M", "L", "XL"] as const;
const names = ["Heron", "Juniper", "Slate", "Coral", "Harbour", "Maple", "Dune", "Fern", "Ember"];
/** Share of a SKU's units that lie at the first location, rounded up. */
const firstLocationShare = 0.7;

/** @param size `skus`: how many; `stock`: units of each over both locations. */
export function demoCatalogue(size: {
  readonly skus: number;
  readonly stock: number;
}): DemoCatalogue {
  const locations = [
    { gid: "gid://shopify/Location/70000000001", name: "Main warehouse" },
    { gid: "gid://shopify/Location/70000000002", name: "Shop floor" },
  ] as const;
  const first = Math.ceil(size.stock * firstLocationShare);
  const stockByLocation = { [locations[0].gid]: first, [locations[1].gid]: size.stock - first };
  const productCount = Math.ceil(size.skus / sizes.length);
  const products = Array.from({ length: productCount }, (_, index): DemoProduct => {
    const number = index + 1;
    const title = `${names[index % names.length] ?? "Plain"} T-shirt ${String(number)}`;
    const variants = sizes.slice(0, size.skus - index * sizes.length);
    return {
      productGid: `gid://shopify/Product/${String(7_000_000_000_000 + number)}`,
      title,
      skus: variants.map((variant, position) =>
        demoSku(index, position, variant, title, stockByLocation),
      ),
    };
  });
  return {
    shop: demoAccounts.shopify,
    locations,
    products,
    skus: products.flatMap((product) => product.skus),
  };
}

function demoSku(
  productIndex: number,
  position: number,
  variant: string,
  title: string,
  stockByLocation: Readonly<Record<string, number>>,
): DemoSku {
  const number = productIndex * sizes.length + position + 1;
  const code = `TEE-${String(productIndex + 1).padStart(3, "0")}-${variant}`;
  const variantId = String(8_000_000_000_000 + number);
  return {
    code,
    title: `${title} / ${variant}`,
    barcode: barcodeOf(variantId),
    priceMinor: 1_500 + (productIndex % 20) * 100,
    stockByLocation,
    shopify: {
      variantGid: `gid://shopify/ProductVariant/${variantId}`,
      inventoryItemGid: `gid://shopify/InventoryItem/${String(9_000_000_000_000 + number)}`,
      variantId,
    },
    amazon: { sku: code },
    ebay: {
      sku: code,
      offerId: String(36_445_000_000 + number),
      listingId: String(200_000_000_000 + number),
    },
    // TikTok ids exceed 2^53, as the real ones do: built as text, never as numbers.
    tiktok: {
      productId: `17295929697${String(productIndex + 1).padStart(8, "0")}`,
      skuId: `17295929698${String(number).padStart(8, "0")}`,
      warehouseId: demoTiktokWarehouseId,
    },
  };
}

/** 2 and eleven digits with their check digit. */
function barcodeOf(variantId: string): string {
  const digits = `2${variantId.slice(-11).padStart(11, "0")}`;
  const sum = Array.from(digits, Number).reduce(
    (total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 3),
    0,
  );
  return `${digits}${String((10 - (sum % 10)) % 10)}`;
}
