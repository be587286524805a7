CREATE TRIGGER orders_status_known BEFORE INSERT ON orders
WHEN NEW.status NOT IN ('scheduled', 'released', 'executing', 'executed', 'failed', 'rejected', 'blocked', 'canceled', 'skipped')
BEGIN SELECT RAISE(ABORT, 'orders: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER orders_status_moves BEFORE UPDATE OF status ON orders
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'scheduled' AND NEW.status IN ('released', 'canceled', 'skipped')) OR (OLD.status = 'released' AND NEW.status IN ('executing', 'blocked', 'canceled', 'skipped')) OR (OLD.status = 'executing' AND NEW.status IN ('executed', 'failed', 'rejected', 'canceled')))
BEGIN SELECT RAISE(ABORT, 'orders: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER orders_version_rises BEFORE UPDATE ON orders
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'orders: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'orders: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER orders_no_replace BEFORE INSERT ON orders
WHEN EXISTS (SELECT 1 FROM orders WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'orders: records are not replaced'); END;
