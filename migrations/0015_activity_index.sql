ALTER TABLE `movements` ADD `doubt` text;--> statement-breakpoint
CREATE INDEX `movements_wanted` ON `movements` (`account_id`,`at`,`id`) WHERE doubt IS NULL;--> statement-breakpoint
CREATE INDEX `journal_account_kind` ON `journal` (`account_id`,`kind`,`at`,`id`);