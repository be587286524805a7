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

export const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;',
  entityTable('wallets', 'network TEXT NOT NULL, address TEXT NOT NULL,', ['network__address']),
  `CREATE TABLE IF NOT EXISTS balances (
     wallet_id TEXT NOT NULL, asset TEXT NOT NULL, units TEXT NOT NULL, PRIMARY KEY (wallet_id, asset)) WITHOUT ROWID;`,
  entityTable('history', 'wallet_id TEXT NOT NULL, direction TEXT NOT NULL, kind TEXT NOT NULL, contract TEXT,', [
    'wallet_id__seq',
    'wallet_id__direction__seq',
    'wallet_id__kind__seq',
    'wallet_id__contract__seq',
  ]),
  ...requestSchema(entityTable),
  entityTable('policies', 'status TEXT NOT NULL, activity_kind TEXT NOT NULL,', [
    'status__seq',
    'activity_kind__status__seq',
  ]),
  entityTable('change_requests', 'policy_id TEXT NOT NULL, status TEXT NOT NULL,', ['policy_id__status__seq']),
  entityTable('approvals', 'status TEXT NOT NULL, initiator_id TEXT NOT NULL,', ['status__seq', 'initiator_id__seq']),
  `CREATE TABLE IF NOT EXISTS approvers (
     user_id TEXT NOT NULL, approval_seq INTEGER NOT NULL, PRIMARY KEY (user_id, approval_seq)) WITHOUT ROWID;`,
  entityTable('webhooks', '', []),
  entityTable('events', 'webhook_id TEXT NOT NULL, kind TEXT NOT NULL, failed INTEGER NOT NULL, at INTEGER NOT NULL,', [
    'webhook_id__seq',
    'webhook_id__failed__seq',
    'webhook_id__kind__seq',
    'at',
  ]),
  entityTable('deliveries', 'status TEXT NOT NULL, event_id TEXT NOT NULL,', ['status__seq', 'event_id']),
  entityTable('faults', '', []),
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
    'exchanges',
    'exchange_operations',
    'exchange_balances',
    'user_actions',
    'jobs',
  ],
  ...DIRECTORY_TABLES,
]
  .map((table) => `DELETE FROM ${table};`)
  .concat(`DELETE FROM meta WHERE key <> 'seed';`)
  .join('\n');
