CREATE TRIGGER dead_letters_status_known BEFORE INSERT ON dead_letters
WHEN NEW.status NOT IN ('waiting', 'replayed')
BEGIN SELECT RAISE(ABORT, 'dead_letters: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER dead_letters_status_moves BEFORE UPDATE OF status ON dead_letters
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'waiting' AND NEW.status IN ('replayed')))
BEGIN SELECT RAISE(ABORT, 'dead_letters: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER dead_letters_version_rises BEFORE UPDATE ON dead_letters
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'dead_letters: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER dead_letters_no_delete BEFORE DELETE ON dead_letters
BEGIN SELECT RAISE(ABORT, 'dead_letters: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER dead_letters_no_replace BEFORE INSERT ON dead_letters
WHEN EXISTS (SELECT 1 FROM dead_letters WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'dead_letters: records are not replaced'); END;
