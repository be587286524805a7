CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE (subject_id = NEW.subject_id AND version = NEW.version) OR id = NEW.id OR place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'journal: version taken'); END;
--> statement-breakpoint
CREATE TRIGGER journal_no_gap BEFORE INSERT ON journal
WHEN NEW.version > 1 AND NOT EXISTS (SELECT 1 FROM journal WHERE subject_id = NEW.subject_id AND version = NEW.version - 1)
BEGIN SELECT RAISE(ABORT, 'journal: version gap'); END;
--> statement-breakpoint
CREATE TRIGGER journal_at_the_end AFTER INSERT ON journal
WHEN NEW.place <> (SELECT max(place) FROM journal)
BEGIN SELECT RAISE(ABORT, 'journal: an entry is added at the end'); END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE sequence = NEW.sequence OR to_place = NEW.to_place)
BEGIN SELECT RAISE(ABORT, 'checkpoints: row taken'); END;
--> statement-breakpoint
CREATE TRIGGER checkpoints_no_gap BEFORE INSERT ON checkpoints
WHEN NEW.from_place <> 1 + coalesce((SELECT to_place FROM checkpoints WHERE sequence = NEW.sequence - 1), 0)
BEGIN SELECT RAISE(ABORT, 'checkpoints: range gap'); END;
