CREATE TABLE `screening_addresses` (
	`list_id` text NOT NULL,
	`family` text NOT NULL,
	`address` text NOT NULL,
	PRIMARY KEY(`list_id`, `family`, `address`)
);
--> statement-breakpoint
CREATE TABLE `screening_lists` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`edition` text NOT NULL,
	`hash` text NOT NULL,
	`address_count` integer NOT NULL,
	`loaded_by` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `screening_lists_one_active` ON `screening_lists` (`status`) WHERE status = 'active';--> statement-breakpoint
CREATE INDEX `destinations_refused` ON `destinations` (`account_id`,`network`,`address`,`id`) WHERE status = 'refused';