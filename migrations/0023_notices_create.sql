CREATE TABLE `contact_addresses` (
	`contact_id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `contacts` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `contacts_account` ON `contacts` (`account_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_one_active` ON `contacts` (`account_id`) WHERE status = 'active';--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_one_pending` ON `contacts` (`account_id`) WHERE status = 'pending';--> statement-breakpoint
CREATE TABLE `notice_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`entry_id` text NOT NULL,
	`kind` text NOT NULL,
	`channel` text NOT NULL,
	`target` text NOT NULL,
	`created_at` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at` text,
	`last_attempt_at` text,
	`sent_at` text,
	`last_status` integer,
	`last_problem` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notice_deliveries_once` ON `notice_deliveries` (`entry_id`,`target`);--> statement-breakpoint
CREATE INDEX `notice_deliveries_due` ON `notice_deliveries` (`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `notice_deliveries_target` ON `notice_deliveries` (`target`,`id`);--> statement-breakpoint
CREATE INDEX `notice_deliveries_sent` ON `notice_deliveries` (`target`,`sent_at`);--> statement-breakpoint
CREATE INDEX `notice_deliveries_age` ON `notice_deliveries` (`created_at`);--> statement-breakpoint
CREATE TABLE `notice_preferences` (
	`holder` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`muted` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhook_endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`url` text NOT NULL,
	`description` text NOT NULL,
	`account_id` text,
	`kinds` text,
	`secrets` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_endpoints_status` ON `webhook_endpoints` (`status`,`id`);