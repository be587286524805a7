CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE (subject_id = NEW.subject_id AND version = NEW.version) OR id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'journal: version taken'); END;
--> statement-breakpoint
CREATE TRIGGER journal_no_gap BEFORE INSERT ON journal
WHEN NEW.version > 1 AND NOT EXISTS (SELECT 1 FROM journal WHERE subject_id = NEW.subject_id AND version = NEW.version - 1)
BEGIN SELECT RAISE(ABORT, 'journal: version gap'); END;
--> statement-breakpoint
CREATE TRIGGER _guard_aborts BEFORE INSERT ON _guard
BEGIN SELECT RAISE(ABORT, 'guard: ' || NEW.rule); END;
--> statement-breakpoint
CREATE TRIGGER accounts_status_known BEFORE INSERT ON accounts
WHEN NEW.status NOT IN ('opening', 'failed', 'active', 'closed')
BEGIN SELECT RAISE(ABORT, 'accounts: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER accounts_status_moves BEFORE UPDATE OF status ON accounts
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'opening' AND NEW.status IN ('active', 'failed')) OR (OLD.status = 'failed' AND NEW.status IN ('opening')) OR (OLD.status = 'active' AND NEW.status IN ('closed')))
BEGIN SELECT RAISE(ABORT, 'accounts: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER accounts_version_rises BEFORE UPDATE ON accounts
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'accounts: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER accounts_no_delete BEFORE DELETE ON accounts
BEGIN SELECT RAISE(ABORT, 'accounts: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER accounts_no_replace BEFORE INSERT ON accounts
WHEN EXISTS (SELECT 1 FROM accounts WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'accounts: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER wallets_status_known BEFORE INSERT ON wallets
WHEN NEW.status NOT IN ('creating', 'failed', 'active', 'archived')
BEGIN SELECT RAISE(ABORT, 'wallets: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER wallets_status_moves BEFORE UPDATE OF status ON wallets
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'creating' AND NEW.status IN ('active', 'failed')) OR (OLD.status = 'failed' AND NEW.status IN ('creating')) OR (OLD.status = 'active' AND NEW.status IN ('archived')))
BEGIN SELECT RAISE(ABORT, 'wallets: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER wallets_version_rises BEFORE UPDATE ON wallets
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'wallets: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER wallets_no_delete BEFORE DELETE ON wallets
BEGIN SELECT RAISE(ABORT, 'wallets: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER wallets_no_replace BEFORE INSERT ON wallets
WHEN EXISTS (SELECT 1 FROM wallets WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'wallets: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER destinations_status_known BEFORE INSERT ON destinations
WHEN NEW.status NOT IN ('proposed', 'requested', 'in_review', 'approved', 'suspended', 'removing', 'refused', 'withdrawn', 'rejected', 'expired', 'failed', 'removed')
BEGIN SELECT RAISE(ABORT, 'destinations: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER destinations_status_moves BEFORE UPDATE OF status ON destinations
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'proposed' AND NEW.status IN ('requested', 'withdrawn', 'expired')) OR (OLD.status = 'requested' AND NEW.status IN ('in_review', 'refused', 'withdrawn')) OR (OLD.status = 'in_review' AND NEW.status IN ('approved', 'suspended', 'rejected', 'expired', 'failed')) OR (OLD.status = 'approved' AND NEW.status IN ('suspended', 'removing')) OR (OLD.status = 'suspended' AND NEW.status IN ('approved', 'removing')) OR (OLD.status = 'removing' AND NEW.status IN ('removed', 'suspended')))
BEGIN SELECT RAISE(ABORT, 'destinations: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER destinations_version_rises BEFORE UPDATE ON destinations
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'destinations: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER destinations_no_delete BEFORE DELETE ON destinations
BEGIN SELECT RAISE(ABORT, 'destinations: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER destinations_no_replace BEFORE INSERT ON destinations
WHEN EXISTS (SELECT 1 FROM destinations WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'destinations: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER policy_changes_status_known BEFORE INSERT ON policy_changes
WHEN NEW.status NOT IN ('queued', 'submitting', 'submitted', 'conflict', 'withdrawn', 'applied', 'rejected', 'expired', 'failed')
BEGIN SELECT RAISE(ABORT, 'policy_changes: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER policy_changes_status_moves BEFORE UPDATE OF status ON policy_changes
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'queued' AND NEW.status IN ('submitting', 'withdrawn')) OR (OLD.status = 'submitting' AND NEW.status IN ('submitted', 'failed', 'conflict')) OR (OLD.status = 'submitted' AND NEW.status IN ('applied', 'rejected', 'expired', 'failed', 'conflict')) OR (OLD.status = 'conflict' AND NEW.status IN ('queued', 'withdrawn')))
BEGIN SELECT RAISE(ABORT, 'policy_changes: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER policy_changes_version_rises BEFORE UPDATE ON policy_changes
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'policy_changes: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER policy_changes_no_delete BEFORE DELETE ON policy_changes
BEGIN SELECT RAISE(ABORT, 'policy_changes: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER policy_changes_no_replace BEFORE INSERT ON policy_changes
WHEN EXISTS (SELECT 1 FROM policy_changes WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'policy_changes: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER mandates_status_known BEFORE INSERT ON mandates
WHEN NEW.status NOT IN ('granted', 'active', 'revoked', 'rejected', 'expired')
BEGIN SELECT RAISE(ABORT, 'mandates: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER mandates_status_moves BEFORE UPDATE OF status ON mandates
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'granted' AND NEW.status IN ('active', 'revoked', 'rejected', 'expired')) OR (OLD.status = 'active' AND NEW.status IN ('revoked', 'expired')))
BEGIN SELECT RAISE(ABORT, 'mandates: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER mandates_version_rises BEFORE UPDATE ON mandates
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'mandates: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER mandates_no_delete BEFORE DELETE ON mandates
BEGIN SELECT RAISE(ABORT, 'mandates: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER mandates_no_replace BEFORE INSERT ON mandates
WHEN EXISTS (SELECT 1 FROM mandates WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'mandates: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER schedules_status_known BEFORE INSERT ON schedules
WHEN NEW.status NOT IN ('active', 'paused', 'ended')
BEGIN SELECT RAISE(ABORT, 'schedules: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER schedules_status_moves BEFORE UPDATE OF status ON schedules
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'active' AND NEW.status IN ('paused', 'ended')) OR (OLD.status = 'paused' AND NEW.status IN ('active', 'ended')))
BEGIN SELECT RAISE(ABORT, 'schedules: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER schedules_version_rises BEFORE UPDATE ON schedules
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'schedules: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER schedules_no_delete BEFORE DELETE ON schedules
BEGIN SELECT RAISE(ABORT, 'schedules: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER schedules_no_replace BEFORE INSERT ON schedules
WHEN EXISTS (SELECT 1 FROM schedules WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'schedules: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER orders_status_known BEFORE INSERT ON orders
WHEN NEW.status NOT IN ('scheduled', 'released', 'executing', 'executed', 'failed', 'rejected', 'blocked', 'canceled', 'skipped')
BEGIN SELECT RAISE(ABORT, 'orders: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER orders_status_moves BEFORE UPDATE OF status ON orders
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'scheduled' AND NEW.status IN ('released', 'canceled', 'skipped')) OR (OLD.status = 'released' AND NEW.status IN ('executing', 'blocked', 'canceled', 'skipped')) OR (OLD.status = 'executing' AND NEW.status IN ('executed', 'failed', 'rejected', 'canceled')))
BEGIN SELECT RAISE(ABORT, 'orders: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER orders_version_rises BEFORE UPDATE ON orders
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'orders: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'orders: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER orders_no_replace BEFORE INSERT ON orders
WHEN EXISTS (SELECT 1 FROM orders WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'orders: records are not replaced'); END;
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
CREATE TRIGGER halts_status_known BEFORE INSERT ON halts
WHEN NEW.status NOT IN ('active', 'lifted')
BEGIN SELECT RAISE(ABORT, 'halts: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER halts_status_moves BEFORE UPDATE OF status ON halts
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'active' AND NEW.status IN ('lifted')))
BEGIN SELECT RAISE(ABORT, 'halts: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER halts_version_rises BEFORE UPDATE ON halts
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'halts: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER halts_no_delete BEFORE DELETE ON halts
BEGIN SELECT RAISE(ABORT, 'halts: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER halts_no_replace BEFORE INSERT ON halts
WHEN EXISTS (SELECT 1 FROM halts WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'halts: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER incidents_status_known BEFORE INSERT ON incidents
WHEN NEW.status NOT IN ('open', 'acknowledged')
BEGIN SELECT RAISE(ABORT, 'incidents: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER incidents_status_moves BEFORE UPDATE OF status ON incidents
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'open' AND NEW.status IN ('acknowledged')))
BEGIN SELECT RAISE(ABORT, 'incidents: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER incidents_version_rises BEFORE UPDATE ON incidents
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'incidents: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER incidents_no_delete BEFORE DELETE ON incidents
BEGIN SELECT RAISE(ABORT, 'incidents: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER incidents_no_replace BEFORE INSERT ON incidents
WHEN EXISTS (SELECT 1 FROM incidents WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'incidents: records are not replaced'); END;
