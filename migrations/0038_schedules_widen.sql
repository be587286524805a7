PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`mandate_id` text NOT NULL,
	`kind` text DEFAULT 'trade_funding' NOT NULL,
	`asset` text NOT NULL,
	`amount` text,
	`units` text,
	`recurrence` text NOT NULL,
	`start_at` text NOT NULL,
	`end_at` text,
	`runs_max` integer,
	`catch_up` text NOT NULL,
	`catch_up_hours_max` integer NOT NULL,
	`failures_max` integer DEFAULT 3 NOT NULL,
	`failures_since` text DEFAULT '' NOT NULL,
	`trigger_kind` text,
	`fired` text,
	`runs` integer NOT NULL,
	`next_slot` text,
	CONSTRAINT "schedules_of_the_desk" CHECK("__new_schedules"."kind" <> 'withdrawal'),
	CONSTRAINT "schedules_fixed_has_units" CHECK("__new_schedules"."units" IS NOT NULL OR coalesce("__new_schedules"."amount" ->> 'kind', 'fixed') <> 'fixed')
);
--> statement-breakpoint
INSERT INTO `__new_schedules`("id", "version", "status", "facts", "created_at", "account_id", "mandate_id", "asset", "units", "recurrence", "start_at", "end_at", "runs_max", "catch_up", "catch_up_hours_max", "failures_max", "failures_since", "trigger_kind", "fired", "runs", "next_slot") SELECT "id", "version", "status", "facts", "created_at", "account_id", "mandate_id", "asset", "units", "recurrence", "start_at", "end_at", "runs_max", "catch_up", "catch_up_hours_max", "failures_max", "failures_since", "trigger_kind", "fired", "runs", "next_slot" FROM `schedules`;--> statement-breakpoint
DROP TABLE `schedules`;--> statement-breakpoint
ALTER TABLE `__new_schedules` RENAME TO `schedules`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `schedules_account` ON `schedules` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `schedules_mandate` ON `schedules` (`mandate_id`,`id`);--> statement-breakpoint
CREATE INDEX `schedules_due` ON `schedules` (`next_slot`) WHERE status = 'active' AND next_slot IS NOT NULL;--> statement-breakpoint
CREATE INDEX `schedules_triggered` ON `schedules` (`trigger_kind`,`account_id`,`id`) WHERE status = 'active' AND trigger_kind IS NOT NULL;