CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`received_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `_guard` (
	`rule` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reviews` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`mode` text NOT NULL,
	`verdict` text NOT NULL,
	`kind` text NOT NULL,
	`wallet_id` text,
	`facts` text NOT NULL,
	`findings` text NOT NULL,
	`outlays` text NOT NULL,
	`asked` text NOT NULL,
	`pending_at` text NOT NULL,
	`received_at` text NOT NULL,
	`decided_at` text NOT NULL,
	`voted_at` text,
	`expires_at` text,
	`outcome` text,
	`outcome_at` text,
	`by_people` integer,
	`next_look_at` text NOT NULL,
	`told` integer NOT NULL,
	`tell_at` text,
	CONSTRAINT "reviews_shadow_never_votes" CHECK("reviews"."mode" = 'live' OR "reviews"."status" NOT IN ('intended', 'voted')),
	CONSTRAINT "reviews_voted_has_instant" CHECK("reviews"."status" <> 'voted' OR "reviews"."voted_at" IS NOT NULL),
	CONSTRAINT "reviews_intends_no_silence" CHECK("reviews"."status" <> 'intended' OR "reviews"."verdict" <> 'abstain')
);
--> statement-breakpoint
CREATE INDEX `reviews_decided` ON `reviews` (`decided_at`,`id`);--> statement-breakpoint
CREATE INDEX `reviews_open` ON `reviews` (`next_look_at`) WHERE status <> 'closed';--> statement-breakpoint
CREATE INDEX `reviews_to_tell` ON `reviews` (`tell_at`) WHERE tell_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `sanctions` (
	`edition` text NOT NULL,
	`address` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sanctions_address` ON `sanctions` (`address`,`edition`);--> statement-breakpoint
CREATE TABLE `standing` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sums` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`units` text NOT NULL
);
