// Reads the organisation at Dfns with the set-up account. A part that cannot be read is told, never taken for empty.
import { type DfnsApiClient, DfnsError } from '@dfns/sdk';

export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

export type FoundPolicy = Awaited<ReturnType<DfnsApiClient['policies']['listPolicies']>>['items'][number];
export type FoundWebhook = Awaited<ReturnType<DfnsApiClient['webhooks']['listWebhooks']>>['items'][number];
type FoundAssignment = Awaited<ReturnType<DfnsApiClient['permissions']['listAssignments']>>['items'][number];
type FoundPermission = Awaited<ReturnType<DfnsApiClient['permissions']['listPermissions']>>['items'][number];

export interface FoundRole extends Pick<FoundPermission, 'id' | 'name' | 'operations' | 'pendingChangeRequest'> {
  readonly assignments: readonly FoundAssignment[];
}

export interface FoundAccount {
  readonly userId: string;
  readonly name: string;
  readonly isActive: boolean;
  /** From its roles, by whichever way Dfns showed them. */
  readonly operations: readonly string[];
}

export interface FoundOrganization {
  readonly policies: Reading<readonly FoundPolicy[]>;
  readonly webhooks: Reading<readonly FoundWebhook[]>;
  readonly roles: Reading<readonly FoundRole[]>;
  readonly people: Reading<readonly FoundAccount[]>;
  readonly serviceAccounts: Reading<readonly FoundAccount[]>;
  /** Whether any wallet carries the tag of a client. */
  readonly hasClientWallets: Reading<boolean>;
}

const PAGE_ITEMS = 100;
const PAGES_MAX = 500;
export const CLIENT_TAG = 'client:';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string | undefined;
}

async function* pages<T>(
  read: (paginationToken: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<readonly T[]> {
  let token: string | undefined;
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const page = await read(token);
    yield page.items;
    token = page.nextPageToken;
    if (token === undefined) return;
  }
  throw new Error(`more than ${PAGES_MAX} pages`);
}

async function all<T>(read: (paginationToken: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages(read)) items.push(...page);
  return items;
}

const paged = (token: string | undefined) => ({ limit: PAGE_ITEMS, ...(token && { paginationToken: token }) });

/** Dfns said no, or nothing that can be read: this part is not known, and the others still may be. */
async function reading<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (fault) {
    const reason = fault instanceof DfnsError ? `${fault.httpStatus} ${fault.message}` : String(fault);
    return { ok: false, reason };
  }
}

async function readRoles(dfns: DfnsApiClient): Promise<FoundRole[]> {
  const permissions = await all((token) => dfns.permissions.listPermissions({ query: paged(token) }));
  const roles: FoundRole[] = [];
  for (const { id, name, operations, pendingChangeRequest } of permissions.filter(({ isArchived }) => !isArchived)) {
    const assignments = await all((token) =>
      dfns.permissions.listAssignments({ permissionId: id, query: paged(token) }),
    );
    roles.push({ id, name, operations, pendingChangeRequest, assignments });
  }
  return roles;
}

/** Waiting for approval: nobody holds it yet. */
export const isWaiting = ({ pendingChangeRequest: change }: FoundAssignment): boolean =>
  change?.status === 'Pending' && change.operationKind === 'Create';

interface Shown {
  readonly userId: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly permissionAssignments: readonly { permissionId: string; operations?: readonly string[] | undefined }[];
}

/** Dfns shows an account's rights in two places; what either shows counts. */
function toAccount(
  { userId, name, isActive, permissionAssignments }: Shown,
  roles: readonly FoundRole[],
): FoundAccount {
  const byRole = roles.filter(({ assignments }) =>
    assignments.some((assignment) => assignment.identityId === userId && !isWaiting(assignment)),
  );
  const shown = permissionAssignments.flatMap(
    ({ permissionId, operations }) => operations ?? roles.find(({ id }) => id === permissionId)?.operations ?? [],
  );
  const operations = new Set([...byRole.flatMap((role) => role.operations), ...shown]);
  return { userId, name, isActive, operations: [...operations] };
}

async function hasClientWallets(dfns: DfnsApiClient): Promise<boolean> {
  for await (const page of pages((token) => dfns.wallets.listWallets({ query: paged(token) }))) {
    if (page.some(({ tags }) => tags.some((tag) => tag.startsWith(CLIENT_TAG)))) return true;
  }
  return false;
}

const listPeople = (dfns: DfnsApiClient) => all((token) => dfns.auth.listUsers({ query: paged(token) }));
const listServiceAccounts = async (dfns: DfnsApiClient) =>
  (await dfns.auth.listServiceAccounts()).items.map(({ userInfo }) => userInfo);

/** Rights hang on roles: without these nothing is known of anybody's. */
function withRoles(roles: Reading<readonly FoundRole[]>, accounts: Reading<readonly Shown[]>): Reading<FoundAccount[]> {
  if (!roles.ok) return { ok: false, reason: `its roles could not be read: ${roles.reason}` };
  return accounts.ok ? { ok: true, value: accounts.value.map((account) => toAccount(account, roles.value)) } : accounts;
}

export async function readOrganization(dfns: DfnsApiClient): Promise<FoundOrganization> {
  const [policies, webhooks, roles, people, serviceAccounts, wallets] = await Promise.all([
    reading(() =>
      all((token) =>
        dfns.policies.listPolicies({
          query: { status: 'Active', limit: String(PAGE_ITEMS), ...(token && { paginationToken: token }) },
        }),
      ),
    ),
    reading(() => all((token) => dfns.webhooks.listWebhooks({ query: paged(token) }))),
    reading(() => readRoles(dfns)),
    reading(() => listPeople(dfns)),
    reading(() => listServiceAccounts(dfns)),
    reading(() => hasClientWallets(dfns)),
  ]);
  return {
    policies,
    webhooks,
    roles,
    people: withRoles(roles, people),
    serviceAccounts: withRoles(roles, serviceAccounts),
    hasClientWallets: wallets,
  };
}
