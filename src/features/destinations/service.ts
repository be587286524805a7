// What becomes of a destination by a person's act after it was asked for: taken back, removed, shut, opened again, confirmed.

import type { App } from '../../app/app.ts';
import { nameOf, rolesOf } from '../../domain/actor.ts';
import {
  type Destination,
  isCoolingOff,
  markUnwanted,
  recertify,
  resume,
  startRemoval,
  suspend,
  withdraw,
} from '../../domain/destination.ts';
import type { DestinationId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import { type PolicyChange, withdrawChange } from '../../domain/policy-change.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { screenedAgainst } from '../../domain/screening.ts';
import { changePolicy, markStops } from '../../kit/messages.ts';
import { findAccount } from '../../store/accounts.ts';
import { findAddressFacts } from '../../store/address-facts.ts';
import { type Change, commit, type Message, type Requirement } from '../../store/commit.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import {
  destinationChange,
  findDestination,
  listUnsettledChangesOf,
  policyChangeChange,
} from '../../store/destinations.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { activeListIs } from '../../store/screening.ts';
import { type Keep, newChange } from './change.ts';
import { confirmDestination } from './request.ts';

export async function readDestination(app: App, scope: Scope, id: DestinationId): Promise<Result<Destination>> {
  const destination = await findDestination(app.database, scope, id);
  return destination === undefined ? refuse({ code: 'not_found' }) : accept(destination);
}

/** One act on one destination: what it becomes, with what else changes in the same commit. */
interface Act {
  readonly after: Destination;
  readonly changes?: readonly Change[];
  readonly messages?: readonly Message[];
  readonly requires?: readonly Requirement[];
  /** The word of the journal where the status stays the same. */
  readonly kind?: string;
}

async function perform(
  app: App,
  by: Provenance,
  scope: Scope,
  id: DestinationId,
  keep: Keep,
  act: (destination: Destination) => Promise<Result<Act>> | Result<Act>,
): Promise<Result<Destination>> {
  const found = await readDestination(app, scope, id);
  if (!found.ok) return found;
  const acted = await act(found.value);
  if (!acted.ok) return acted;
  const { after, changes = [], messages = [], requires = [], kind } = acted.value;
  const committed = await commit(databaseFor(app, after.accountId), {
    by,
    changes: [destinationChange(found.value, after, kind), ...changes],
    messages,
    requires,
    once: keep(after),
  });
  return committed.ok ? accept(after) : committed;
}

/** Nothing is sent there from this commit on; custody's list follows when an officer approves. */
export const removeDestination = (app: App, by: Provenance, scope: Scope, id: DestinationId, keep: Keep) =>
  perform(app, by, scope, id, keep, async (destination) => {
    const removable = inStatus('destination', destination, 'approved', 'suspended');
    return removable.ok ? remove(app, by, removable.value) : removable;
  });

async function remove(
  app: App,
  by: Provenance,
  destination: Destination<'approved' | 'suspended'>,
): Promise<Result<Act>> {
  const database = databaseFor(app, destination.accountId);
  const account = await findAccount(database, 'staff', destination.accountId);
  if (account?.policyId == null) throw new TypeError('an approved destination stands on an approved list');
  const removing = startRemoval(destination, by.at);
  const queued = (await changesOf(app, destination)).some(({ operation }) => operation === 'remove');
  const change = newChange(by, account.policyId, removing, 'remove');
  return accept({
    after: removing,
    // A removal that waits already, since the wish was withdrawn in review, is the one.
    changes: queued ? [] : [policyChangeChange(undefined, change)],
    messages: [message('money', changePolicy({ accountId: removing.accountId })), lookAtStops(removing)],
  });
}

/** What is with custody already can only be marked as unwanted there. */
const lookAtStops = ({ accountId }: Destination): Message => message('events', markStops({ accountId, after: null }));

const changesOf = (app: App, { accountId, id }: Destination): Promise<PolicyChange[]> =>
  listUnsettledChangesOf(databaseFor(app, accountId), id);

/**
 * The client takes a wish back: before custody has it, it ends here; while an officer decides, it is marked as unwanted; in
 * the cooling-off it is removed.
 */
