ALTER TABLE `schedules` ADD `failures_max` integer DEFAULT 3 NOT NULL;--> statement-breakpoint
ALTER TABLE `schedules` ADD `failures_since` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `schedules` ADD `trigger_kind` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `fired` text;--> statement-breakpoint
CREATE INDEX `schedules_triggered` ON `schedules` (`trigger_kind`,`account_id`,`id`) WHERE status = 'active' AND trigger_kind IS NOT NULL;