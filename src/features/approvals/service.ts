// What waits for a decision at custody. The list costs one call there; whose votes are missing is read for a single one.
import type { App } from '../../app/app.ts';
import { CustodyUnavailable, type Page } from '../../dfns/custody.ts';
import { missingVotes } from '../../domain/approval.ts';
import type { CustodyApprovalInFull, CustodyPolicy } from '../../domain/custody.ts';
import type { AccountId } from '../../domain/id.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { findAccount } from '../../store/accounts.ts';
import { listAccountsByPolicy, listChangesAsked, listFirstEntries, listTransfersAsked } from '../../store/approvals.ts';
import { databaseFor } from '../../store/database.ts';
import type { JournalRow } from '../../store/journal.ts';
import { type AskedOfAccount, approvalIdOf, type Explained, explain, explainOne, inParts } from './explain.ts';
import { type Makers, type Shown, viewApproval, viewPolicy } from './views.ts';

/** Of ours, beside what custody lists. */
const OURS_MAX = 200;
const POLICIES_PER_APPROVAL_MAX = 10;

export async function readApprovals(app: App, cursor: string | undefined) {
  const page = await readPage(app, cursor);
  const listed = await explain(app, page?.items ?? []);
  // What custody lists on another page is not missing from this one.
  const others = cursor === undefined && page?.next === undefined ? await listOthers(app, listed) : [];
  const atCustody = page === undefined ? 'unavailable' : 'not_listed';
  const shown: Shown[] = [
    ...listed.map((explained) => ({ ...explained, atCustody: 'listed' as const })),
    ...others.map((asked): Shown => ({ asked, approval: undefined, accountId: asked.account.id, atCustody })),
  ];
  const makers = await findMakers(app, shown);
  const at = { now: app.clock.now(), url: app.config.dashboardUrl, makers };
  return { items: shown.map((one) => viewApproval(one, at)), nextCursor: page?.next ?? null };
}

/** Undefined when custody does not answer: what is known here is still worth showing. */
async function readPage(app: App, cursor: string | undefined): Promise<Page<CustodyApprovalInFull> | undefined> {
  try {
    return await app.custody.listPendingApprovals(cursor);
  } catch (fault) {
    if (fault instanceof CustodyUnavailable && cursor === undefined) return undefined;
    throw fault;
  }
}

async function listOthers(app: App, listed: readonly Explained[]): Promise<AskedOfAccount[]> {
  const [changes, transfers] = await Promise.all([
    listChangesAsked(app.database, OURS_MAX),
    listTransfersAsked(app.database, OURS_MAX),
  ]);
  const known = new Set(listed.map(({ approval }) => approval.id));
  return [...changes, ...transfers].filter((asked) => !known.has(approvalIdOf(asked) ?? 'unknown'));
}

export async function readApproval(app: App, id: string) {
  const approval = await app.custody.findApprovalInFull(id);
  if (approval === undefined) return refuse({ code: 'not_found' });
  const explained = await explainOne(app, approval);
  const read = await Promise.all(
    [...new Set([...approval.policyIds, approval.change?.policyId])]
      .filter((policyId) => policyId !== undefined)
      .slice(0, POLICIES_PER_APPROVAL_MAX)
      .map((policyId) => app.custody.findPolicy(policyId)),
  );
  const policies = read.filter((policy) => policy !== undefined);
  const asking = policies.filter((policy) => approval.policyIds.includes(policy.id));
  const shown: Shown = {
    ...explained,
    atCustody: approval.status === 'pending' ? 'listed' : 'not_listed',
    votes: missingVotes(asking, approval),
    list: policies.find((policy) => policy.id === approval.change?.policyId),
  };
  const makers = await findMakers(app, [shown]);
  return accept(viewApproval(shown, { now: app.clock.now(), url: app.config.dashboardUrl, makers }));
}

/** Who made the records behind them: the first entry of each names its actor. */
async function findMakers(app: App, shown: readonly Shown[]): Promise<Makers> {
  const subjects = shown.flatMap(({ asked }) => {
    if (asked === undefined) return [];
    return asked.kind === 'change' ? [asked.change.id, asked.destination.id] : [asked.wishId];
  });
  const entries = await inParts(subjects, (ids) => listFirstEntries(app.database, ids));
  return new Map<string, JournalRow>(entries.map((entry) => [entry.subjectId, entry]));
}

export async function readPolicies(app: App, cursor: string | undefined) {
  const page = await app.custody.listPoliciesPage(cursor);
  return { items: await viewPolicies(app, page.items), nextCursor: page.next ?? null };
}

/** The approved list of one account, in one call however many accounts there are. */
export async function readPoliciesOf(app: App, accountId: AccountId): Promise<Result<CustodyPolicyViews>> {
  const account = await findAccount(databaseFor(app, accountId), 'staff', accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  const policy = account.policyId === null ? undefined : await app.custody.findPolicy(account.policyId);
  return accept({ items: await viewPolicies(app, policy === undefined ? [] : [policy]), nextCursor: null });
}

type CustodyPolicyViews = Awaited<ReturnType<typeof readPolicies>>;

async function viewPolicies(app: App, policies: readonly CustodyPolicy[]) {
  const ids = policies.map(({ id }) => id);
  const accounts = await inParts(ids, (some) => listAccountsByPolicy(app.database, some));
  return policies.map((policy) => viewPolicy(policy, accounts.find(({ policyId }) => policyId === policy.id)?.id));
}
