CREATE TRIGGER _guard_aborts BEFORE INSERT ON _guard
BEGIN SELECT RAISE(ABORT, 'guard: ' || NEW.rule); END;
--> statement-breakpoint
CREATE TRIGGER reviews_status_known BEFORE INSERT ON reviews
WHEN NEW.status NOT IN ('intended', 'voted', 'abstained', 'shadowed', 'closed')
BEGIN SELECT RAISE(ABORT, 'reviews: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER reviews_status_moves BEFORE UPDATE OF status ON reviews
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'intended' AND NEW.status IN ('voted', 'abstained', 'closed')) OR (OLD.status = 'voted' AND NEW.status IN ('closed')) OR (OLD.status = 'abstained' AND NEW.status IN ('closed')) OR (OLD.status = 'shadowed' AND NEW.status IN ('closed')))
BEGIN SELECT RAISE(ABORT, 'reviews: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER reviews_version_rises BEFORE UPDATE ON reviews
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'reviews: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews
BEGIN SELECT RAISE(ABORT, 'reviews: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews
WHEN EXISTS (SELECT 1 FROM reviews WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'reviews: records are not replaced'); END;
--> statement-breakpoint
CREATE TRIGGER reviews_keep_facts BEFORE UPDATE ON reviews
WHEN NEW.mode <> OLD.mode OR NEW.pending_at <> OLD.pending_at OR NEW.received_at <> OLD.received_at
  OR (OLD.status <> 'intended' AND (NEW.facts <> OLD.facts OR NEW.findings <> OLD.findings OR NEW.verdict <> OLD.verdict))
BEGIN SELECT RAISE(ABORT, 'reviews: what was said stays'); END;
