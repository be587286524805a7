CREATE TABLE `arrivals` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`order_id` text NOT NULL,
	`transfer_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`venue` text NOT NULL,
	`venue_account` text NOT NULL,
	`asset` text NOT NULL,
	`symbol` text NOT NULL,
	`units` text NOT NULL,
	`next_read_at` text NOT NULL,
	`ended_at` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `arrivals_transfer` ON `arrivals` (`transfer_id`);--> statement-breakpoint
CREATE INDEX `arrivals_order` ON `arrivals` (`order_id`);--> statement-breakpoint
CREATE INDEX `arrivals_due` ON `arrivals` (`next_read_at`) WHERE status = 'awaited';--> statement-breakpoint
CREATE INDEX `arrivals_of_venue` ON `arrivals` (`venue_account`,`symbol`,`ended_at`);