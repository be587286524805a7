PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_orders` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`mandate_id` text,
	`destination_id` text NOT NULL,
	`schedule_id` text,
	`slot` text,
	`origin` text,
	`kind` text NOT NULL,
	`asset` text NOT NULL,
	`amount` text,
	`units` text,
	`due_at` text NOT NULL,
	`not_after` text NOT NULL,
	`transfer_id` text,
	CONSTRAINT "orders_executing_has_transfer" CHECK("__new_orders"."status" NOT IN ('executing', 'executed') OR "__new_orders"."transfer_id" IS NOT NULL),
	CONSTRAINT "orders_transfer_has_units" CHECK("__new_orders"."transfer_id" IS NULL OR "__new_orders"."units" IS NOT NULL),
	CONSTRAINT "orders_slot_of_schedule" CHECK(("__new_orders"."schedule_id" IS NULL) = ("__new_orders"."slot" IS NULL)),
	CONSTRAINT "orders_without_mandate_withdraw" CHECK("__new_orders"."mandate_id" IS NOT NULL OR "__new_orders"."kind" = 'withdrawal')
);
--> statement-breakpoint
INSERT INTO `__new_orders`("id", "version", "status", "facts", "created_at", "account_id", "mandate_id", "destination_id", "schedule_id", "slot", "origin", "kind", "asset", "amount", "units", "due_at", "not_after", "transfer_id") SELECT "id", "version", "status", "facts", "created_at", "account_id", "mandate_id", "destination_id", "schedule_id", "slot", NULL, "kind", "asset", NULL, "units", "due_at", "not_after", "transfer_id" FROM `orders`;--> statement-breakpoint
DROP TABLE `orders`;--> statement-breakpoint
ALTER TABLE `__new_orders` RENAME TO `orders`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `orders_occurrence` ON `orders` (`schedule_id`,`slot`);--> statement-breakpoint
CREATE UNIQUE INDEX `orders_origin` ON `orders` (`origin`);--> statement-breakpoint
CREATE INDEX `orders_account` ON `orders` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `orders_schedule` ON `orders` (`schedule_id`,`id`);--> statement-breakpoint
CREATE INDEX `orders_status` ON `orders` (`status`,`due_at`);--> statement-breakpoint
CREATE INDEX `orders_status_page` ON `orders` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `orders_kind` ON `orders` (`kind`,`id`);--> statement-breakpoint
CREATE INDEX `orders_mandate` ON `orders` (`mandate_id`,`status`);--> statement-breakpoint
CREATE INDEX `orders_destination` ON `orders` (`destination_id`,`due_at`);--> statement-breakpoint
CREATE INDEX `transfers_wallet` ON `transfers` (`wallet_id`,`id`) WHERE status IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review');--> statement-breakpoint
CREATE INDEX `transfers_wallet_age` ON `transfers` (`wallet_id`,`created_at`);