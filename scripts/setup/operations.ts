// Names of operations. Dfns renamed some in 2026 and still takes the older names, so every comparison goes through here.

const renamed: Readonly<Record<string, string>> = {
  'Policies:Approvals:Read': 'Policies:Evaluations:Read',
  'Policies:Approvals:Approve': 'Policies:Evaluations:Vote',
  'Policies:Archive': 'Policies:Delete',
  'Permissions:Archive': 'Permissions:Delete',
  'Wallets:Tags:Delete': 'Wallets:Tags:Remove',
  'Payouts:Write': 'Payouts:Update',
  'Wallets:BroadcastTransaction': 'Wallets:Transactions:Create',
  'Wallets:GenerateSignature': 'Keys:Signatures:Create',
  'PermissionAssignments:Create': 'Permissions:Assign',
  'PermissionAssignments:Revoke': 'Permissions:Revoke',
  'PermissionAssignments:Read': 'Permissions:Assignments:Read',
};

/** The name of today. */
export const current = (operation: string): string => renamed[operation] ?? operation;
export const currentSet = (operations: readonly string[]): ReadonlySet<string> => new Set(operations.map(current));

export const isSameSet = (one: readonly string[], other: readonly string[]): boolean => {
  const [left, right] = [currentSet(one), currentSet(other)];
  return left.size === right.size && [...left].every((operation) => right.has(operation));
};

/** Reading gives nothing away, except where Dfns hides a power in it: these also cancel and speed up. */
const POWERFUL_READS = new Set(['Wallets:Transfers:Read', 'Wallets:Transactions:Read']);
export const onlyReads = (operation: string): boolean => operation.endsWith(':Read') && !POWERFUL_READS.has(operation);

/** With these somebody could step over a fence, alone or with one more of them. */
export const operationsOfPower = {
  vote: ['Policies:Evaluations:Vote'],
  untag: ['Wallets:Tags:Remove'],
  assign: ['Permissions:Assign', 'Permissions:Revoke'],
  change_roles: ['Permissions:Create', 'Permissions:Update', 'Permissions:Delete'],
  change_policies: ['Policies:Create', 'Policies:Update'],
  delete_policies: ['Policies:Delete'],
} as const;

/** What no service account that the product does not know may hold. */
export const dangerous: ReadonlySet<string> = new Set([
  ...operationsOfPower.vote,
  ...operationsOfPower.untag,
  ...operationsOfPower.assign,
  ...operationsOfPower.change_roles,
  ...operationsOfPower.delete_policies,
  ...['Auth:ServiceAccounts:Create', 'Auth:ServiceAccounts:Update', 'Auth:ServiceAccounts:Activate'],
  ...['Keys:Delegate', 'Keys:Export'],
]);
