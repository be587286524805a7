CREATE TRIGGER limits_changes_status_known BEFORE INSERT ON limits_changes
WHEN NEW.status NOT IN ('proposed', 'confirmed', 'applied', 'withdrawn', 'rejected', 'expired')
BEGIN SELECT RAISE(ABORT, 'limits_changes: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER limits_changes_status_moves BEFORE UPDATE OF status ON limits_changes
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'proposed' AND NEW.status IN ('confirmed', 'withdrawn', 'expired')) OR (OLD.status = 'confirmed' AND NEW.status IN ('applied', 'rejected', 'expired')))
BEGIN SELECT RAISE(ABORT, 'limits_changes: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER limits_changes_version_rises BEFORE UPDATE ON limits_changes
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'limits_changes: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER limits_changes_no_delete BEFORE DELETE ON limits_changes
BEGIN SELECT RAISE(ABORT, 'limits_changes: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER limits_changes_no_replace BEFORE INSERT ON limits_changes
WHEN EXISTS (SELECT 1 FROM limits_changes WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'limits_changes: records are not replaced'); END;
