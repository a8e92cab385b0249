import { timesOf } from "./frame.ts";
import { shopOpenedMs, sellableOf, stockHolderOf, type Item } from "./items.ts";

/** What the demo shop calls itself. */
export const shopHome = "https://demo-shop.example.com";
const links = (path: string) => ({ self: [{ href: `${shopHome}/wp-json/wc/v3/${path}` }] });

/** What products and variations have in common (specs/woocommerce, "Product properties"). */
function commonFields(item: Item) {
  const holder = stockHolderOf(item);
  const managed = holder === null ? false : holder === item ? true : "parent";
  const sellable = sellableOf(item);
  return {
    id: item.id,
    ...timesOf("date_created", shopOpenedMs),
    ...timesOf("date_modified", item.modifiedMs),
    description: "",
    sku: item.sku?.code ?? "",
    price: item.regularPrice,
    regular_price: item.regularPrice,
    sale_price: "",
    ...timesOf("date_on_sale_from", null),
    ...timesOf("date_on_sale_to", null),
    on_sale: false,
    status: item.status,
    purchasable: item.regularPrice !== "",
    virtual: false,
    downloadable: false,
    downloads: [],
    download_limit: -1,
    download_expiry: -1,
    tax_status: "taxable",
    tax_class: "",
    manage_stock: managed,
    stock_quantity: holder?.stock ?? null,
    stock_status: sellable === 0 ? "outofstock" : "instock",
    backorders: "no",
    backorders_allowed: false,
    backordered: false,
    weight: "",
    dimensions: { length: "", width: "", height: "" },
    shipping_class: "",
    shipping_class_id: 0,
    menu_order: 0,
    meta_data: [],
  };
}

export function wireProduct(item: Item, variations: readonly Item[]): object {
  const slug = item.name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return {
    ...commonFields(item),
    name: item.name,
    slug,
    permalink: `${shopHome}/product/${slug}/`,
    type: item.type === "variation" ? "variation" : item.type,
    featured: false,
    catalog_visibility: "visible",
    short_description: "",
    price_html: "",
    total_sales: 0,
    external_url: "",
    button_text: "",
    sold_individually: false,
    shipping_required: true,
    shipping_taxable: true,
    reviews_allowed: true,
    average_rating: "0.00",
    rating_count: 0,
    related_ids: [],
    upsell_ids: [],
    cross_sell_ids: [],
    parent_id: item.parent?.id ?? 0,
    purchase_note: "",
    categories: [],
    tags: [],
    images: [],
    attributes: item.type === "variable" ? [attributeOf(variations)] : [],
    default_attributes: [],
    variations: variations.map(({ id }) => id),
    grouped_products: [],
    global_unique_id: "",
    _links: links(`products/${String(item.id)}`),
  };
}

function attributeOf(variations: readonly Item[]) {
  return {
    id: 6,
    name: "Size",
    position: 0,
    visible: true,
    variation: true,
    options: variations.map(({ option }) => option ?? ""),
  };
}

/** @param isOfAll from the list of all variations, which names the product (WooCommerce 10.3) */
export function wireVariation(item: Item, isOfAll: boolean): object {
  const productId = item.parent?.id ?? 0;
  return {
    ...commonFields(item),
    ...(isOfAll && { parent_id: productId }),
    permalink: `${shopHome}/?p=${String(productId)}&attribute_pa_size=${item.option ?? ""}`,
    image: { id: 0, src: "", name: "", alt: "" },
    attributes: [{ id: 6, name: "Size", option: item.option ?? "" }],
    global_unique_id: "",
    _links: links(`products/${String(productId)}/variations/${String(item.id)}`),
  };
}
