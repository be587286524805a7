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
