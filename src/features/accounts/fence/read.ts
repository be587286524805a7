// Reads a fence: what should stand by our records, and what custody returns.

import type { App } from '../../../app/app.ts';
import { type Account, limitsTagOf } from '../../../domain/account.ts';
import { templatesAccepted } from '../../../domain/account-limits.ts';
import type { CustodyPolicy } from '../../../domain/custody.ts';
import { checkFence, type Finding, type FoundFence, guardActivities, type WantedFence } from '../../../domain/fence.ts';
import { isIn } from '../../../domain/machine.ts';
import { listWallets } from '../../../store/accounts.ts';
import { listListedAddresses, listUnsettledChanges } from '../../../store/destinations.ts';
import { listOpenLimitsChanges } from '../../../store/limits-changes.ts';

const CHANGES_MAX = 100;

async function readWanted(app: App, account: Account): Promise<WantedFence> {
  const wallets = await listWallets(app.database, 'staff', account.id);
  const listed = await listListedAddresses(app.database, account.id);
  const changes = await listUnsettledChanges(app.database, account.id, CHANGES_MAX);
  const inFlight = changes.find((change) => isIn(change, ['submitting', 'submitted']));
  const underWay = inFlight !== undefined && isIn(inFlight, ['submitting', 'submitted']) ? inFlight : undefined;
  return {
    tag: account.tag,
    limitsTemplate: account.limitsTemplate,
    limitsAccepted: templatesAccepted(account, await listOpenLimitsChanges(app.database, account.id)),
    policyId: account.policyId,
    custodyWalletIds: wallets.flatMap(({ custodyId }) => (custodyId === null ? [] : [custodyId])),
    lists: underWay === undefined ? [listed] : [underWay.addressesBefore, underWay.addressesWanted],
    ourChangeRequestId: underWay?.status === 'submitted' ? underWay.changeRequestId : undefined,
    listUnderWay: underWay?.addressesWanted,
  };
}

async function readFound(app: App, wanted: WantedFence): Promise<FoundFence> {
  const [wallets, listed] = await Promise.all([
    Promise.all(wanted.custodyWalletIds.map((id) => app.custody.findWallet(id))),
    app.custody.listPolicies(),
  ]);
  return { wallets, policies: await withMissing(app, listed, wanted.policyId) };
}

/** A policy that a list does not show is read by id before it counts as missing. */
async function withMissing(
  app: App,
  listed: readonly CustodyPolicy[],
  policyId: string | null,
): Promise<readonly CustodyPolicy[]> {
  if (policyId === null || listed.some(({ id }) => id === policyId)) return listed;
  const found = await app.custody.findPolicy(policyId);
  return found === undefined ? listed : [...listed, found];
}

/** Each policy of the fence by its id: a list may lag behind, and a finding stops money. */
async function readDirectly(app: App, wanted: WantedFence, found: FoundFence): Promise<FoundFence> {
  const policies = await Promise.all(
    found.policies.map((policy) =>
      isOfFence(wanted, policy) ? app.custody.findPolicy(policy.id) : Promise.resolve(policy),
    ),
  );
  return { ...found, policies: policies.filter((policy) => policy !== undefined) };
}

const isOfFence = ({ policyId, limitsTemplate }: WantedFence, policy: CustodyPolicy): boolean =>
  policy.id === policyId ||
  guardActivities.some((activity) => activity === policy.activity) ||
  policy.walletTagsAll.includes(limitsTagOf(limitsTemplate));

export interface ReadFence {
  readonly wanted: WantedFence;
  readonly found: FoundFence;
  readonly findings: readonly Finding[];
}

/**
 * One reading, and a second and direct one before a finding counts: a change of ours may have been applied between our
 * records and custody's answer, and a finding stops money.
 */
export async function readFence(app: App, account: Account): Promise<ReadFence> {
  const first = await readOnce(app, account, false);
  return first.findings.length === 0 ? first : readOnce(app, account, true);
}

async function readOnce(app: App, account: Account, isDirect: boolean): Promise<ReadFence> {
  const wanted = await readWanted(app, account);
  const listed = await readFound(app, wanted);
  const found = isDirect ? await readDirectly(app, wanted, listed) : listed;
  return { wanted, found, findings: checkFence(wanted, found) };
}
