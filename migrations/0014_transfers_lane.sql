CREATE TABLE `cursors` (
	`name` text PRIMARY KEY NOT NULL,
	`place` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `custody_breaker` (
	`lane` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`openings` integer NOT NULL,
	`open_until` integer
);
--> statement-breakpoint
CREATE TABLE `custody_pace` (
	`share` text PRIMARY KEY NOT NULL,
	`free_at` integer NOT NULL
);
--> statement-breakpoint
DROP INDEX `transfers_due`;--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_one_in_flight` ON `transfers` (`wallet_id`) WHERE status IN ('submitting', 'submitted');--> statement-breakpoint
CREATE INDEX `transfers_in_turn` ON `transfers` (`wallet_id`,`id`) WHERE status = 'prepared';--> statement-breakpoint
CREATE INDEX `transfers_to_send` ON `transfers` (`next_attempt_at`) WHERE status IN ('prepared', 'submitting');--> statement-breakpoint
CREATE INDEX `transfers_to_read` ON `transfers` (`next_attempt_at`) WHERE status IN ('submitted', 'awaiting_approval', 'broadcast');--> statement-breakpoint
CREATE INDEX `transfers_by_age` ON `transfers` (`status`,`created_at`) WHERE status IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review');--> statement-breakpoint
CREATE INDEX `incidents_about` ON `incidents` (`kind`,`about`);