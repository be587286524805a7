CREATE TRIGGER arrivals_status_known BEFORE INSERT ON arrivals
WHEN NEW.status NOT IN ('awaited', 'arrived', 'unknown', 'called_off')
BEGIN SELECT RAISE(ABORT, 'arrivals: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER arrivals_status_moves BEFORE UPDATE OF status ON arrivals
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'awaited' AND NEW.status IN ('arrived', 'unknown', 'called_off')))
BEGIN SELECT RAISE(ABORT, 'arrivals: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER arrivals_version_rises BEFORE UPDATE ON arrivals
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'arrivals: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER arrivals_no_delete BEFORE DELETE ON arrivals
BEGIN SELECT RAISE(ABORT, 'arrivals: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER arrivals_no_replace BEFORE INSERT ON arrivals
WHEN EXISTS (SELECT 1 FROM arrivals WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'arrivals: records are not replaced'); END;
