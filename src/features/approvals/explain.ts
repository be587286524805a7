// Finds what of ours explains approvals at custody. What nothing of ours explains was not asked for here.
import type { App } from '../../app/app.ts';
import type { CustodyApprovalInFull } from '../../domain/custody.ts';
import type { AccountId } from '../../domain/id.ts';
import { isIn } from '../../domain/machine.ts';
import { isSameList, type PolicyChange } from '../../domain/policy-change.ts';
import {
  type ChangeAsked,
  findChangeByApproval,
  listAccountsByPolicy,
  listAccountsByWallet,
  listChangesInFlight,
  listPayoutsByExternalId,
  listTransfersByExternalId,
  type PayoutAsked,
  type TransferAsked,
} from '../../store/approvals.ts';

/** What the records of an account ask for; what a payout asks for belongs to none. */
export type AskedOfAccount = ChangeAsked | TransferAsked;
export type Asked = AskedOfAccount | PayoutAsked;
export interface Explained {
  readonly approval: CustodyApprovalInFull;
  readonly asked: Asked | undefined;
  /** The account that it touches, whoever asked. */
  readonly accountId: AccountId | undefined;
}

/** The request at custody that it waits for; undefined while custody's answer to it is not known. */
export function approvalIdOf(asked: Asked): string | undefined {
  const record = asked.kind === 'change' ? asked.change : asked.transfer;
  return 'approvalId' in record ? record.approvalId : undefined;
}

const IDS_PER_STATEMENT = 90;

/** D1 binds a hundred parameters at most, and a page of custody may name more. */
export async function inParts<T>(
  ids: readonly (string | undefined)[],
  list: (some: readonly string[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const known = [...new Set(ids.filter((id) => id !== undefined))];
  const found: T[] = [];
  for (let start = 0; start < known.length; start += IDS_PER_STATEMENT) {
    found.push(...(await list(known.slice(start, start + IDS_PER_STATEMENT))));
  }
  return found;
}

export async function explain({ database }: App, approvals: readonly CustodyApprovalInFull[]): Promise<Explained[]> {
  const policyIds = approvals.map(({ change }) => change?.policyId);
  const [changes, transfers, payouts, lists, wallets] = await Promise.all([
    inParts(policyIds, (ids) => listChangesInFlight(database, ids)),
    inParts(
      approvals.map(({ request }) => request?.externalId),
      (ids) => listTransfersByExternalId(database, ids),
    ),
    inParts(
      approvals.map(({ request }) => request?.externalId),
      (ids) => listPayoutsByExternalId(database, ids),
    ),
    inParts(policyIds, (ids) => listAccountsByPolicy(database, ids)),
    inParts(
      approvals.map(({ request }) => request?.walletId),
      (ids) => listAccountsByWallet(database, ids),
    ),
  ]);
  return approvals.map((approval) => {
    const { change, request } = approval;
    const asked =
      change === undefined
        ? [...transfers, ...payouts].find(({ transfer }) => isRequestOf(approval, transfer))
        : changes.find((known) => isAskedBy(approval, known.change));
    const accountId =
      lists.find(({ policyId }) => policyId === change?.policyId)?.id ??
      wallets.find(({ custodyId }) => custodyId === request?.walletId)?.accountId;
    return {
      approval,
      asked,
      accountId: asked === undefined || asked.kind === 'payout' ? accountId : asked.account.id,
    };
  });
}

/** Also one that is settled, and so no longer in flight. */
export async function explainOne(app: App, approval: CustodyApprovalInFull): Promise<Explained> {
  const [explained = { approval, asked: undefined, accountId: undefined }] = await explain(app, [approval]);
  if (explained.asked !== undefined || explained.accountId === undefined) return explained;
  const of = { accountId: explained.accountId, approvalId: approval.id };
  return { ...explained, asked: await findChangeByApproval(app.database, of) };
}

const isRequestOf = (
  { request }: CustodyApprovalInFull,
  { externalId, custodyWalletId }: (TransferAsked | PayoutAsked)['transfer'],
): boolean => request?.kind === 'transfer' && request.externalId === externalId && request.walletId === custodyWalletId;

/** Known by its approval, or, where custody's answer was lost, by the very list that it would set. */
function isAskedBy({ id, change }: CustodyApprovalInFull, ours: PolicyChange): boolean {
  if (change === undefined || change.policyId !== ours.policyId) return false;
  if (ours.status === 'submitted') return ours.approvalId === id;
  return (
    isIn(ours, ['submitting']) &&
    !change.archives &&
    change.addresses !== undefined &&
    isSameList(change.addresses, ours.addressesWanted)
  );
}
