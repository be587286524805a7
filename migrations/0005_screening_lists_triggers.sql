CREATE TRIGGER screening_addresses_while_loading BEFORE INSERT ON screening_addresses
WHEN (SELECT status FROM screening_lists WHERE id = NEW.list_id) IS NOT 'loading'
BEGIN SELECT RAISE(ABORT, 'screening_addresses: the list is not in loading'); END;
--> statement-breakpoint
CREATE TRIGGER screening_addresses_no_update BEFORE UPDATE ON screening_addresses
BEGIN SELECT RAISE(ABORT, 'screening_addresses: entries are not changed'); END;
--> statement-breakpoint
CREATE TRIGGER screening_addresses_no_delete BEFORE DELETE ON screening_addresses
BEGIN SELECT RAISE(ABORT, 'screening_addresses: entries are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER screening_lists_status_known BEFORE INSERT ON screening_lists
WHEN NEW.status NOT IN ('loading', 'active', 'superseded')
BEGIN SELECT RAISE(ABORT, 'screening_lists: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER screening_lists_status_moves BEFORE UPDATE OF status ON screening_lists
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'loading' AND NEW.status IN ('active')) OR (OLD.status = 'active' AND NEW.status IN ('superseded')))
BEGIN SELECT RAISE(ABORT, 'screening_lists: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER screening_lists_version_rises BEFORE UPDATE ON screening_lists
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'screening_lists: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER screening_lists_no_delete BEFORE DELETE ON screening_lists
BEGIN SELECT RAISE(ABORT, 'screening_lists: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER screening_lists_no_replace BEFORE INSERT ON screening_lists
WHEN EXISTS (SELECT 1 FROM screening_lists WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'screening_lists: records are not replaced'); END;
