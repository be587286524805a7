CREATE TABLE `event_days` (
	`day` text PRIMARY KEY NOT NULL,
	`received` integer NOT NULL,
	`duplicates` integer NOT NULL,
	`out_of_order` integer NOT NULL,
	`backfilled` integer NOT NULL,
	`orphans` integer NOT NULL,
	`strange` integer NOT NULL,
	`lag_seconds_sum` integer NOT NULL,
	`lag_seconds_max` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `status` text DEFAULT 'waiting' NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `facts` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `origin` text;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `type` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `cause` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `dead_letters_origin` ON `dead_letters` (`origin`);--> statement-breakpoint
CREATE INDEX `dead_letters_status` ON `dead_letters` (`status`,`id`);--> statement-breakpoint
ALTER TABLE `inbox` ADD `subject` text;--> statement-breakpoint
ALTER TABLE `inbox` ADD `date` text;--> statement-breakpoint
ALTER TABLE `inbox` ADD `next_look_at` text;--> statement-breakpoint
ALTER TABLE `inbox` ADD `looks` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `inbox_subject` ON `inbox` (`subject`,`date`);--> statement-breakpoint
CREATE INDEX `inbox_orphans` ON `inbox` (`next_look_at`) WHERE outcome = 'orphan';