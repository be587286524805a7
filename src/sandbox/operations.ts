/**
 * Owns the names of all operations that a role may hold: those of today, those of before 2026, and those that Dfns
 * still accepts although nothing asks for them any more.
 */

/** By resource, so that the list can be read. */
const BY_RESOURCE: Readonly<Record<string, string>> = {
  'Registry:Addresses': 'Create Delete Read Update',
  'Registry:ContractSchemas': 'Create Delete Read',
  'Auth:Logs': 'Read',
  'Auth:Users': 'Create Read Update Activate Deactivate Delete',
  'Auth:ServiceAccounts': 'Create Read Update Deactivate Activate Delete',
  'Auth:Pats': 'Create',
  'Auth:Register': 'Delegated',
  'Auth:Login': 'Delegated',
  'Auth:Recover': 'Delegated',
  'Agreements:Acceptance': 'Create Read',
  Events: 'Read',
  Exchanges: 'Create Read Delete',
  'Exchanges:Deposits': 'Create',
  'Exchanges:Withdrawals': 'Create',
  FeeSponsors: 'Create Read Update Delete Use',
  Orgs: 'Read Update',
  'Orgs:Settings': 'Read Update',
  Permissions: 'Archive Create Read Update Assign Revoke Delete',
  'Permissions:Assignments': 'Read',
  Policies: 'Archive Create Read Update Delete',
  'Policies:Approvals': 'Read Approve',
  Signers: 'ListSigners',
  Stakes: 'Create Read Update',
  Swaps: 'Create Read',
  Payouts: 'Create Read Write Update',
  Allocations: 'Create Update Read',
  Keys: 'Create Delete Read Update Reuse Delegate Import Export Derive',
  'Keys:ChildKeys': 'Create',
  'Keys:Signatures': 'Create Read',
  KeyStores: 'Read',
  'KeyStores:Fleets': 'Create Clone',
  'KeyStores:ProofOfControl': 'Create',
  'KeyStores:OnchainSignatures': 'Create',
  'Networks:CantonValidators': 'Create Read Update Delete',
  Wallets: 'Create Read Update',
  'Wallets:Tags': 'Add Delete Remove',
  'Wallets:Transactions': 'Create Read Abort',
  'Wallets:Transfers': 'Create Read Abort',
  'Wallets:Offers': 'Read Settle',
  Vaults: 'Create Read Update',
  'Vaults:Tags': 'Add Delete',
  Webhooks: 'Create Read Update Delete Ping',
  'Webhooks:Events': 'Read',
  Billing: 'Read Write',
  Analytics: 'Read',
  'Policies:Evaluations': 'Read Vote',
};

const LEGACY: Readonly<Record<string, string>> = {
  Alias: 'Create Delete Read Update',
  Wallets: 'GenerateSignature BroadcastTransaction',
  'Auth:Action': 'Sign',
  'Auth:Apps': 'Read Create Update',
  'Auth:Creds': 'Create Read Update',
  'Auth:Creds:Code': 'Create',
  'Auth:Types': 'Application Employee EndUser Pat ServiceAccount',
  'Internal:Auth:Types': 'Staff',
  'Auth:Users': 'Delegate',
  PermissionAssignments: 'Create Read Revoke',
};

const names = (table: Readonly<Record<string, string>>) =>
  Object.entries(table).flatMap(([resource, verbs]) => verbs.split(' ').map((verb) => `${resource}:${verb}`));

/** What an administrator holds. */
export const OPERATIONS: readonly string[] = names(BY_RESOURCE);

export const ACCEPTED_OPERATIONS: ReadonlySet<string> = new Set([...OPERATIONS, ...names(LEGACY)]);
