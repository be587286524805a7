CREATE TRIGGER account_keys_status_known BEFORE INSERT ON account_keys
WHEN NEW.status NOT IN ('active', 'revoked')
BEGIN SELECT RAISE(ABORT, 'account_keys: unknown status'); END;
--> statement-breakpoint
CREATE TRIGGER account_keys_status_moves BEFORE UPDATE OF status ON account_keys
WHEN OLD.status <> NEW.status AND NOT ((OLD.status = 'active' AND NEW.status IN ('revoked')))
BEGIN SELECT RAISE(ABORT, 'account_keys: illegal transition'); END;
--> statement-breakpoint
CREATE TRIGGER account_keys_version_rises BEFORE UPDATE ON account_keys
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'account_keys: version must rise by one'); END;
--> statement-breakpoint
CREATE TRIGGER account_keys_no_delete BEFORE DELETE ON account_keys
BEGIN SELECT RAISE(ABORT, 'account_keys: records are not deleted'); END;
--> statement-breakpoint
CREATE TRIGGER account_keys_no_replace BEFORE INSERT ON account_keys
WHEN EXISTS (SELECT 1 FROM account_keys WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'account_keys: records are not replaced'); END;
