CREATE TABLE `attestations` (
	`account_id` text NOT NULL,
	`sequence` integer NOT NULL,
	`jws` text NOT NULL,
	`hash` text NOT NULL,
	`checked_at` text NOT NULL,
	CONSTRAINT "attestations_hash_shape" CHECK(length("attestations"."hash") = 64)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `attestations_sequence` ON `attestations` (`account_id`,`sequence`);--> statement-breakpoint
CREATE INDEX `attestations_age` ON `attestations` (`account_id`,`checked_at`,`sequence`);