/** The queues, each a kind of wake-up. A job carries ids, never a quantity: the truth is in Postgres. */
export const queueNames = ["ingest", "resolve", "propagate"] as const;
export type QueueName = (typeof queueNames)[number];
