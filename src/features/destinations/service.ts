// A client's wishes about where its money may go. Nothing here talks to custody: the queue carries wishes there in order.

import type { App } from '../../app/app.ts';
import { acceptAsDestination, parseAddress } from '../../domain/address.ts';
import { type Destination, type DestinationKind, startRemoval, withdraw } from '../../domain/destination.ts';
import type { AccountId, DestinationId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import type { Network } from '../../domain/network.ts';
import { type PolicyChange, withdrawChange } from '../../domain/policy-change.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { changePolicy } from '../../kit/messages.ts';
import { accountIsActive, findAccount, listOwnAddresses, listWallets } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import {
  destinationChange,
  findDestination,
  findLivingDestination,
  listUnsettledChanges,
  policyChangeChange,
} from '../../store/destinations.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';

type Keep = (destination: Destination) => readonly Once[];
export interface Wish {
  readonly network: Network;
  readonly address: string;
  readonly label: string;
  readonly kind: DestinationKind;
}

export async function requestDestination(
  app: App,
  by: Provenance,
  accountId: AccountId,
  wish: Wish,
  keep: Keep,
): Promise<Result<Destination>> {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, { accountId }, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  if (account.status !== 'active') return refuse({ code: 'account_not_active', found: account.status });
  const judged = await judgeAddress(app, accountId, wish);
  if (!judged.ok) return judged;
  const address = judged.value;
  const existing = await findLivingDestination(database, { accountId, network: wish.network, address });
  if (existing !== undefined) return refuse({ code: 'destination_exists', destinationId: existing.id });
  if (account.policyId === null) throw new TypeError('an active account has an approved list');
  const destination: Destination<'requested'> = {
    ...wish,
    id: by.newId('dst'),
    version: 1,
    status: 'requested',
    accountId,
    address,
    createdAt: by.at,
  };
  const change = newChange(by, account.policyId, destination, 'add');
  const committed = await commit(database, {
    by,
    changes: [destinationChange(undefined, destination), policyChangeChange(undefined, change)],
    messages: [message('money', changePolicy({ accountId }))],
    requires: [{ holds: accountIsActive(accountId), refusal: { code: 'account_not_active', found: 'closed' } }],
    once: keep(destination),
  });
  return committed.ok ? accept(destination) : committed;
}

async function judgeAddress(app: App, accountId: AccountId, { network, address }: Wish): Promise<Result<string>> {
  const database = databaseFor(app, accountId);
  const wallets = await listWallets(database, { accountId }, accountId);
  if (!wallets.some((wallet) => wallet.network === network && wallet.status === 'active')) {
    return refuse({ code: 'network_not_held', network });
  }
  const parsed = parseAddress(network, address);
  if (!parsed.ok) return parsed;
  return acceptAsDestination(network, parsed.value, await listOwnAddresses(database, network, [parsed.value]));
}

const newChange = (
  by: Provenance,
  policyId: string,
  destination: Destination,
  operation: PolicyChange['operation'],
): PolicyChange<'queued'> => ({
  id: by.newId('chg'),
  version: 1,
  status: 'queued',
  accountId: destination.accountId,
  destinationId: destination.id,
  policyId,
  operation,
  address: destination.address,
  createdAt: by.at,
  nextLookAt: by.at,
});

export async function readDestination(app: App, scope: Scope, id: DestinationId): Promise<Result<Destination>> {
  const destination = await findDestination(app.database, scope, id);
  return destination === undefined ? refuse({ code: 'not_found' }) : accept(destination);
}

async function readIn<S extends Destination['status']>(
  app: App,
  scope: Scope,
  id: DestinationId,
  ...statuses: readonly S[]
) {
  const found = await readDestination(app, scope, id);
  return found.ok ? inStatus('destination', found.value, ...statuses) : found;
}

/** Nothing is sent there from this commit on; custody's list follows when an officer approves. */
export async function removeDestination(
  app: App,
  by: Provenance,
  scope: Scope,
  id: DestinationId,
  keep: Keep,
): Promise<Result<Destination>> {
  const approved = await readIn(app, scope, id, 'approved', 'suspended');
  if (!approved.ok) return approved;
  const database = databaseFor(app, approved.value.accountId);
  const account = await findAccount(database, scope, approved.value.accountId);
  if (account?.policyId == null) throw new TypeError('an approved destination stands on an approved list');
  const removing = startRemoval(approved.value, by.at);
  const committed = await commit(database, {
    by,
    changes: [
      destinationChange(approved.value, removing),
      policyChangeChange(undefined, newChange(by, account.policyId, removing, 'remove')),
    ],
    messages: [message('money', changePolicy({ accountId: removing.accountId }))],
    once: keep(removing),
  });
  return committed.ok ? accept(removing) : committed;
}

const CHANGES_MAX = 100;

/** Only while it waits for its turn; once custody has it, an officer decides. */
export async function withdrawDestination(
  app: App,
  by: Provenance,
  scope: Scope,
  id: DestinationId,
  keep: Keep,
): Promise<Result<Destination>> {
  const requested = await readIn(app, scope, id, 'requested');
  if (!requested.ok) return requested;
  const database = databaseFor(app, requested.value.accountId);
  const changes = await listUnsettledChanges(database, requested.value.accountId, CHANGES_MAX);
  const change = changes.find(({ destinationId }) => destinationId === id);
  if (change?.status !== 'queued' && change?.status !== 'conflict') {
    return refuse({
      code: 'wrong_status',
      subject: 'policy change',
      found: change?.status ?? 'none',
      needed: 'queued',
    });
  }
  const withdrawn = withdraw(requested.value, by.at);
  const committed = await commit(database, {
    by,
    changes: [destinationChange(requested.value, withdrawn), policyChangeChange(change, withdrawChange(change, by.at))],
    once: keep(withdrawn),
  });
  return committed.ok ? accept(withdrawn) : committed;
}
