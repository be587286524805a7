CREATE TABLE `statements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`account_id` text NOT NULL,
	`month` text NOT NULL,
	`digest` text NOT NULL,
	`is_reconciled` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `statements_month` ON `statements` (`account_id`,`month`);