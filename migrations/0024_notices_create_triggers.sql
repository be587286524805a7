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
--> statement-breakpoint
CREATE TRIGGER webhook_endpoints_status_known BEFORE INSERT ON webhook_endpoints
WHEN NEW.status NOT IN ('pending', 'active', 'disabled', 'deleted')
BEGIN SELECT RAISE(ABORT, 'webhook_endpoints: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER webhook_endpoints_status_moves BEFORE UPDATE OF status ON webhook_endpoints
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'pending' AND NEW.status IN ('active', 'deleted')) OR (OLD.status = 'active' AND NEW.status IN ('disabled', 'deleted')) OR (OLD.status = 'disabled' AND NEW.status IN ('active', 'deleted')))
BEGIN SELECT RAISE(ABORT, 'webhook_endpoints: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER webhook_endpoints_version_rises BEFORE UPDATE ON webhook_endpoints
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'webhook_endpoints: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER webhook_endpoints_no_delete BEFORE DELETE ON webhook_endpoints
BEGIN SELECT RAISE(ABORT, 'webhook_endpoints: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER webhook_endpoints_no_replace BEFORE INSERT ON webhook_endpoints
WHEN EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'webhook_endpoints: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER contacts_status_known BEFORE INSERT ON contacts
WHEN NEW.status NOT IN ('pending', 'active', 'lapsed', 'replaced', 'removed')
BEGIN SELECT RAISE(ABORT, 'contacts: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER contacts_status_moves BEFORE UPDATE OF status ON contacts
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'pending' AND NEW.status IN ('active', 'lapsed', 'replaced', 'removed')) OR (OLD.status = 'active' AND NEW.status IN ('replaced', 'removed')))
BEGIN SELECT RAISE(ABORT, 'contacts: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER contacts_version_rises BEFORE UPDATE ON contacts
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'contacts: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER contacts_no_delete BEFORE DELETE ON contacts
BEGIN SELECT RAISE(ABORT, 'contacts: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER contacts_no_replace BEFORE INSERT ON contacts
WHEN EXISTS (SELECT 1 FROM contacts WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'contacts: records are not replaced'); END;
