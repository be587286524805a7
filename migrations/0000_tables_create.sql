CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`client_id` text NOT NULL,
	`tag` text NOT NULL,
	`limits_template` text NOT NULL,
	`policy_id` text,
	CONSTRAINT "accounts_active_has_policy" CHECK("accounts"."status" <> 'active' OR "accounts"."policy_id" IS NOT NULL)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_client` ON `accounts` (`client_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_policy` ON `accounts` (`policy_id`);--> statement-breakpoint
CREATE INDEX `accounts_status` ON `accounts` (`status`,`id`);--> statement-breakpoint
CREATE TABLE `clients` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`account_id` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `clients_issuer_subject` ON `clients` (`issuer`,`subject`);--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`body` text NOT NULL,
	`received_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`event_id` text PRIMARY KEY NOT NULL,
	`root_id` text NOT NULL,
	`received_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `destinations` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`network` text NOT NULL,
	`address` text NOT NULL,
	`label` text NOT NULL,
	`kind` text NOT NULL,
	CONSTRAINT "destinations_approved_by_change" CHECK("destinations"."status" <> 'approved' OR json_extract("destinations"."facts", '$.changeId') IS NOT NULL)
);
--> statement-breakpoint
CREATE INDEX `destinations_account` ON `destinations` (`account_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `destinations_alive` ON `destinations` (`account_id`,`network`,`address`) WHERE status IN ('proposed', 'requested', 'in_review', 'approved', 'suspended', 'removing');--> statement-breakpoint
CREATE TABLE `fences` (
	`account_id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`result` text NOT NULL,
	`findings` text NOT NULL,
	`checked_at` text NOT NULL,
	`found` text
);
--> statement-breakpoint
CREATE INDEX `fences_age` ON `fences` (`checked_at`);--> statement-breakpoint
CREATE TABLE `_guard` (
	`rule` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `halts` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`level` text NOT NULL,
	`account_id` text,
	`mandate_id` text,
	`kind` text NOT NULL,
	`reason` text NOT NULL,
	`made_by` text NOT NULL,
	`maker_rank` integer NOT NULL,
	CONSTRAINT "halts_level_names_its_subject" CHECK(("halts"."level" = 'all' AND "halts"."account_id" IS NULL) OR ("halts"."level" = 'account' AND "halts"."account_id" IS NOT NULL AND "halts"."mandate_id" IS NULL) OR ("halts"."level" = 'mandate' AND "halts"."account_id" IS NOT NULL AND "halts"."mandate_id" IS NOT NULL))
);
--> statement-breakpoint
CREATE INDEX `halts_in_force` ON `halts` (`level`,`account_id`,`mandate_id`) WHERE status = 'active';--> statement-breakpoint
CREATE INDEX `halts_account` ON `halts` (`account_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `halts_one_fence_halt` ON `halts` (`account_id`) WHERE status = 'active' AND kind = 'fence';--> statement-breakpoint
CREATE TABLE `idempotency` (
	`actor` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`status` integer NOT NULL,
	`body` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `idempotency_actor_key` ON `idempotency` (`actor`,`key`);--> statement-breakpoint
CREATE INDEX `idempotency_age` ON `idempotency` (`created_at`);--> statement-breakpoint
CREATE TABLE `inbox` (
	`key` text PRIMARY KEY NOT NULL,
	`event_id` text NOT NULL,
	`kind` text NOT NULL,
	`outcome` text NOT NULL,
	`received_at` text NOT NULL,
	`raw_key` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `inbox_received` ON `inbox` (`received_at`);--> statement-breakpoint
CREATE TABLE `incidents` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`kind` text NOT NULL,
	`about` text NOT NULL,
	`account_id` text,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `incidents_one_open` ON `incidents` (`kind`,`about`) WHERE status = 'open';--> statement-breakpoint
CREATE INDEX `incidents_status` ON `incidents` (`status`,`id`);--> statement-breakpoint
CREATE TABLE `journal` (
	`id` text PRIMARY KEY NOT NULL,
	`subject_id` text NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`account_id` text,
	`actor` text NOT NULL,
	`actor_role` text NOT NULL,
	`request_id` text NOT NULL,
	`at` text NOT NULL,
	`data` text NOT NULL,
	`hash` text NOT NULL,
	CONSTRAINT "journal_version_positive" CHECK("journal"."version" >= 1),
	CONSTRAINT "journal_hash_shape" CHECK(length("journal"."hash") = 64)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `journal_subject_version` ON `journal` (`subject_id`,`version`);--> statement-breakpoint
CREATE INDEX `journal_account` ON `journal` (`account_id`,`id`);--> statement-breakpoint
CREATE TABLE `limit_days` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`account_id` text NOT NULL,
	`mandate_id` text NOT NULL,
	`asset` text NOT NULL,
	`day` text NOT NULL,
	`reserved` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `mandates` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`destination_id` text NOT NULL,
	`venue` text NOT NULL,
	`strategy` text NOT NULL,
	`limits` text NOT NULL,
	`valid_from` text NOT NULL,
	`valid_until` text NOT NULL,
	CONSTRAINT "mandates_period" CHECK("mandates"."valid_from" < "mandates"."valid_until")
);
--> statement-breakpoint
CREATE INDEX `mandates_account` ON `mandates` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `mandates_destination` ON `mandates` (`destination_id`,`status`);--> statement-breakpoint
CREATE INDEX `mandates_over` ON `mandates` (`status`,`valid_until`);--> statement-breakpoint
CREATE TABLE `movements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`account_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`direction` text NOT NULL,
	`asset` text NOT NULL,
	`units` text NOT NULL,
	`fee_asset` text NOT NULL,
	`fee_units` text NOT NULL,
	`from_address` text NOT NULL,
	`to_address` text NOT NULL,
	`transaction_hash` text NOT NULL,
	`position` text NOT NULL,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `movements_fact` ON `movements` (`wallet_id`,`transaction_hash`,`position`,`direction`,`asset`);--> statement-breakpoint
CREATE INDEX `movements_account` ON `movements` (`account_id`,`at`,`id`);--> statement-breakpoint
CREATE TABLE `orders` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`mandate_id` text NOT NULL,
	`destination_id` text NOT NULL,
	`schedule_id` text NOT NULL,
	`slot` text NOT NULL,
	`kind` text NOT NULL,
	`asset` text NOT NULL,
	`units` text NOT NULL,
	`due_at` text NOT NULL,
	`not_after` text NOT NULL,
	`transfer_id` text,
	CONSTRAINT "orders_executing_has_transfer" CHECK("orders"."status" NOT IN ('executing', 'executed') OR "orders"."transfer_id" IS NOT NULL)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `orders_occurrence` ON `orders` (`schedule_id`,`slot`);--> statement-breakpoint
CREATE INDEX `orders_account` ON `orders` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `orders_schedule` ON `orders` (`schedule_id`,`id`);--> statement-breakpoint
CREATE INDEX `orders_status` ON `orders` (`status`,`due_at`);--> statement-breakpoint
CREATE INDEX `orders_mandate` ON `orders` (`mandate_id`,`status`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`body` text NOT NULL,
	`created_at` text NOT NULL,
	`due_at` text NOT NULL,
	`postponed` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `outbox_due` ON `outbox` (`due_at`);--> statement-breakpoint
CREATE TABLE `policy_changes` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`destination_id` text NOT NULL,
	`policy_id` text NOT NULL,
	`operation` text NOT NULL,
	`address` text NOT NULL,
	`next_look_at` text NOT NULL,
	CONSTRAINT "policy_changes_submitted_has_request" CHECK("policy_changes"."status" <> 'submitted' OR json_extract("policy_changes"."facts", '$.changeRequestId') IS NOT NULL)
);
--> statement-breakpoint
CREATE INDEX `policy_changes_account` ON `policy_changes` (`account_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `policy_changes_due` ON `policy_changes` (`status`,`next_look_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `policy_changes_one_in_flight` ON `policy_changes` (`policy_id`) WHERE status IN ('submitting', 'submitted');--> statement-breakpoint
CREATE TABLE `schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`mandate_id` text NOT NULL,
	`asset` text NOT NULL,
	`units` text NOT NULL,
	`recurrence` text NOT NULL,
	`start_at` text NOT NULL,
	`end_at` text,
	`runs_max` integer,
	`catch_up` text NOT NULL,
	`catch_up_hours_max` integer NOT NULL,
	`runs` integer NOT NULL,
	`next_slot` text
);
--> statement-breakpoint
CREATE INDEX `schedules_account` ON `schedules` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `schedules_mandate` ON `schedules` (`mandate_id`,`id`);--> statement-breakpoint
CREATE INDEX `schedules_due` ON `schedules` (`next_slot`) WHERE status = 'active' AND next_slot IS NOT NULL;--> statement-breakpoint
CREATE TABLE `transfers` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`order_id` text NOT NULL,
	`wallet_id` text NOT NULL,
	`custody_wallet_id` text NOT NULL,
	`destination_id` text NOT NULL,
	`asset` text NOT NULL,
	`units` text NOT NULL,
	`external_id` text NOT NULL,
	`request_body` text NOT NULL,
	`custody_id` text,
	`transaction_hash` text,
	`next_attempt_at` text NOT NULL,
	CONSTRAINT "transfers_submitted_has_custody_id" CHECK("transfers"."status" NOT IN ('submitted', 'awaiting_approval', 'broadcast', 'confirmed') OR "transfers"."custody_id" IS NOT NULL),
	CONSTRAINT "transfers_confirmed_has_hash" CHECK("transfers"."status" <> 'confirmed' OR "transfers"."transaction_hash" IS NOT NULL)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_external` ON `transfers` (`external_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_custody` ON `transfers` (`custody_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `transfers_order` ON `transfers` (`order_id`);--> statement-breakpoint
CREATE INDEX `transfers_account` ON `transfers` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `transfers_hash` ON `transfers` (`account_id`,`transaction_hash`);--> statement-breakpoint
CREATE INDEX `transfers_due` ON `transfers` (`next_attempt_at`) WHERE status IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast');--> statement-breakpoint
CREATE TABLE `wallets` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`facts` text NOT NULL,
	`created_at` text NOT NULL,
	`account_id` text NOT NULL,
	`network` text NOT NULL,
	`custody_id` text,
	`address` text,
	CONSTRAINT "wallets_active_has_address" CHECK("wallets"."status" <> 'active' OR ("wallets"."custody_id" IS NOT NULL AND "wallets"."address" IS NOT NULL))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `wallets_account_network` ON `wallets` (`account_id`,`network`);--> statement-breakpoint
CREATE UNIQUE INDEX `wallets_custody` ON `wallets` (`custody_id`);--> statement-breakpoint
CREATE INDEX `wallets_address` ON `wallets` (`network`,`address`);