// A wish for an address: asked for by the client, or proposed by an operator and then confirmed by the client. Nothing here
// talks to custody; what can be refused by our own records is refused before anything reaches it.

import type { App } from '../../app/app.ts';
import { retryConflict } from '../../app/retry.ts';
import type { Account } from '../../domain/account.ts';
import type { Actor } from '../../domain/actor.ts';
import { nameOf } from '../../domain/actor.ts';
import { acceptAsDestination, parseAddress } from '../../domain/address.ts';
import { confirmProposal, type Destination, type DestinationKind } from '../../domain/destination.ts';
import type { AccountId } from '../../domain/id.ts';
import type { Network } from '../../domain/network.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { addSeconds } from '../../domain/time.ts';
import { changePolicy } from '../../kit/messages.ts';
import { accountIsActive } from '../../store/accounts.ts';
import { type AddressFacts, findAddressFacts } from '../../store/address-facts.ts';
import { type Change, commit, type Message, type Requirement } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationChange, policyChangeChange } from '../../store/destinations.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { type Keep, newChange } from './change.ts';
import { screenAddress } from './screening.ts';

export interface Wish {
  readonly network: Network;
  readonly address: string;
  readonly label: string;
  readonly kind: DestinationKind;
}

/** A proposal that the client does not confirm within this time lapses. */
const PROPOSAL_SECONDS = 7 * 86_400;

/**
 * A client's request goes on to an officer; an operator's waits for the client. One read of D1 and one batch; judged again
 * when a sanctions list, or somebody's wish for the same address, came first.
 */
export const askForDestination = (app: App, by: Provenance, id: AccountId | 'me', wish: Wish, keep: Keep) =>
  retryConflict(() => askOnce(app, by, id, wish, keep));

async function askOnce(
  app: App,
  by: Provenance,
  id: AccountId | 'me',
  wish: Wish,
  keep: Keep,
): Promise<Result<Destination>> {
  const who = whoOf(by.actor, id);
  if (who === undefined) return refuse({ code: 'not_found' });
  const parsed = parseAddress(wish.network, wish.address);
  const address = parsed.ok ? parsed.value : '';
  const facts = await findAddressFacts(app.database, who, { network: wish.network, address });
  const account = activeAccount(facts, id);
  if (!account.ok) return account;
  if (!parsed.ok)
    return isHeld(facts, wish.network) ? parsed : refuse({ code: 'network_not_held', network: wish.network });
  const judged = judge(facts, wish.network, address);
  if (!judged.ok) return judged;
  if (facts.living !== undefined) return refuse({ code: 'destination_exists', destinationId: facts.living.id });
  const core = { ...wish, address, id: by.newId('dst'), version: 1, accountId: account.value.id, createdAt: by.at };
  if (by.actor.kind !== 'client') return propose(app, by, core, keep);
  const screened = await screenAddress(app, by, { ...wish, address, accountId: core.accountId }, facts);
  if (!screened.ok) return screened;
  const { requires, ...cleared } = screened.value;
  const destination: Destination<'requested'> = { ...core, ...cleared, status: 'requested' };
  const { changes, messages } = onward(by, account.value, destination);
  const committed = await commit(databaseFor(app, account.value.id), {
    by,
    changes: [destinationChange(undefined, destination), ...changes],
    messages,
    requires: [...requires, stillActive(core.accountId)],
    once: keep(destination),
  });
  return committed.ok ? accept(destination) : committed;
}

/** Neither screened nor sent anywhere before the client confirms it. */
async function propose(
  app: App,
  by: Provenance,
  core: Omit<Destination<'proposed'>, 'status' | 'proposedBy' | 'expiresAt'>,
  keep: Keep,
): Promise<Result<Destination>> {
  const expiresAt = addSeconds(by.at, PROPOSAL_SECONDS);
  const proposed: Destination<'proposed'> = { ...core, status: 'proposed', proposedBy: nameOf(by.actor), expiresAt };
  const committed = await commit(databaseFor(app, core.accountId), {
    by,
    changes: [destinationChange(undefined, proposed)],
    requires: [stillActive(core.accountId)],
    once: keep(proposed),
  });
  return committed.ok ? accept(proposed) : committed;
}

/** The client makes a proposal its own: judged as if it had been asked for now. */
export async function confirmDestination(
  app: App,
  by: Provenance,
  proposal: Destination<'proposed'>,
  keep: Keep,
): Promise<Result<Destination>> {
  const { accountId, network, address } = proposal;
  const facts = await findAddressFacts(databaseFor(app, accountId), { accountId }, { network, address });
  const account = activeAccount(facts, accountId);
  if (!account.ok) return account;
  const judged = judge(facts, network, address);
  if (!judged.ok) return judged;
  const screened = await screenAddress(app, by, proposal, facts);
  if (!screened.ok) return screened;
  const { requires, ...cleared } = screened.value;
  const requested = confirmProposal(proposal, cleared, by.at);
  if (!requested.ok) return requested;
  const { changes, messages } = onward(by, account.value, requested.value);
  const committed = await commit(databaseFor(app, accountId), {
    by,
    changes: [destinationChange(proposal, requested.value), ...changes],
    messages,
    requires: [...requires, stillActive(accountId)],
    once: keep(requested.value),
  });
  return committed.ok ? requested : committed;
}

/** Nobody closed the account meanwhile. */
const stillActive = (accountId: AccountId): Requirement => ({
  holds: accountIsActive(accountId),
  refusal: { code: 'account_not_active', found: 'closed' },
});

const whoOf = (actor: Actor, id: AccountId | 'me') =>
  actor.kind === 'client'
    ? { issuer: actor.issuer, subject: actor.subject }
    : id === 'me'
      ? undefined
      : { accountId: id };

type ActiveAccount = Account<'active'> & { readonly policyId: string };

function activeAccount({ account }: AddressFacts, id: AccountId | 'me'): Result<ActiveAccount> {
  if (account === undefined || (id !== 'me' && id !== account.id)) return refuse({ code: 'not_found' });
  if (account.status !== 'active') return refuse({ code: 'account_not_active', found: account.status });
  const { policyId } = account;
  if (policyId === null) throw new TypeError('an active account has an approved list');
  return accept({ ...account, policyId });
}

const isHeld = ({ wallets }: AddressFacts, network: Network): boolean =>
  wallets.some((wallet) => wallet.network === network && wallet.status === 'active');

function judge(facts: AddressFacts, network: Network, address: string): Result<string> {
  return isHeld(facts, network)
    ? acceptAsDestination(network, address, facts.isOwnAddress ? [address] : [])
    : refuse({ code: 'network_not_held', network });
}

/** What a requested destination sets in motion. */
function onward(
  by: Provenance,
  account: ActiveAccount,
  destination: Destination<'requested'>,
): { changes: readonly Change[]; messages: readonly Message[] } {
  const change = newChange(by, account.policyId, destination, 'add');
  return {
    changes: [policyChangeChange(undefined, change)],
    messages: [message('money', changePolicy({ accountId: account.id }))],
  };
}
