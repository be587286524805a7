CREATE TRIGGER payouts_counted_in AFTER INSERT ON payouts
BEGIN INSERT INTO payout_counts (batch_id, status, rows) VALUES (NEW.batch_id, NEW.status, 1)
ON CONFLICT (batch_id, status) DO UPDATE SET rows = rows + 1; END;
--> statement-breakpoint
CREATE TRIGGER payouts_counted_on AFTER UPDATE OF status ON payouts
WHEN OLD.status <> NEW.status
BEGIN INSERT INTO payout_counts (batch_id, status, rows) VALUES (NEW.batch_id, OLD.status, -1)
ON CONFLICT (batch_id, status) DO UPDATE SET rows = rows + -1; INSERT INTO payout_counts (batch_id, status, rows) VALUES (NEW.batch_id, NEW.status, 1)
ON CONFLICT (batch_id, status) DO UPDATE SET rows = rows + 1; END;
--> statement-breakpoint
CREATE TRIGGER transfers_status_known BEFORE INSERT ON transfers
WHEN NEW.status NOT IN ('prepared', 'submitting', 'submitted', 'awaiting_approval', 'broadcast', 'needs_review', 'confirmed', 'failed', 'rejected', 'canceled')
BEGIN SELECT RAISE(ABORT, 'transfers: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER transfers_status_moves BEFORE UPDATE OF status ON transfers
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'prepared' AND NEW.status IN ('submitting', 'canceled')) OR (OLD.status = 'submitting' AND NEW.status IN ('submitted', 'awaiting_approval', 'broadcast', 'confirmed', 'failed', 'rejected', 'needs_review')) OR (OLD.status = 'submitted' AND NEW.status IN ('awaiting_approval', 'broadcast', 'confirmed', 'failed', 'rejected', 'needs_review')) OR (OLD.status = 'awaiting_approval' AND NEW.status IN ('broadcast', 'confirmed', 'failed', 'rejected', 'needs_review')) OR (OLD.status = 'broadcast' AND NEW.status IN ('confirmed', 'failed', 'needs_review')) OR (OLD.status = 'needs_review' AND NEW.status IN ('submitted', 'awaiting_approval', 'broadcast', 'confirmed', 'failed', 'rejected')))
BEGIN SELECT RAISE(ABORT, 'transfers: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER transfers_version_rises BEFORE UPDATE ON transfers
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'transfers: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'transfers: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER transfers_no_replace BEFORE INSERT ON transfers
WHEN EXISTS (SELECT 1 FROM transfers WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'transfers: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER hot_wallets_status_known BEFORE INSERT ON hot_wallets
WHEN NEW.status NOT IN ('active', 'retired')
BEGIN SELECT RAISE(ABORT, 'hot_wallets: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER hot_wallets_status_moves BEFORE UPDATE OF status ON hot_wallets
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'active' AND NEW.status IN ('retired')))
BEGIN SELECT RAISE(ABORT, 'hot_wallets: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER hot_wallets_version_rises BEFORE UPDATE ON hot_wallets
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'hot_wallets: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER hot_wallets_no_delete BEFORE DELETE ON hot_wallets
BEGIN SELECT RAISE(ABORT, 'hot_wallets: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER hot_wallets_no_replace BEFORE INSERT ON hot_wallets
WHEN EXISTS (SELECT 1 FROM hot_wallets WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'hot_wallets: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER payees_status_known BEFORE INSERT ON payees
WHEN NEW.status NOT IN ('proposed', 'confirmed', 'retired')
BEGIN SELECT RAISE(ABORT, 'payees: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER payees_status_moves BEFORE UPDATE OF status ON payees
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'proposed' AND NEW.status IN ('confirmed', 'retired')) OR (OLD.status = 'confirmed' AND NEW.status IN ('retired')))
BEGIN SELECT RAISE(ABORT, 'payees: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER payees_version_rises BEFORE UPDATE ON payees
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'payees: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER payees_no_delete BEFORE DELETE ON payees
BEGIN SELECT RAISE(ABORT, 'payees: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER payees_no_replace BEFORE INSERT ON payees
WHEN EXISTS (SELECT 1 FROM payees WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'payees: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER payout_batches_status_known BEFORE INSERT ON payout_batches
WHEN NEW.status NOT IN ('loading', 'draft', 'checked', 'released', 'running', 'paused', 'finished', 'canceled')
BEGIN SELECT RAISE(ABORT, 'payout_batches: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER payout_batches_status_moves BEFORE UPDATE OF status ON payout_batches
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'loading' AND NEW.status IN ('draft', 'canceled')) OR (OLD.status = 'draft' AND NEW.status IN ('checked', 'canceled')) OR (OLD.status = 'checked' AND NEW.status IN ('draft', 'released', 'canceled')) OR (OLD.status = 'released' AND NEW.status IN ('running', 'canceled')) OR (OLD.status = 'running' AND NEW.status IN ('paused', 'finished', 'canceled')) OR (OLD.status = 'paused' AND NEW.status IN ('running', 'canceled')))
BEGIN SELECT RAISE(ABORT, 'payout_batches: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER payout_batches_version_rises BEFORE UPDATE ON payout_batches
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'payout_batches: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER payout_batches_no_delete BEFORE DELETE ON payout_batches
BEGIN SELECT RAISE(ABORT, 'payout_batches: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER payout_batches_no_replace BEFORE INSERT ON payout_batches
WHEN EXISTS (SELECT 1 FROM payout_batches WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'payout_batches: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER payouts_status_known BEFORE INSERT ON payouts
WHEN NEW.status NOT IN ('invalid', 'ready', 'executing', 'paid', 'failed', 'rejected', 'canceled')
BEGIN SELECT RAISE(ABORT, 'payouts: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER payouts_status_moves BEFORE UPDATE OF status ON payouts
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'invalid' AND NEW.status IN ('ready', 'canceled')) OR (OLD.status = 'ready' AND NEW.status IN ('executing', 'invalid', 'canceled')) OR (OLD.status = 'executing' AND NEW.status IN ('paid', 'failed', 'rejected')))
BEGIN SELECT RAISE(ABORT, 'payouts: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER payouts_version_rises BEFORE UPDATE ON payouts
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'payouts: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER payouts_no_delete BEFORE DELETE ON payouts
BEGIN SELECT RAISE(ABORT, 'payouts: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER payouts_no_replace BEFORE INSERT ON payouts
WHEN EXISTS (SELECT 1 FROM payouts WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'payouts: records are not replaced'); END;
