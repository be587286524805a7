CREATE TABLE `order_waits` (
	`order_id` text PRIMARY KEY NOT NULL,
	`since` text NOT NULL,
	`next_look_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `order_waits_age` ON `order_waits` (`next_look_at`);