ALTER TABLE `outbox` ADD `wake` text;--> statement-breakpoint
CREATE INDEX `outbox_queue` ON `outbox` (`queue`,`due_at`);--> statement-breakpoint
CREATE INDEX `outbox_in_flight` ON `outbox` (`due_at`) WHERE queue = 'events' AND postponed = 0;--> statement-breakpoint
CREATE UNIQUE INDEX `outbox_wake` ON `outbox` (`wake`) WHERE wake IS NOT NULL;