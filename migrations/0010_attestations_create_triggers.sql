CREATE TRIGGER attestations_no_update BEFORE UPDATE ON attestations
BEGIN SELECT RAISE(ABORT, 'attestations are append-only'); END;
--> statement-breakpoint
CREATE TRIGGER attestations_no_delete BEFORE DELETE ON attestations
BEGIN SELECT RAISE(ABORT, 'attestations are append-only'); END;
--> statement-breakpoint
CREATE TRIGGER attestations_no_replace BEFORE INSERT ON attestations
WHEN EXISTS (SELECT 1 FROM attestations WHERE account_id = NEW.account_id AND sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'attestations: row taken'); END;
