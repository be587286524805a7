CREATE TABLE `checkpoints` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`epoch` text NOT NULL,
	`from_place` integer NOT NULL,
	`to_place` integer NOT NULL,
	`root` text NOT NULL,
	`at` text NOT NULL,
	`jws` text NOT NULL,
	`hash` text NOT NULL,
	CONSTRAINT "checkpoints_range" CHECK("checkpoints"."from_place" >= 1 AND "checkpoints"."from_place" <= "checkpoints"."to_place"),
	CONSTRAINT "checkpoints_hash_shape" CHECK(length("checkpoints"."hash") = 64 AND length("checkpoints"."root") = 64)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `checkpoints_places` ON `checkpoints` (`to_place`);--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_journal` (
	`place` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`subject_id` text NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`account_id` text,
	`wallet_id` text,
	`policy_id` text,
	`actor` text NOT NULL,
	`actor_role` text NOT NULL,
	`request_id` text NOT NULL,
	`at` text NOT NULL,
	`data` text NOT NULL,
	`hash` text NOT NULL,
	CONSTRAINT "journal_version_positive" CHECK("__new_journal"."version" >= 1),
	CONSTRAINT "journal_hash_shape" CHECK(length("__new_journal"."hash") = 64)
);
--> statement-breakpoint
INSERT INTO `__new_journal`("place", "id", "subject_id", "version", "kind", "account_id", "wallet_id", "policy_id", "actor", "actor_role", "request_id", "at", "data", "hash") SELECT NULL, "id", "subject_id", "version", "kind", "account_id", NULL, NULL, "actor", "actor_role", "request_id", "at", "data", "hash" FROM `journal`;--> statement-breakpoint
DROP TABLE `journal`;--> statement-breakpoint
ALTER TABLE `__new_journal` RENAME TO `journal`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `journal_id` ON `journal` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `journal_subject_version` ON `journal` (`subject_id`,`version`);--> statement-breakpoint
CREATE INDEX `journal_account` ON `journal` (`account_id`);--> statement-breakpoint
CREATE INDEX `journal_account_kind` ON `journal` (`account_id`,`kind`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `journal_wallet` ON `journal` (`wallet_id`) WHERE wallet_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `journal_policy` ON `journal` (`policy_id`) WHERE policy_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `journal_actor` ON `journal` (`actor`);--> statement-breakpoint
CREATE INDEX `journal_kind` ON `journal` (`kind`);--> statement-breakpoint
CREATE INDEX `journal_at` ON `journal` (`at`);