CREATE TABLE `limits_changes` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`direction` text NOT NULL,
	`template` text,
	`daily_changes` text NOT NULL,
	`asked_by` text NOT NULL,
	`next_look_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `limits_changes_account` ON `limits_changes` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `limits_changes_due` ON `limits_changes` (`next_look_at`) WHERE status IN ('proposed', 'confirmed');--> statement-breakpoint
CREATE UNIQUE INDEX `limits_changes_one_open` ON `limits_changes` (`account_id`,`direction`) WHERE status IN ('proposed', 'confirmed');--> statement-breakpoint
ALTER TABLE `accounts` ADD `daily_limits` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `wallets` ADD `key_id` text;--> statement-breakpoint
CREATE INDEX `wallets_key` ON `wallets` (`key_id`);--> statement-breakpoint
CREATE INDEX `wallets_status` ON `wallets` (`status`,`id`);