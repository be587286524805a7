CREATE TABLE `epochs` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`epoch` text NOT NULL
);
