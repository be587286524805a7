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
