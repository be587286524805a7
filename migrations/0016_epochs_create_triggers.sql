CREATE TRIGGER epochs_status_known BEFORE INSERT ON epochs
WHEN NEW.status NOT IN ('restoring', 'sound')
BEGIN SELECT RAISE(ABORT, 'epochs: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER epochs_status_moves BEFORE UPDATE OF status ON epochs
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'restoring' AND NEW.status IN ('sound')) OR (OLD.status = 'sound' AND NEW.status IN ('restoring')))
BEGIN SELECT RAISE(ABORT, 'epochs: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER epochs_version_rises BEFORE UPDATE ON epochs
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'epochs: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER epochs_no_delete BEFORE DELETE ON epochs
BEGIN SELECT RAISE(ABORT, 'epochs: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER epochs_no_replace BEFORE INSERT ON epochs
WHEN EXISTS (SELECT 1 FROM epochs WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'epochs: records are not replaced'); END;
