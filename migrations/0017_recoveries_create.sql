CREATE TABLE `recoveries` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`account_id` text NOT NULL,
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
CREATE UNIQUE INDEX `recoveries_custody` ON `recoveries` (`custody_id`);--> statement-breakpoint
CREATE INDEX `recoveries_account` ON `recoveries` (`account_id`);