// Reads a fence: what should stand by our records, and what custody returns.

import type { App } from '../../../app/app.ts';
import { readShared } from '../../../app/shared-policies.ts';
import type { Account } from '../../../domain/account.ts';
import { templatesAccepted } from '../../../domain/account-limits.ts';
import type { CustodyPolicy, CustodyWallet } from '../../../domain/custody.ts';
import type { Destination } from '../../../domain/destination.ts';
import {
  checkApprovedList,
  checkFence,
  checkShared,
  checkStrays,
  checkWallet,
  type Finding,
  type FoundFence,
  resultOf,
  type WantedFence,
} from '../../../domain/fence.ts';
import type { Timestamp } from '../../../domain/time.ts';
import type { Wallet } from '../../../domain/wallet.ts';
import { databaseFor } from '../../../store/database.ts';
import { listFenceRecords } from '../../../store/fences.ts';
import { readProofStanding } from '../../../store/permission-proofs.ts';
import { listStrays } from '../../../store/sightings.ts';

type FenceRecords = Awaited<ReturnType<typeof listFenceRecords>>;

/** What our records said of one account when custody was asked, as far as an attestation states it. */
interface OwnRecords {
  readonly destinations: readonly Destination[];
  /** The keys at custody that sign for its wallets. */
  readonly keyIds: readonly string[];
  /** The last one, to which the next is linked. */
  readonly attestation: { readonly hash: string } | undefined;
}

export const keysOf = (wallets: readonly Pick<Wallet, 'keyId'>[]): string[] =>
  wallets.flatMap(({ keyId }) => (keyId === null ? [] : [keyId]));

export const ownRecords = (account: Account, records: FenceRecords): OwnRecords => ({
  destinations: records.destinations.filter(({ accountId }) => accountId === account.id),
  keyIds: keysOf(records.wallets.filter(({ accountId }) => accountId === account.id)),
  attestation: records.attestations.find(({ accountId }) => accountId === account.id),
});

/** What should stand by our records. */
export function wantedOf(account: Account, records: FenceRecords): WantedFence {
  const underWay = records.inFlight.find(({ accountId }) => accountId === account.id);
  const listed = ownRecords(account, records).destinations.map(({ address }) => address);
  return {
    tag: account.tag,
    limitsTemplate: account.limitsTemplate,
    limitsAccepted: templatesAccepted(
      account,
      records.limitsChanges.filter(({ accountId }) => accountId === account.id),
    ),
    policyId: account.policyId,
    custodyWalletIds: records.wallets.flatMap(({ accountId, custodyId }) =>
      accountId === account.id && custodyId !== null ? [custodyId] : [],
    ),
    lists: underWay === undefined ? [listed] : [underWay.addressesBefore, underWay.addressesWanted],
    ourChangeRequestId: underWay?.status === 'submitted' ? underWay.changeRequestId : undefined,
    listUnderWay: underWay?.addressesWanted,
  };
}

/** Each part of the fence by its id; guard and limits are shared by all accounts and may have been read just before. */
async function readFound(app: App, wanted: WantedFence, own: OwnRecords, at: Timestamp): Promise<FoundFence> {
  const [wallets, lists, shared, proof, strays] = await Promise.all([
    Promise.all(wanted.custodyWalletIds.map((id) => app.custody.findWallet(id))),
    findList(app, wanted),
    readShared(app, at, { template: wanted.limitsTemplate }),
    readProofStanding(app.database, at),
    readStrays(app, own),
  ]);
  return { wallets, policies: [...lists, ...shared], proof, strays };
}

export interface ReadFence {
  readonly wanted: WantedFence;
  readonly found: FoundFence;
  readonly findings: readonly Finding[];
  readonly records: OwnRecords;
  /** When the oldest part of it was read. */
  readonly readAt: Timestamp;
}

/**
 * One reading, and a second one of what differs before a finding counts: a change of ours may have been applied between our
 * records and custody's answer, and a finding stops money.
 */
export async function readFence(app: App, account: Account, at: Timestamp): Promise<ReadFence> {
  const records = await listFenceRecords(databaseFor(app, account.id), [account.id]);
  const wanted = wantedOf(account, records);
  const found = await readFound(app, wanted, ownRecords(account, records), at);
  const findings = checkFence(wanted, found);
  return resultOf(findings) === 'broken'
    ? confirmFence(app, account, found, at)
    : { wanted, found, findings, records: ownRecords(account, records), readAt: at };
}

/** Reads directly, by id, each part that is not as our records want it now; the rest counts as it was seen. */
export async function confirmFence(app: App, account: Account, seen: FoundFence, at: Timestamp): Promise<ReadFence> {
  const records = await listFenceRecords(databaseFor(app, account.id), [account.id]);
  const wanted = wantedOf(account, records);
  const isList = ({ id }: CustodyPolicy) => id === wanted.policyId;
  const own = ownRecords(account, records);
  const [wallets, lists, shared, strays] = await Promise.all([
    Promise.all(
      wanted.custodyWalletIds.map((id, index) =>
        checkWallet(wanted, id, seen.wallets[index]).length > 0 ? app.custody.findWallet(id) : seen.wallets[index],
      ),
    ),
    checkApprovedList(wanted, seen.policies).length > 0 ? findList(app, wanted) : seen.policies.filter(isList),
    checkShared(wanted, seen.policies).length > 0
      ? readShared(app, at, { isDirect: true, template: wanted.limitsTemplate })
      : seen.policies.filter((policy) => !isList(policy)),
    checkStrays(wanted, seen.strays).length > 0 ? readStrays(app, own) : seen.strays,
  ]);
  const found = { wallets, policies: [...lists, ...shared], proof: seen.proof, strays };
  return { wanted, found, findings: checkFence(wanted, found), records: own, readAt: at };
}

async function findList(app: App, { policyId }: WantedFence): Promise<readonly CustodyPolicy[]> {
  const policy = policyId === null ? undefined : await app.custody.findPolicy(policyId);
  return policy === undefined ? [] : [policy];
}

/** What a sweep or an event saw on the keys of the account, as it is now. */
async function readStrays(app: App, { keyIds }: OwnRecords): Promise<readonly CustodyWallet[]> {
  const seen = await listStrays(app.database, keyIds);
  const read = await Promise.all(seen.map(({ id }) => app.custody.findWallet(id)));
  return read.filter((wallet) => wallet !== undefined);
}
