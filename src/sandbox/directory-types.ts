/** Owns the shapes of what the sandbox keeps of people, service accounts, their keys and what they may do. */
import type { Requester } from './entities.ts';

/** A person or a service account; both have `us-` ids. */
export type StoredAccount = {
  userId: string;
  username: string;
  name: string;
  isServiceAccount: boolean;
  isActive: boolean;
  externalId?: string;
};

export type AccessToken = {
  tokenId: string;
  userId: string;
  credId: string;
  kind: 'Pat' | 'ServiceAccount';
  /** It has a permission of its own, and may do only what both it and its account may. */
  isRestricted?: boolean;
  name: string;
  publicKey: string;
  isActive: boolean;
  dateCreated: string;
};

export type Credential = {
  kind: 'Key';
  credentialId: string;
  credentialUuid: string;
  userId: string;
  name: string;
  publicKey: string;
  isActive: boolean;
  dateCreated: string;
  origin: string;
};

/** What the dashboard of Dfns calls a role. */
export type Permission = {
  id: string;
  name: string;
  operations: string[];
  status: 'Active';
  isImmutable: boolean;
  isArchived: boolean;
  dateCreated: string;
  dateUpdated: string;
};

export type Assignment = {
  id: string;
  permissionId: string;
  identityId: string;
  isImmutable: boolean;
  dateCreated: string;
  dateUpdated: string;
};

/** The wish to change a permission or an assignment, waiting for the approval that a policy asks for. */
export type PermissionChange = {
  id: string;
  requester: Requester;
  status: 'Applied' | 'Failed' | 'Pending' | 'Rejected';
  entityId: string;
  dateCreated: string;
  dateResolved?: string;
  approvalId: string;
} & (
  | { kind: 'Permission'; operationKind: 'Update'; body: Omit<Permission, 'dateCreated' | 'dateUpdated'> }
  | {
      kind: 'Assignment';
      operationKind: 'Create' | 'Delete';
      body: Omit<Assignment, 'dateCreated' | 'dateUpdated'>;
    }
);

/** One signed user action. */
export type AuditEntry = {
  id: string;
  action: string;
  actionToken: string;
  userId: string;
  username: string;
  datePerformed: string;
  credential: { id: string; kind: 'Key'; publicKey: string; clientData: string; signature: string };
};

export type DirectoryEntities = {
  accounts: StoredAccount;
  tokens: AccessToken;
  credentials: Credential;
  permissions: Permission;
  assignments: Assignment;
  permission_changes: PermissionChange;
  audit_log: AuditEntry;
};
