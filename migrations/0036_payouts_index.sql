DROP INDEX `payouts_ready`;--> statement-breakpoint
CREATE INDEX `payouts_ready_by_size` ON `payouts` (`batch_id`,`asset`,length(units),`units`) WHERE status = 'ready';--> statement-breakpoint
CREATE INDEX `payouts_ready` ON `payouts` (`batch_id`,`asset`,`line`) WHERE status = 'ready';