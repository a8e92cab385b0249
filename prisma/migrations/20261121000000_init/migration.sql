-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL,
    "shop" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "isOnline" BOOLEAN NOT NULL DEFAULT false,
    "scope" TEXT,
    "expires" TIMESTAMP(3),
    "accessToken" TEXT NOT NULL,
    "userId" BIGINT,
    "firstName" TEXT,
    "lastName" TEXT,
    "email" TEXT,
    "accountOwner" BOOLEAN NOT NULL DEFAULT false,
    "locale" TEXT,
    "collaborator" BOOLEAN DEFAULT false,
    "emailVerified" BOOLEAN DEFAULT false,
    "refreshToken" TEXT,
    "refreshTokenExpires" TIMESTAMP(3),

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shop" (
    "id" UUID NOT NULL,
    "domain" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'installed',
    "currency" TEXT NOT NULL DEFAULT 'USD',
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "installed_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "uninstalled_at" TIMESTAMPTZ(6),

    CONSTRAINT "shop_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(6),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "location" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "external_id" TEXT,

    CONSTRAINT "location_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "sku" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "title" TEXT NOT NULL DEFAULT '',
    "safety_stock" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sku_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "stock_level" (
    "shop_id" UUID NOT NULL,
    "sku_id" UUID NOT NULL,
    "location_id" UUID NOT NULL,
    "on_hand" INTEGER NOT NULL DEFAULT 0,
    "committed" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_level_pkey" PRIMARY KEY ("shop_id","sku_id","location_id")
);

-- CreateTable
CREATE TABLE "ledger_head" (
    "shop_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "ledger_head_pkey" PRIMARY KEY ("shop_id")
);

-- CreateTable
CREATE TABLE "ledger_entry" (
    "shop_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "sku_id" UUID NOT NULL,
    "location_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "on_hand_delta" INTEGER NOT NULL,
    "committed_delta" INTEGER NOT NULL,
    "on_hand_after" INTEGER NOT NULL,
    "committed_after" INTEGER NOT NULL,
    "level_version" INTEGER NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "content_hash" TEXT NOT NULL,
    "channel" TEXT,
    "connection_id" UUID,
    "order_id" TEXT,
    "actor" TEXT NOT NULL,
    "reason" TEXT,
    "correlation_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(6) NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("shop_id","seq")
);

-- CreateTable
CREATE TABLE "connection" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "secrets" TEXT NOT NULL,
    "settings" JSONB NOT NULL DEFAULT '{}',
    "access_token" TEXT,
    "access_token_until" TIMESTAMPTZ(6),
    "status" TEXT NOT NULL DEFAULT 'active',
    "paused_reason" TEXT,
    "offset_seq" BIGINT NOT NULL DEFAULT 0,
    "lease_token" UUID,
    "outage_count" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6),
    "poll_cursor" TEXT,
    "poll_due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "connection_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "listing" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "sku_id" UUID,
    "external_ids" JSONB NOT NULL,
    "order_key" TEXT NOT NULL,
    "location_id" UUID,
    "state" TEXT NOT NULL DEFAULT 'active',
    "expected_qty" INTEGER,
    "acked_qty" INTEGER,
    "acked_seq" BIGINT NOT NULL DEFAULT 0,
    "acked_at" TIMESTAMPTZ(6),
    "lag_ms" INTEGER,
    "inflight_push_id" UUID,
    "last_error" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6),
    "due_since" TIMESTAMPTZ(6),
    "sold_seq" BIGINT NOT NULL DEFAULT 0,
    "read_due_at" TIMESTAMPTZ(6),
    "drift_qty" INTEGER,
    "drift_since" TIMESTAMPTZ(6),
    "writes_on" DATE,
    "writes_count" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "listing_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "push" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "listing_id" UUID NOT NULL,
    "sku_id" UUID NOT NULL,
    "batch_id" UUID NOT NULL,
    "from_seq" BIGINT NOT NULL,
    "to_seq" BIGINT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "delta" INTEGER NOT NULL,
    "outcome" TEXT NOT NULL DEFAULT 'sending',
    "fault_kind" TEXT,
    "answer" TEXT,
    "sent_at" TIMESTAMPTZ(6) NOT NULL,
    "answered_at" TIMESTAMPTZ(6),
    "lag_ms" INTEGER,

    CONSTRAINT "push_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "inbound_event" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "external_event_id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "resolved" JSONB,
    "status" TEXT NOT NULL DEFAULT 'ready',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6),
    "error" TEXT,
    "correlation_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(6),
    "received_at" TIMESTAMPTZ(6) NOT NULL,
    "done_at" TIMESTAMPTZ(6),

    CONSTRAINT "inbound_event_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "order" (
    "shop_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "order_id" TEXT NOT NULL,
    "revision" BIGINT NOT NULL,
    "cancelled" BOOLEAN NOT NULL DEFAULT false,
    "test" BOOLEAN NOT NULL DEFAULT false,
    "placed_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "order_pkey" PRIMARY KEY ("shop_id","connection_id","order_id")
);

