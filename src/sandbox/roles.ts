/**
 * Owns the names of operations and which of them each role holds. Dfns renamed some operations in 2026 and still
 * accepts the old names, so every comparison goes through `canonical`.
 */
const RENAMED: Readonly<Record<string, string>> = {
  'Policies:Approvals:Read': 'Policies:Evaluations:Read',
  'Policies:Approvals:Approve': 'Policies:Evaluations:Vote',
  'Policies:Archive': 'Policies:Delete',
  'Permissions:Archive': 'Permissions:Delete',
  'Wallets:Tags:Delete': 'Wallets:Tags:Remove',
  'Payouts:Write': 'Payouts:Update',
  'Wallets:BroadcastTransaction': 'Wallets:Transactions:Create',
  'Wallets:GenerateSignature': 'Keys:Signatures:Create',
};

export const canonical = (operation: string) => RENAMED[operation] ?? operation;

/** Of two names for one operation the one that it has had since 2026. */
export const isNewName = (operation: string) => Object.values(RENAMED).includes(operation);

export const EVERYTHING = '*';

export function holds(operations: readonly string[], operation: string): boolean {
  const wanted = canonical(operation);
  return operations.some((held) => held === EVERYTHING || canonical(held) === wanted);
}

const READS = ['Policies:Evaluations:Read', 'Policies:Read', 'Wallets:Read', 'Wallets:Transfers:Read'];

/** The roles a careful organisation gives to the machines and people of a maker and checker set-up. */
export const roles = {
  setup: [
    ...['Webhooks:Create', 'Webhooks:Read', 'Webhooks:Update', 'Webhooks:Delete', 'Webhooks:Ping'],
    ...['Webhooks:Events:Read', 'Permissions:Create', 'Permissions:Read', 'Permissions:Update', 'Permissions:Delete'],
    ...['Permissions:Assign', 'Permissions:Revoke', 'Permissions:Assignments:Read'],
    ...['Auth:ServiceAccounts:Create', 'Auth:ServiceAccounts:Read', 'Auth:ServiceAccounts:Update'],
    ...['Auth:ServiceAccounts:Activate', 'Auth:ServiceAccounts:Deactivate', 'Auth:ServiceAccounts:Delete'],
    ...['Policies:Create', 'Policies:Read', 'Policies:Update', 'Policies:Delete', 'Policies:Evaluations:Read'],
    ...['Wallets:Read', 'Auth:Users:Read'],
  ],
  maker: [
    ...['Wallets:Create', 'Wallets:Read', 'Wallets:Tags:Add', 'Wallets:Transfers:Create', 'Wallets:Transfers:Read'],
    // What takes the place of a transfer is a transaction.
    ...[
      'Wallets:Transactions:Read',
      'Policies:Create',
      'Policies:Read',
      'Policies:Update',
      'Policies:Evaluations:Read',
    ],
    ...['Webhooks:Read', 'Webhooks:Events:Read', 'Auth:Logs:Read', 'Exchanges:Read'],
  ],
  checker: [
    ...['Policies:Evaluations:Read', 'Policies:Evaluations:Vote', 'Policies:Read', 'Wallets:Read'],
    // Its own rights, which it reads to prove that it holds no others.
    ...['Auth:ServiceAccounts:Read', 'Permissions:Read'],
  ],
  compliance: [...READS, 'Policies:Evaluations:Vote', 'Policies:Create', 'Policies:Update', 'Auth:Logs:Read'],
  auditor: [...READS, 'Webhooks:Read', 'Webhooks:Events:Read', 'Auth:Logs:Read'],
  admin: [EVERYTHING],
} as const satisfies Record<string, readonly string[]>;

export type RoleName = keyof typeof roles;
