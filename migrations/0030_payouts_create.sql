CREATE TABLE `hot_wallets` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`network` text NOT NULL,
	`custody_id` text NOT NULL,
	`address` text NOT NULL,
	`label` text NOT NULL,
	`preset` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `hot_wallets_custody` ON `hot_wallets` (`custody_id`) WHERE status = 'active';--> statement-breakpoint
CREATE INDEX `hot_wallets_address` ON `hot_wallets` (`network`,`address`);--> statement-breakpoint
CREATE TABLE `payees` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`network` text NOT NULL,
	`address` text NOT NULL,
	`ends` text NOT NULL,
	`name` text NOT NULL,
	`proposed_by` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `payees_alive` ON `payees` (`network`,`address`) WHERE status IN ('proposed', 'confirmed');--> statement-breakpoint
CREATE INDEX `payees_ends` ON `payees` (`network`,`ends`) WHERE status = 'confirmed';--> statement-breakpoint
CREATE TABLE `payout_batches` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`label` text NOT NULL,
	`file_hash` text NOT NULL,
	`upload` integer NOT NULL,
	`row_count` integer NOT NULL,
	`uploaded_by` text NOT NULL,
	`editors` text NOT NULL,
	`retry_of` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `payout_batches_file` ON `payout_batches` (`file_hash`,`upload`);--> statement-breakpoint
CREATE INDEX `payout_batches_status` ON `payout_batches` (`status`,`id`);--> statement-breakpoint
CREATE TABLE `payout_counts` (
	`batch_id` text NOT NULL,
	`status` text NOT NULL,
	`rows` integer NOT NULL,
	PRIMARY KEY(`batch_id`, `status`)
);
--> statement-breakpoint
CREATE TABLE `payout_flags` (
	`batch_id` text NOT NULL,
	`check_number` integer NOT NULL,
	`line` integer NOT NULL,
	`flag` text NOT NULL,
	`detail` text NOT NULL,
	PRIMARY KEY(`batch_id`, `check_number`, `line`, `flag`)
);
--> statement-breakpoint
CREATE TABLE `payout_sums` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`asset` text NOT NULL,
	`period` text NOT NULL,
	`begins` text NOT NULL,
	`reserved` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `payouts` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`batch_id` text NOT NULL,
	`line` integer NOT NULL,
	`network` text NOT NULL,
	`asset` text NOT NULL,
	`address` text NOT NULL,
	`amount` text NOT NULL,
	`units` text,
	`reference` text,
	`origin` text NOT NULL,
	`external_id` text NOT NULL,
	`transfer_id` text,
	CONSTRAINT "payouts_ready_has_units" CHECK("payouts"."status" = 'invalid' OR "payouts"."status" = 'canceled' OR "payouts"."units" IS NOT NULL),
	CONSTRAINT "payouts_executing_has_transfer" CHECK("payouts"."status" NOT IN ('executing', 'paid', 'failed', 'rejected') OR "payouts"."transfer_id" IS NOT NULL)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `payouts_line` ON `payouts` (`batch_id`,`line`);--> statement-breakpoint
CREATE UNIQUE INDEX `payouts_external` ON `payouts` (`external_id`);--> statement-breakpoint
CREATE INDEX `payouts_status` ON `payouts` (`batch_id`,`status`,`line`);--> statement-breakpoint
CREATE INDEX `payouts_ready` ON `payouts` (`batch_id`,`network`,`line`) WHERE status = 'ready';--> statement-breakpoint
CREATE INDEX `payouts_same` ON `payouts` (`address`,`asset`,`units`,`created_at`);--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_recoveries` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`account_id` text,
	`wallet_id` text NOT NULL,
	`custody_wallet_id` text NOT NULL,
	`custody_id` text NOT NULL,
	`asset` text NOT NULL,
	`units` text NOT NULL,
	`request_body` text NOT NULL,
	`day` text NOT NULL,
	`account_limit_day_id` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_recoveries`("id", "version", "account_id", "wallet_id", "custody_wallet_id", "custody_id", "asset", "units", "request_body", "day", "account_limit_day_id", "created_at") SELECT "id", "version", "account_id", "wallet_id", "custody_wallet_id", "custody_id", "asset", "units", "request_body", "day", "account_limit_day_id", "created_at" FROM `recoveries`;--> statement-breakpoint
