/** Owns the tables of keys and of what waits for a signature. */
type EntityTable = (name: string, columns: string, indexes: readonly string[]) => string;

const COLUMNS = 'status TEXT NOT NULL, requested_at INTEGER NOT NULL, external_id TEXT UNIQUE, fingerprint TEXT,';
const BY_WALLET = ['wallet_id__seq', 'wallet_id__status', 'wallet_id__requested_at'];

export const requestSchema = (entityTable: EntityTable): string[] => [
  entityTable('transfers', `wallet_id TEXT NOT NULL, ${COLUMNS}`, BY_WALLET),
  entityTable('transactions', `wallet_id TEXT NOT NULL, ${COLUMNS}`, BY_WALLET),
  entityTable('signatures', `wallet_id TEXT, key_id TEXT NOT NULL, ${COLUMNS}`, [
    ...BY_WALLET,
    'key_id__seq',
    'key_id__requested_at',
  ]),
  entityTable('keys', '', []),
  `CREATE TABLE IF NOT EXISTS key_wallets (
     key_id TEXT NOT NULL, wallet_seq INTEGER NOT NULL, PRIMARY KEY (key_id, wallet_seq)) WITHOUT ROWID;`,
];

export const REQUEST_TABLES = ['transfers', 'transactions', 'signatures', 'keys', 'key_wallets'] as const;