export const withdrawDestination = (app: App, by: Provenance, scope: Scope, id: DestinationId, keep: Keep) =>
  perform(app, by, scope, id, keep, async (destination): Promise<Result<Act>> => {
    const open = inStatus('destination', destination, 'proposed', 'requested', 'in_review', 'approved');
    if (!open.ok) return open;
    const found = open.value;
    switch (found.status) {
      case 'proposed':
        return accept({ after: withdraw(found, by.at) });
      case 'requested':
        return withdrawRequest(app, by, found);
      case 'in_review':
        return found.unwantedAt === undefined
          ? accept({ after: markUnwanted(found, by.at), kind: 'destination.unwanted' })
          : refuse({ code: 'wrong_status', subject: 'destination', found: 'withdrawn already', needed: 'wanted' });
      case 'approved':
        return isCoolingOff(found, by.at)
          ? remove(app, by, found)
          : refuse({ code: 'already_usable', usableFrom: found.usableFrom });
    }
  });

async function withdrawRequest(app: App, by: Provenance, requested: Destination<'requested'>): Promise<Result<Act>> {
  const [change] = await changesOf(app, requested);
  if (change?.status !== 'queued' && change?.status !== 'conflict') {
    return refuse({
      code: 'wrong_status',
      subject: 'policy change',
      found: change?.status ?? 'none',
      needed: 'queued',
    });
  }
  return accept({
    after: withdraw(requested, by.at),
    changes: [policyChangeChange(change, withdrawChange(change, by.at))],
  });
}

const roleOf = ({ actor }: Provenance): 'client' | 'officer' =>
  rolesOf(actor).includes('client') ? 'client' : 'officer';

/** Shut on our side from this commit on; the address stays on custody's list. */
export const suspendDestination = (
  app: App,
  by: Provenance,
  scope: Scope,
  id: DestinationId,
  reason: string,
  keep: Keep,
) =>
  perform(app, by, scope, id, keep, (destination): Result<Act> => {
    const approved = inStatus('destination', destination, 'approved');
    if (!approved.ok) return approved;
    const suspended = { reason, suspendedBy: roleOf(by), suspendedByName: nameOf(by.actor), at: by.at };
    return accept({ after: suspend(approved.value, suspended), messages: [lookAtStops(destination)] });
  });

/** Opened again; a removal that custody does not have yet is taken back with it. */
export const resumeDestination = (app: App, by: Provenance, scope: Scope, id: DestinationId, keep: Keep) =>
  perform(app, by, scope, id, keep, async (destination): Promise<Result<Act>> => {
    const suspended = inStatus('destination', destination, 'suspended');
    if (!suspended.ok) return suspended;
    const { accountId, network, address } = destination;
    const { list, isSanctioned } = await findAddressFacts(
      databaseFor(app, accountId),
      { accountId },
      { network, address },
    );
    if (list === undefined && app.config.isScreeningRequired) return refuse({ code: 'screening_unavailable' });
    if (isSanctioned) return refuse({ code: 'address_sanctioned', destinationId: id });
    const who = { role: roleOf(by), name: nameOf(by.actor) };
    const resumed = resume(suspended.value, who, list === undefined ? null : screenedAgainst(list, by.at), by.at);
    if (!resumed.ok) return resumed;
    const removal = (await changesOf(app, destination)).find(({ operation }) => operation === 'remove');
    // Screened against the list in force at the commit, not one before it.
    const requires = [{ holds: activeListIs(list?.id ?? null), refusal: { code: 'version_conflict' } as const }];
    const messages = [lookAtStops(destination)];
    if (removal === undefined) return accept({ after: resumed.value, requires, messages });
    if (removal.status !== 'queued' && removal.status !== 'conflict') {
      return refuse({ code: 'wrong_status', subject: 'removal', found: removal.status, needed: 'queued' });
    }
    return accept({
      after: resumed.value,
      changes: [policyChangeChange(removal, withdrawChange(removal, by.at))],
      requires,
      messages,
    });
  });

/** The client's word that the address is its own: for a proposal, or for an approved one that was asked about again. */
export async function confirm(
  app: App,
  by: Provenance,
  scope: Scope,
  id: DestinationId,
  keep: Keep,
): Promise<Result<Destination>> {
  const found = await readDestination(app, scope, id);
  if (!found.ok) return found;
  if (found.value.status === 'proposed') return confirmDestination(app, by, found.value, keep);
  return perform(app, by, scope, id, keep, (destination): Result<Act> => {
    const approved = inStatus('destination', destination, 'approved');
    return approved.ok ? accept({ after: recertify(approved.value, by.at), kind: 'destination.confirmed' }) : approved;
  });
}