DROP TABLE `recoveries`;--> statement-breakpoint
ALTER TABLE `__new_recoveries` RENAME TO `recoveries`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `recoveries_custody` ON `recoveries` (`custody_id`);--> statement-breakpoint
CREATE INDEX `recoveries_account` ON `recoveries` (`account_id`);--> statement-breakpoint
CREATE TABLE `__new_transfers` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text,
	`order_id` text,
	`payout_id` text,
	`wallet_id` text NOT NULL,
	`custody_wallet_id` text NOT NULL,
	`destination_id` text,
	`asset` text NOT NULL,
	`units` text NOT NULL,
	`external_id` text NOT NULL,
	`request_body` text NOT NULL,
	`custody_id` text,
	`transaction_hash` text,
	`next_attempt_at` text NOT NULL,
	CONSTRAINT "transfers_of_order_or_payout" CHECK(("__new_transfers"."payout_id" IS NULL) = ("__new_transfers"."order_id" IS NOT NULL AND "__new_transfers"."account_id" IS NOT NULL AND "__new_transfers"."destination_id" IS NOT NULL)),
	CONSTRAINT "transfers_submitted_has_custody_id" CHECK("__new_transfers"."status" NOT IN ('submitted', 'awaiting_approval', 'broadcast', 'confirmed') OR "__new_transfers"."custody_id" IS NOT NULL),
	CONSTRAINT "transfers_confirmed_has_hash" CHECK("__new_transfers"."status" <> 'confirmed' OR "__new_transfers"."transaction_hash" IS NOT NULL)
);
--> statement-breakpoint
INSERT INTO `__new_transfers`("id", "version", "status", "facts", "created_at", "account_id", "order_id", "payout_id", "wallet_id", "custody_wallet_id", "destination_id", "asset", "units", "external_id", "request_body", "custody_id", "transaction_hash", "next_attempt_at") SELECT "id", "version", "status", "facts", "created_at", "account_id", "order_id", NULL, "wallet_id", "custody_wallet_id", "destination_id", "asset", "units", "external_id", "request_body", "custody_id", "transaction_hash", "next_attempt_at" FROM `transfers`;--> statement-breakpoint
DROP TABLE `transfers`;--> statement-breakpoint
ALTER TABLE `__new_transfers` RENAME TO `transfers`;--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_external` ON `transfers` (`external_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_custody` ON `transfers` (`custody_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_order` ON `transfers` (`order_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_payout` ON `transfers` (`payout_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_one_in_flight` ON `transfers` (`wallet_id`) WHERE status IN ('submitting', 'submitted');--> statement-breakpoint
CREATE INDEX `transfers_in_turn` ON `transfers` (`wallet_id`,`id`) WHERE status = 'prepared';--> statement-breakpoint
CREATE INDEX `transfers_account` ON `transfers` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `transfers_hash` ON `transfers` (`account_id`,`transaction_hash`);--> statement-breakpoint
CREATE INDEX `transfers_wallet` ON `transfers` (`wallet_id`,`id`) WHERE status IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review');--> statement-breakpoint
CREATE INDEX `transfers_wallet_age` ON `transfers` (`wallet_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `transfers_to_send` ON `transfers` (`next_attempt_at`) WHERE status IN ('prepared', 'submitting');--> statement-breakpoint
CREATE INDEX `transfers_to_read` ON `transfers` (`next_attempt_at`) WHERE status IN ('submitted', 'awaiting_approval', 'broadcast');--> statement-breakpoint
CREATE INDEX `transfers_stoppable` ON `transfers` (`account_id`,`id`) WHERE status IN ('submitting', 'submitted', 'awaiting_approval');--> statement-breakpoint
CREATE INDEX `transfers_stoppable_all` ON `transfers` (`id`) WHERE status IN ('submitting', 'submitted', 'awaiting_approval');--> statement-breakpoint
CREATE INDEX `transfers_by_age` ON `transfers` (`status`,`created_at`) WHERE status IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review');