ALTER TABLE `dead_letters` ADD `version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `status` text DEFAULT 'waiting' NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `facts` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `origin` text;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `type` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `dead_letters` ADD `cause` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `dead_letters_origin` ON `dead_letters` (`origin`);--> statement-breakpoint
CREATE INDEX `dead_letters_status` ON `dead_letters` (`status`,`id`);