CREATE TABLE `cursors` (
	`name` text PRIMARY KEY NOT NULL,
	`place` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `incidents_about` ON `incidents` (`kind`,`about`);