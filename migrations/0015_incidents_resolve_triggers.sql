DROP TRIGGER incidents_status_known;
--> statement-breakpoint
CREATE TRIGGER incidents_status_known BEFORE INSERT ON incidents
WHEN NEW.status NOT IN ('open', 'acknowledged', 'resolved')
BEGIN SELECT RAISE(ABORT, 'incidents: unknown status'); END;
--> statement-breakpoint
DROP TRIGGER incidents_status_moves;
--> statement-breakpoint
CREATE TRIGGER incidents_status_moves BEFORE UPDATE OF status ON incidents
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'open' AND NEW.status IN ('acknowledged', 'resolved')) OR (OLD.status = 'acknowledged' AND NEW.status IN ('resolved')))
BEGIN SELECT RAISE(ABORT, 'incidents: illegal transition'); END;
