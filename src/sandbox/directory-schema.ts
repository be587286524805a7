/** Owns the tables of people, service accounts, their keys, roles and signed actions. */

type EntityTable = (name: string, columns: string, indexes: readonly string[]) => string;

export const directorySchema = (entityTable: EntityTable) => [
  entityTable('accounts', 'is_service INTEGER NOT NULL, archived INTEGER NOT NULL DEFAULT 0,', [
    'is_service__archived__seq',
  ]),
  entityTable('tokens', 'user_id TEXT NOT NULL,', ['user_id__seq']),
  entityTable('credentials', 'user_id TEXT NOT NULL, credential_id TEXT NOT NULL UNIQUE,', ['user_id__seq']),
  entityTable('permissions', 'archived INTEGER NOT NULL DEFAULT 0,', []),
  // An assignment that still waits for its approval grants nothing.
  entityTable('assignments', 'permission_id TEXT NOT NULL, identity_id TEXT NOT NULL, granted INTEGER NOT NULL,', [
    'permission_id__seq',
    'identity_id__seq',
  ]),
  'CREATE UNIQUE INDEX IF NOT EXISTS assignments_once ON assignments (permission_id, identity_id);',
  entityTable('permission_changes', 'entity_id TEXT NOT NULL, status TEXT NOT NULL,', ['entity_id__status__seq']),
  entityTable('audit_log', 'user_id TEXT NOT NULL, at INTEGER NOT NULL,', ['at__seq', 'user_id__at__seq']),
  `CREATE TABLE IF NOT EXISTS registrations (
     id TEXT PRIMARY KEY, user_id TEXT NOT NULL, challenge TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX IF NOT EXISTS registrations_expires_at ON registrations (expires_at);`,
];

export const DIRECTORY_TABLES = [
  ...['accounts', 'tokens', 'credentials', 'permissions', 'assignments', 'permission_changes', 'audit_log'],
  'registrations',
];
