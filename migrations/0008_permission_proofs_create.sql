CREATE TABLE `permission_proofs` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`result` text NOT NULL,
	`proven_at` text NOT NULL,
	`read` text NOT NULL,
	`holders` text NOT NULL,
	`findings` text NOT NULL,
	`created_at` text NOT NULL,
	CONSTRAINT "permission_proofs_sound_finds_nothing" CHECK("permission_proofs"."result" IN ('sound', 'unsound') AND ("permission_proofs"."result" = 'sound') = ("permission_proofs"."findings" = '[]'))
);
--> statement-breakpoint
CREATE INDEX `permission_proofs_age` ON `permission_proofs` (`proven_at`,`id`);--> statement-breakpoint
CREATE INDEX `permission_proofs_result` ON `permission_proofs` (`result`,`proven_at`);