-- CreateTable
CREATE TABLE "order_line" (
    "shop_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "order_id" TEXT NOT NULL,
    "line_id" TEXT NOT NULL,
    "sku_id" UUID,
    "quantity" INTEGER NOT NULL,
    "oversold" INTEGER NOT NULL DEFAULT 0,
    "shipped" INTEGER NOT NULL DEFAULT 0,
    "allocations" JSONB NOT NULL DEFAULT '{}',
    "revision" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,

    CONSTRAINT "order_line_pkey" PRIMARY KEY ("shop_id","connection_id","order_id","line_id")
);

-- CreateTable
CREATE TABLE "dead_letter" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "history" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_as" TEXT,
    "settled_why" TEXT,
    "settled_at" TIMESTAMPTZ(6),

    CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "alert" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "severity" TEXT NOT NULL,
    "dedupe_key" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "count" INTEGER NOT NULL DEFAULT 1,
    "first_seen" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acked_at" TIMESTAMPTZ(6),

    CONSTRAINT "alert_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "rate_bucket" (
    "shop_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "operation" TEXT NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "refilled_at" TIMESTAMPTZ(6) NOT NULL,
    "closed_until" TIMESTAMPTZ(6) NOT NULL DEFAULT '-infinity',

    CONSTRAINT "rate_bucket_pkey" PRIMARY KEY ("shop_id","connection_id","operation")
);

-- CreateTable
CREATE TABLE "heartbeat" (
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "heartbeat_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "wake" (
    "shop_id" UUID NOT NULL,
    "queue" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "awake_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "wake_pkey" PRIMARY KEY ("shop_id","queue","subject_id")
);

-- CreateIndex
CREATE INDEX "Session_shop_idx" ON "Session"("shop");

-- CreateIndex
CREATE UNIQUE INDEX "shop_domain_key" ON "shop"("domain");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_hash_key" ON "api_token"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "location_shop_id_external_id_key" ON "location"("shop_id", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "sku_shop_id_code_key" ON "sku"("shop_id", "code");

-- CreateIndex
CREATE INDEX "ledger_entry_shop_id_sku_id_seq_idx" ON "ledger_entry"("shop_id", "sku_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_entry_shop_id_idempotency_key_key" ON "ledger_entry"("shop_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "connection_shop_id_idx" ON "connection"("shop_id");

-- CreateIndex
CREATE UNIQUE INDEX "connection_channel_account_id_key" ON "connection"("channel", "account_id");

-- CreateIndex
CREATE INDEX "listing_shop_id_connection_id_order_key_idx" ON "listing"("shop_id", "connection_id", "order_key");

-- CreateIndex
CREATE INDEX "listing_shop_id_connection_id_sku_id_idx" ON "listing"("shop_id", "connection_id", "sku_id");

-- CreateIndex
CREATE INDEX "listing_shop_id_sku_id_idx" ON "listing"("shop_id", "sku_id");

-- CreateIndex
CREATE INDEX "push_shop_id_listing_id_to_seq_idx" ON "push"("shop_id", "listing_id", "to_seq");

-- CreateIndex
CREATE INDEX "push_shop_id_connection_id_answered_at_idx" ON "push"("shop_id", "connection_id", "answered_at");

-- CreateIndex
CREATE UNIQUE INDEX "inbound_event_shop_id_connection_id_external_event_id_key" ON "inbound_event"("shop_id", "connection_id", "external_event_id");

-- CreateIndex
CREATE INDEX "dead_letter_shop_id_connection_id_settled_at_idx" ON "dead_letter"("shop_id", "connection_id", "settled_at");

-- CreateIndex
CREATE UNIQUE INDEX "alert_shop_id_dedupe_key_key" ON "alert"("shop_id", "dedupe_key");


-- Work that waits, found without reading what is done (Prisma has no partial indexes).
CREATE INDEX "inbound_event_waiting" ON "inbound_event"("shop_id", "id") WHERE "status" IN ('ready', 'hint');
CREATE INDEX "listing_due" ON "listing"("shop_id", "connection_id", "next_attempt_at") WHERE "next_attempt_at" IS NOT NULL;
CREATE INDEX "listing_read_due" ON "listing"("shop_id", "connection_id", "read_due_at") WHERE "read_due_at" IS NOT NULL;
CREATE INDEX "push_sending" ON "push"("shop_id", "connection_id") WHERE "outcome" = 'sending';
CREATE INDEX "order_line_oversold" ON "order_line"("shop_id", "sku_id") WHERE "oversold" > 0;
-- Buckets may be lost in a crash: they then start full.
ALTER TABLE "rate_bucket" SET UNLOGGED;
-- Hot rows keep room on their page, so that an update stays on it (HOT) and leaves the indexes alone.
ALTER TABLE "stock_level" SET (fillfactor = 50);
ALTER TABLE "ledger_head" SET (fillfactor = 10);
ALTER TABLE "wake" SET (fillfactor = 10);
ALTER TABLE "listing" SET (fillfactor = 70);
CREATE INDEX "listing_external_ids" ON "listing" USING gin ("external_ids" jsonb_path_ops);
