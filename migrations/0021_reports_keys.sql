CREATE TABLE `account_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`label` text NOT NULL,
	`reports` text NOT NULL,
	`hash` text NOT NULL,
	`expires_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `account_keys_hash` ON `account_keys` (`hash`);--> statement-breakpoint
CREATE INDEX `account_keys_account` ON `account_keys` (`account_id`,`id`);--> statement-breakpoint
ALTER TABLE `movements` ADD `doubt` text;--> statement-breakpoint
CREATE INDEX `movements_wanted` ON `movements` (`account_id`,`at`,`id`) WHERE doubt IS NULL;--> statement-breakpoint
CREATE INDEX `journal_account_kind` ON `journal` (`account_id`,`kind`,`at`,`id`);