CREATE TABLE `sightings` (
	`custody_id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`found` text NOT NULL,
	`seen_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sightings_shared` ON `sightings` (`kind`,`custody_id`);