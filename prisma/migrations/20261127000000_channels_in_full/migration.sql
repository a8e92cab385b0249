-- DropIndex
DROP INDEX "connection_channel_account_id_key";

-- AlterTable
ALTER TABLE "location" ADD COLUMN     "held_by" UUID;

-- AlterTable
ALTER TABLE "sku" ADD COLUMN     "barcode" TEXT;

-- AlterTable
ALTER TABLE "connection" ADD COLUMN     "at_zero" TEXT NOT NULL DEFAULT 'zero',
ADD COLUMN     "event_todo" TEXT,
ADD COLUMN     "event_topics" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "events_due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "health" JSONB,
ADD COLUMN     "health_due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "marketplace" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "token_holder_id" UUID;

-- AlterTable
ALTER TABLE "listing" ADD COLUMN     "barcode" TEXT,
ADD COLUMN     "channel_sku" TEXT,
ADD COLUMN     "channel_state" TEXT NOT NULL DEFAULT 'active',
ADD COLUMN     "currency" TEXT,
ADD COLUMN     "ignored" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "import_id" UUID,
ADD COLUMN     "listing_key" TEXT,
ADD COLUMN     "matched_by" TEXT,
ADD COLUMN     "paused_as" TEXT,
ADD COLUMN     "price_attempts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "price_due_at" TIMESTAMPTZ(6),
ADD COLUMN     "price_error" TEXT,
ADD COLUMN     "price_minor" BIGINT,
ADD COLUMN     "price_sent_at" TIMESTAMPTZ(6),
ADD COLUMN     "title" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "url" TEXT,
ADD COLUMN     "wanted_minor" BIGINT;

-- AlterTable
ALTER TABLE "rate_bucket" ADD COLUMN     "day" DATE NOT NULL DEFAULT CURRENT_DATE,
ADD COLUMN     "day_count" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "connect_attempt" (
    "shop_id" UUID NOT NULL,
    "state_hash" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "connection_id" UUID,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "used_at" TIMESTAMPTZ(6),

    CONSTRAINT "connect_attempt_pkey" PRIMARY KEY ("shop_id","state_hash")
);

-- CreateTable
CREATE TABLE "import_run" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'running',
    "cursor" TEXT,
    "seen" INTEGER NOT NULL DEFAULT 0,
    "added" INTEGER NOT NULL DEFAULT 0,
    "changed" INTEGER NOT NULL DEFAULT 0,
    "missing" INTEGER NOT NULL DEFAULT 0,
    "matched" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "import_run_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "match_suggestion" (
    "shop_id" UUID NOT NULL,
    "listing_id" UUID NOT NULL,
    "sku_id" UUID NOT NULL,
    "rule" TEXT NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "match_suggestion_pkey" PRIMARY KEY ("shop_id","listing_id","sku_id")
);

-- CreateTable
CREATE TABLE "bundle_component" (
    "shop_id" UUID NOT NULL,
    "bundle_sku_id" UUID NOT NULL,
    "component_sku_id" UUID NOT NULL,
    "quantity" INTEGER NOT NULL,

    CONSTRAINT "bundle_component_pkey" PRIMARY KEY ("shop_id","bundle_sku_id","component_sku_id")
);

-- CreateTable
CREATE TABLE "bulk_job" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "handle" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'running',
    "size" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "poll_due_at" TIMESTAMPTZ(6) NOT NULL,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "bulk_job_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "fulfilment" (
    "shop_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "order_id" TEXT NOT NULL,
    "parcel_number" INTEGER NOT NULL,
    "lines" JSONB NOT NULL,
    "carrier" TEXT NOT NULL,
    "carrier_name" TEXT NOT NULL,
    "tracking_number" TEXT NOT NULL,
    "tracking_url" TEXT,
    "shipped_at" TIMESTAMPTZ(6) NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6) DEFAULT CURRENT_TIMESTAMP,
    "error" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(6),

    CONSTRAINT "fulfilment_pkey" PRIMARY KEY ("shop_id","id")
);

-- CreateTable
CREATE TABLE "order_return" (
    "shop_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "return_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "lines" JSONB NOT NULL DEFAULT '[]',
    "changed_at" TIMESTAMPTZ(6) NOT NULL,
    "settled_as" TEXT,
    "settled_at" TIMESTAMPTZ(6),

    CONSTRAINT "order_return_pkey" PRIMARY KEY ("shop_id","connection_id","return_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "connect_attempt_state_hash_key" ON "connect_attempt"("state_hash");

-- CreateIndex
CREATE INDEX "import_run_status_due_at_idx" ON "import_run"("status", "due_at");

-- CreateIndex
CREATE INDEX "import_run_shop_id_connection_id_started_at_idx" ON "import_run"("shop_id", "connection_id", "started_at");

-- CreateIndex
CREATE INDEX "bundle_component_shop_id_component_sku_id_idx" ON "bundle_component"("shop_id", "component_sku_id");

-- CreateIndex
CREATE INDEX "bulk_job_shop_id_connection_id_status_idx" ON "bulk_job"("shop_id", "connection_id", "status");

-- CreateIndex
CREATE INDEX "fulfilment_status_next_attempt_at_idx" ON "fulfilment"("status", "next_attempt_at");

-- CreateIndex
CREATE UNIQUE INDEX "fulfilment_shop_id_connection_id_order_id_parcel_number_key" ON "fulfilment"("shop_id", "connection_id", "order_id", "parcel_number");

-- CreateIndex
CREATE INDEX "order_return_shop_id_settled_at_idx" ON "order_return"("shop_id", "settled_at");

-- CreateIndex
CREATE UNIQUE INDEX "connection_channel_account_id_marketplace_key" ON "connection"("channel", "account_id", "marketplace");

-- CreateIndex
CREATE UNIQUE INDEX "listing_shop_id_connection_id_listing_key_key" ON "listing"("shop_id", "connection_id", "listing_key");


-- Finding the SKU of a listing: by its text whatever case and spaces, by barcode, by a title that is nearly the same.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX "sku_plain_code" ON "sku"("shop_id", (lower(regexp_replace("code", '[^[:alnum:]]', '', 'g'))));
CREATE INDEX "sku_barcode" ON "sku"("shop_id", "barcode") WHERE "barcode" IS NOT NULL;
CREATE INDEX "sku_title_words" ON "sku" USING gin ("title" gin_trgm_ops);
-- Work that waits, found without reading what is done.
CREATE INDEX "listing_unmatched" ON "listing"("shop_id", "connection_id", "id") WHERE "sku_id" IS NULL AND NOT "ignored";
CREATE INDEX "push_queued" ON "push"("shop_id", "batch_id") WHERE "outcome" = 'queued';
CREATE INDEX "listing_ended" ON "listing"("shop_id", "connection_id") WHERE "state" = 'ended';
CREATE INDEX "listing_paused" ON "listing"("shop_id", "connection_id") WHERE "paused_as" IS NOT NULL;
CREATE INDEX "bulk_job_running" ON "bulk_job"("poll_due_at") WHERE "status" = 'running';
CREATE INDEX "listing_price_due" ON "listing"("price_due_at") WHERE "wanted_minor" IS NOT NULL;
