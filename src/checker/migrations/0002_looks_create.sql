CREATE TABLE `looks` (
	`approval_id` text PRIMARY KEY NOT NULL,
	`next_look_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `looks_due` ON `looks` (`next_look_at`);