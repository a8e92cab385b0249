import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";

/** What /metrics shows. Labels name the channel kind, never a shop or a SKU (reference/product.md C6). */
export const metricsRegistry = new Registry();
collectDefaultMetrics({ register: metricsRegistry });

export const webhookDeliveries = new Counter({
  name: "webhook_deliveries_total",
  help: "Deliveries at the webhook door, by channel and outcome",
  labelNames: ["channel", "outcome"],
  registers: [metricsRegistry],
});

export const webhookAckSeconds = new Histogram({
  name: "webhook_ack_seconds",
  help: "From the first byte of a delivery to our answer",
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  registers: [metricsRegistry],
});
