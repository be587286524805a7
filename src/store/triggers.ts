// The second guard of the rules, generated from the machine tables: D1 itself refuses an illegal transition, a rewritten
// journal and a broken rule. The migration holds this text; a test compares the two.
import { accountMachine } from '../domain/account.ts';
import { accountKeyMachine } from '../domain/account-key.ts';
import { limitsChangeMachine } from '../domain/account-limits.ts';
import { arrivalMachine } from '../domain/arrival.ts';
import { contactMachine } from '../domain/contact.ts';
import { deadLetterMachine } from '../domain/dead-letter.ts';
import { destinationMachine } from '../domain/destination.ts';
import { epochMachine } from '../domain/epoch.ts';
import { haltMachine } from '../domain/halt.ts';
import { hotWalletMachine } from '../domain/hot-wallet.ts';
import { incidentMachine } from '../domain/incident.ts';
import { machineTriggers } from '../domain/machine-triggers.ts';
import { mandateMachine } from '../domain/mandate.ts';
import { orderMachine } from '../domain/order.ts';
import { payeeMachine } from '../domain/payee.ts';
import { payoutMachine } from '../domain/payout.ts';
import { batchMachine } from '../domain/payout-batch.ts';
import { policyChangeMachine } from '../domain/policy-change.ts';
import { scheduleMachine } from '../domain/schedule.ts';
import { screeningListMachine } from '../domain/screening.ts';
import { transferMachine } from '../domain/transfer.ts';
import { walletMachine } from '../domain/wallet.ts';
import { webhookEndpointMachine } from '../domain/webhook-endpoint.ts';

/** Table name to machine: every table whose rows have a status. */
export const machines: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  accounts: accountMachine,
  wallets: walletMachine,
  destinations: destinationMachine,
  policy_changes: policyChangeMachine,
  mandates: mandateMachine,
  schedules: scheduleMachine,
  orders: orderMachine,
  transfers: transferMachine,
  limits_changes: limitsChangeMachine,
  halts: haltMachine,
  epochs: epochMachine,
  incidents: incidentMachine,
  dead_letters: deadLetterMachine,
  screening_lists: screeningListMachine,
  account_keys: accountKeyMachine,
  webhook_endpoints: webhookEndpointMachine,
  contacts: contactMachine,
  arrivals: arrivalMachine,
  hot_wallets: hotWalletMachine,
  payees: payeeMachine,
  payout_batches: batchMachine,
  payouts: payoutMachine,
};

const journalTriggers = [
  `CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END`,
  `CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END`,
  // INSERT OR REPLACE fires no delete trigger and would rewrite an entry.
  `CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE (subject_id = NEW.subject_id AND version = NEW.version) OR id = NEW.id OR place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'journal: version taken'); END`,
  `CREATE TRIGGER journal_no_gap BEFORE INSERT ON journal
WHEN NEW.version > 1 AND NOT EXISTS (SELECT 1 FROM journal WHERE subject_id = NEW.subject_id AND version = NEW.version - 1)
BEGIN SELECT RAISE(ABORT, 'journal: version gap'); END`,
  `CREATE TRIGGER journal_at_the_end AFTER INSERT ON journal
WHEN NEW.place <> (SELECT max(place) FROM journal)
BEGIN SELECT RAISE(ABORT, 'journal: an entry is added at the end'); END`,
];

/** Signed statements: written once. INSERT OR REPLACE fires no delete trigger and would rewrite one. */
const appendOnly = (table: string, same: string): string[] => [
  `CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table}
BEGIN SELECT RAISE(ABORT, '${table} are append-only'); END`,
  `CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table}
BEGIN SELECT RAISE(ABORT, '${table} are append-only'); END`,
  `CREATE TRIGGER ${table}_no_replace BEFORE INSERT ON ${table}
WHEN EXISTS (SELECT 1 FROM ${table} WHERE ${same})
BEGIN SELECT RAISE(ABORT, '${table}: row taken'); END`,
];

const attestationTriggers = appendOnly('attestations', 'account_id = NEW.account_id AND sequence = NEW.sequence');

const checkpointTriggers = [
  ...appendOnly('checkpoints', 'sequence = NEW.sequence OR to_place = NEW.to_place'),
  `CREATE TRIGGER checkpoints_no_gap BEFORE INSERT ON checkpoints
WHEN NEW.from_place <> 1 + coalesce((SELECT to_place FROM checkpoints WHERE sequence = NEW.sequence - 1), 0)
BEGIN SELECT RAISE(ABORT, 'checkpoints: range gap'); END`,
];

/** Once a list is in force its content is what was hashed, and stays it. */
const screeningTriggers = [
  `CREATE TRIGGER screening_addresses_while_loading BEFORE INSERT ON screening_addresses
WHEN (SELECT status FROM screening_lists WHERE id = NEW.list_id) IS NOT 'loading'
BEGIN SELECT RAISE(ABORT, 'screening_addresses: the list is not in loading'); END`,
  `CREATE TRIGGER screening_addresses_no_update BEFORE UPDATE ON screening_addresses
BEGIN SELECT RAISE(ABORT, 'screening_addresses: entries are not changed'); END`,
  `CREATE TRIGGER screening_addresses_no_delete BEFORE DELETE ON screening_addresses
BEGIN SELECT RAISE(ABORT, 'screening_addresses: entries are not deleted'); END`,
];

const addToCount = (status: string, rows: string): string =>
  `INSERT INTO payout_counts (batch_id, status, rows) VALUES (NEW.batch_id, ${status}, ${rows})
ON CONFLICT (batch_id, status) DO UPDATE SET rows = rows + ${rows};`;

/** By the database itself, so that a count is never of another moment than its rows. */
const countTriggers = [
  `CREATE TRIGGER payouts_counted_in AFTER INSERT ON payouts
BEGIN ${addToCount('NEW.status', '1')} END`,
  `CREATE TRIGGER payouts_counted_on AFTER UPDATE OF status ON payouts
WHEN OLD.status <> NEW.status
BEGIN ${addToCount('OLD.status', '-1')} ${addToCount('NEW.status', '1')} END`,
];

const guardTrigger = `CREATE TRIGGER _guard_aborts BEFORE INSERT ON _guard
BEGIN SELECT RAISE(ABORT, 'guard: ' || NEW.rule); END`;

export const triggers: readonly string[] = [
  ...journalTriggers,
  ...checkpointTriggers,
  ...attestationTriggers,
  guardTrigger,
  ...screeningTriggers,
  ...countTriggers,
  ...Object.entries(machines).flatMap(([table, machine]) => machineTriggers(table, machine)),
];
