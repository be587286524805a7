ALTER TABLE `destinations` ADD `expires_at` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `confirm_until` text;--> statement-breakpoint
ALTER TABLE `destinations` ADD `confirmed_at` text;--> statement-breakpoint
CREATE INDEX `destinations_proposed` ON `destinations` (`expires_at`) WHERE status = 'proposed';--> statement-breakpoint
CREATE INDEX `destinations_confirm_until` ON `destinations` (`confirm_until`) WHERE status = 'approved';--> statement-breakpoint
CREATE INDEX `destinations_confirmed` ON `destinations` (`confirmed_at`) WHERE status = 'approved';--> statement-breakpoint
CREATE INDEX `orders_destination` ON `orders` (`destination_id`,`due_at`);--> statement-breakpoint
CREATE INDEX `policy_changes_destination` ON `policy_changes` (`destination_id`,`status`);