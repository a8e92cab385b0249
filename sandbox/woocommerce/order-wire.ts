import { timesOf, wooTime } from "./frame.ts";
import type { Item } from "./items.ts";
import type { WooOrder } from "./order-book.ts";
import { shopHome } from "./wire.ts";

/** An invented buyer: the app must not keep any of it. */
const buyer = {
  first_name: "Robin",
  last_name: "Example",
  company: "",
  address_1: "1 Example Street",
  address_2: "",
  city: "Springfield",
  state: "IL",
  postcode: "62701",
  country: "US",
};
const contact = { email: "robin@example.com", phone: "(555) 010-0000" };

/** The id of an order's only line. */
export function lineIdOf({ id }: WooOrder): number {
  return id * 10 + 1;
}

/** An order as the REST API and its webhooks tell it (specs/woocommerce, "Order properties"). */
export function wireOrder(order: WooOrder, item: Item): object {
  const total = (Number(order.price) * order.quantity).toFixed(2);
  const path = `${shopHome}/wp-json/wc/v3/orders`;
  return {
    id: order.id,
    parent_id: 0,
    number: String(order.id),
    order_key: `wc_order_${order.id.toString(36)}`,
    created_via: "checkout",
    version: "10.4.0",
    status: order.status,
    currency: "USD",
    ...timesOf("date_created", order.createdMs),
    ...timesOf("date_modified", order.modifiedMs),
    discount_total: "0.00",
    discount_tax: "0.00",
    shipping_total: "0.00",
    shipping_tax: "0.00",
    cart_tax: "0.00",
    total,
    total_tax: "0.00",
    prices_include_tax: false,
    customer_id: 0,
    customer_ip_address: "192.0.2.7",
    customer_user_agent: "Mozilla/5.0",
    customer_note: "",
    billing: { ...buyer, ...contact },
    shipping: buyer,
    payment_method: "bacs",
    payment_method_title: "Direct Bank Transfer",
    transaction_id: "",
    ...timesOf("date_paid", order.paidMs),
    ...timesOf("date_completed", order.completedMs),
    cart_hash: "",
    meta_data: order.meta,
    line_items: [wireLine(order, item, total)],
    tax_lines: [],
    shipping_lines: [],
    fee_lines: [],
    coupon_lines: [],
    refunds: order.refunds.map(({ id, reason, amount }) => ({ id, reason, total: `-${amount}` })),
    _links: { self: [{ href: `${path}/${String(order.id)}` }], collection: [{ href: path }] },
  };
}

function wireLine(order: WooOrder, item: Item, total: string): object {
  const counts = [
    ["_reduced_stock", order.reduced],
    ["_restock_refunded_items", order.restocked],
  ] as const;
  return {
    id: lineIdOf(order),
    name: item.option === null ? item.name : `${item.name} - ${item.option}`,
    product_id: item.parent?.id ?? item.id,
    variation_id: item.parent ? item.id : 0,
    quantity: order.quantity,
    tax_class: "",
    subtotal: total,
    subtotal_tax: "0.00",
    total,
    total_tax: "0.00",
    taxes: [],
    meta_data: counts
      .filter(([, units]) => units > 0)
      .map(([key, units], index) => ({ id: lineIdOf(order) + index, key, value: String(units) })),
    sku: item.sku?.code ?? "",
    price: Number(order.price),
  };
}

export function wireRefund(order: WooOrder, item: Item, index: number): object {
  const refund = order.refunds[index];
  if (!refund) return {};
  const { id, reason, amount, units, createdMs } = refund;
  const lines = [{ ...wireLine(order, item, `-${amount}`), id: id * 10 + 1, quantity: -units }];
  return {
    id,
    ...timesOf("date_created", createdMs),
    amount,
    reason,
    refunded_by: 1,
    refunded_payment: false,
    meta_data: [],
    line_items: units > 0 ? lines : [],
    _links: {
      self: [
        { href: `${shopHome}/wp-json/wc/v3/orders/${String(order.id)}/refunds/${String(id)}` },
      ],
    },
  };
}

export function wireNote(order: WooOrder, note: WooOrder["notes"][number]): object {
  return {
    id: note.id,
    author: "Lockstep",
    date_created: wooTime(note.createdMs),
    date_created_gmt: wooTime(note.createdMs),
    note: note.note,
    customer_note: note.customer,
    _links: {
      self: [
        { href: `${shopHome}/wp-json/wc/v3/orders/${String(order.id)}/notes/${String(note.id)}` },
      ],
    },
  };
}

/** As the Shipment Tracking plugin answers. */
export function wireTracking(tracking: WooOrder["trackings"][number]): object {
  return {
    tracking_id: tracking.id,
    tracking_provider: tracking.provider,
    tracking_link: tracking.link,
    tracking_number: tracking.number,
    date_shipped: tracking.date,
  };
}
