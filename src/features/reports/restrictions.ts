// What holds a client's money in: the approved destinations, the limits, what waits for whom, and the last check of it.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import { showAddress } from '../../domain/address.ts';
import { type FoundLimit, standsAt } from '../../domain/fence.ts';
import type { AccountId } from '../../domain/id.ts';
import { saysBound } from '../../domain/limits-template.ts';
import type { PolicyChange } from '../../domain/policy-change.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import { findAccount } from '../../store/accounts.ts';
import { databaseFor, type Scope } from '../../store/database.ts';
import { listDestinations, listUnsettledChanges } from '../../store/destinations.ts';
import { findFence } from '../../store/fences.ts';
import { listHalts } from '../../store/halts.ts';
import { listMandates } from '../../store/mandates.ts';
import type { RestrictionsView } from './schemas.ts';

/** Lists are kept to about a hundred addresses, and this shows all of them at once. */
const ROWS_MAX = 200;

export async function readRestrictions(
  app: App,
  scope: Scope,
  accountId: AccountId,
): Promise<Result<z.infer<typeof RestrictionsView>>> {
  const database = databaseFor(app, accountId);
  const account = await findAccount(database, scope, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  const page = { limit: ROWS_MAX };
  const [destinations, changes, fence, halts, mandates] = await Promise.all([
    listDestinations(database, scope, accountId, page),
    listUnsettledChanges(database, accountId, ROWS_MAX),
    findFence(database, accountId),
    listHalts(database, { accountId }, page),
    listMandates(database, scope, accountId, page),
  ]);
  const at = app.clock.now();
  return accept({
    accountId,
    asOf: at,
    tag: account.tag,
    destinations: destinations
      .filter(({ status }) => status === 'approved' || status === 'suspended' || status === 'removing')
      .map((destination) => ({
        id: destination.id,
        network: destination.network,
        address: showAddress(destination.address),
        label: destination.label,
        status: destination.status,
        approvedAt: 'approvedAt' in destination ? destination.approvedAt : null,
      })),
    custodyList: {
      addresses: (fence?.found?.addresses ?? []).map(showAddress),
      action: fence?.found?.action ?? 'unknown',
      policyId: account.policyId,
    },
    limits: (fence?.found?.limits ?? []).map((limit) => ({
      rule: limit.kind,
      perWallet: true,
      says: saysLimit(limit),
    })),
    pending: changes.map((change) => ({
      id: change.id,
      operation: change.operation,
      destinationId: change.destinationId,
      address: showAddress(change.address),
      status: change.status,
      says: saysPending(change),
      approvalId: change.status === 'submitted' ? change.approvalId : null,
      since: change.createdAt,
    })),
    approvers: (fence?.found?.guard ?? []).map(({ name, quorum, approvers }) => ({
      group: name ?? null,
      quorum,
      of: approvers,
    })),
    fence: {
      result: standsAt(fence, at),
      checkedAt: fence?.checkedAt ?? null,
      findings: (fence?.findings ?? []).map(({ says }) => says),
      permissionsProvenAt: fence?.found?.permissionsProvenAt ?? null,
    },
    halts: halts
      .filter(({ status }) => status === 'active')
      .map(({ id, level, kind, reason, createdAt }) => ({ id, level, kind, reason, since: createdAt })),
    mandates: mandates
      .filter(({ status }) => status === 'granted' || status === 'active')
      .map(({ id, venue, status, validUntil }) => ({ id, venue, status, validUntil })),
  });
}

const beyond: Readonly<Record<FoundLimit['action'], string>> = {
  block: 'custody blocks what is beyond',
  approval: 'an officer decides inside custody about what is beyond',
  none: 'custody only notes what is beyond',
};

function saysLimit(limit: FoundLimit): string {
  const bound = saysBound(limit);
  return `${bound.charAt(0).toUpperCase()}${bound.slice(1)} from each wallet; ${beyond[limit.action]}.`;
}

function saysPending(change: PolicyChange): string {
  const what = change.operation === 'add' ? 'An address is to be added' : 'An address is to be removed';
  switch (change.status) {
    case 'queued':
      return `${what}; it waits for its turn.`;
    case 'submitting':
      return `${what}; it is being handed to custody.`;
    case 'submitted':
      return `${what}; an officer decides inside custody.`;
    default:
      return `${what}; the list at custody differs from ours, and people are looking into it.`;
  }
}
