/**
 * Owns the tables of the Durable Object. Every list is read by `seq`, newest first, and each filter of a list has its
 * index with `seq` behind it, so that a page costs the same in a table of ten rows and of a million.
 */
import { DIRECTORY_TABLES, directorySchema } from './directory-schema.ts';
import { REQUEST_TABLES, requestSchema } from './request-schema.ts';

const entityTable = (name: string, columns: string, indexes: readonly string[]) => `
  CREATE TABLE IF NOT EXISTS ${name} (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, ${columns} body TEXT NOT NULL);
  ${indexes.map((index) => `CREATE INDEX IF NOT EXISTS ${name}_${index} ON ${name} (${index.replaceAll('__', ', ')});`).join('\n')}
`;

/** A filter may come alone or with any of the others: each set of them has its index. */
function withEach(first: string, others: readonly string[]): string[] {
  const sets = [[first]];
  for (const name of others) sets.push(...sets.map((set) => [...set, name]));
  return sets.map((set) => [...set, 'seq'].join('__'));
}

export const META = 'CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;';
export const OTHER_TABLES = `SELECT name FROM sqlite_master
  WHERE type = 'table' AND name <> 'meta' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;

export const SCHEMA = [
  entityTable('wallets', 'network TEXT NOT NULL, address TEXT NOT NULL,', ['network__address']),
  `CREATE TABLE IF NOT EXISTS balances (
     wallet_id TEXT NOT NULL, asset TEXT NOT NULL, units TEXT NOT NULL, PRIMARY KEY (wallet_id, asset)) WITHOUT ROWID;
   CREATE INDEX IF NOT EXISTS balances_asset ON balances (asset);`,
  entityTable(
    'history',
    'wallet_id TEXT NOT NULL, direction TEXT NOT NULL, kind TEXT NOT NULL, contract TEXT, at INTEGER NOT NULL,',
    ['at__seq', ...withEach('wallet_id', ['direction', 'kind', 'contract'])],
  ),
  ...requestSchema(entityTable),
  entityTable('policies', 'status TEXT NOT NULL, activity_kind TEXT NOT NULL,', [
    'status__seq',
    'activity_kind__status__seq',
  ]),
  entityTable('change_requests', 'policy_id TEXT NOT NULL, status TEXT NOT NULL,', ['policy_id__status__seq']),
  entityTable('approvals', 'status TEXT NOT NULL, initiator_id TEXT NOT NULL,', [
    'status__seq',
    'initiator_id__seq',
    'initiator_id__status__seq',
  ]),
  // It repeats what approvals are searched by, so that the page of an approver reads no approval that is not on it.
  `CREATE TABLE IF NOT EXISTS approvers (
     user_id TEXT NOT NULL, approval_seq INTEGER NOT NULL, status TEXT NOT NULL, initiator_id TEXT NOT NULL,
     PRIMARY KEY (user_id, approval_seq)) WITHOUT ROWID;
   CREATE INDEX IF NOT EXISTS approvers_approval ON approvers (approval_seq);
   CREATE INDEX IF NOT EXISTS approvers_status ON approvers (user_id, status, approval_seq);
   CREATE INDEX IF NOT EXISTS approvers_initiator ON approvers (user_id, initiator_id, approval_seq);
   CREATE INDEX IF NOT EXISTS approvers_both ON approvers (user_id, status, initiator_id, approval_seq);`,
  entityTable('webhooks', '', []),
  entityTable('events', 'webhook_id TEXT NOT NULL, kind TEXT NOT NULL, failed INTEGER NOT NULL, at INTEGER NOT NULL,', [
    ...withEach('webhook_id', ['failed', 'kind']),
    'at',
  ]),
  entityTable('deliveries', 'status TEXT NOT NULL, event_id TEXT NOT NULL,', ['status__seq', 'event_id']),
  entityTable('faults', '', []),
  entityTable('fee_sponsors', '', []),
  entityTable('sponsored_fees', 'sponsor_id TEXT NOT NULL, wallet_id TEXT NOT NULL, is_open INTEGER NOT NULL,', [
    'sponsor_id__is_open__seq',
    'wallet_id__is_open',
  ]),
  entityTable('exchanges', '', []),
  entityTable(
    'exchange_operations',
    'exchange_id TEXT NOT NULL, account_id TEXT NOT NULL, transfer_id TEXT, is_open INTEGER NOT NULL,',
    ['exchange_id__account_id__is_open', 'transfer_id'],
  ),
  `CREATE TABLE IF NOT EXISTS exchange_balances (
     exchange_id TEXT NOT NULL, account_id TEXT NOT NULL, symbol TEXT NOT NULL, units TEXT NOT NULL,
     PRIMARY KEY (exchange_id, account_id, symbol)) WITHOUT ROWID;`,
  ...directorySchema(entityTable),
  `CREATE TABLE IF NOT EXISTS user_actions (
     id TEXT PRIMARY KEY, user_id TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, payload_hash TEXT NOT NULL,
     challenge TEXT NOT NULL, state TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX IF NOT EXISTS user_actions_expires_at ON user_actions (expires_at);`,
  `CREATE TABLE IF NOT EXISTS jobs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL);
   CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due, seq);`,
].join('\n');

/** Everything but the organisation itself, which is the seed in `meta`. */
export const RESET = [
  ...['wallets', 'balances', 'history', ...REQUEST_TABLES, 'policies', 'change_requests', 'approvals', 'approvers'],
  ...[
    'webhooks',
    'events',
    'deliveries',
    'faults',
    'fee_sponsors',
    'sponsored_fees',
    'exchanges',
    'exchange_operations',
    'exchange_balances',
    'user_actions',
    'jobs',
  ],
  ...DIRECTORY_TABLES,
]
  .map((table) => `DELETE FROM ${table};`)
  .concat(`DELETE FROM meta WHERE key NOT IN ('seed', 'schema');`)
  .join('\n');
