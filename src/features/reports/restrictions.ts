// What holds a client's money in: the approved destinations, the limits, what waits for whom, and the last check of it; now,
// or as it was at a past instant. Both are made from the same kinds of records, so both are shown by the same code.
import type * as z from 'zod';
import type { App } from '../../app/app.ts';
import type { Account } from '../../domain/account.ts';
import type { DailyLimit } from '../../domain/account-limits.ts';
import { showAddress } from '../../domain/address.ts';
import { showAmount } from '../../domain/amount.ts';
import type { AccountId } from '../../domain/id.ts';
import { isIn } from '../../domain/machine.ts';
import type { Mandate } from '../../domain/mandate.ts';
import type { PolicyChange } from '../../domain/policy-change.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import { readClaims } from '../../kit/attestation-keys.ts';
import { findAccount } from '../../store/accounts.ts';
import { findAttestationAsOf } from '../../store/attestations.ts';
import { type Database, databaseFor, type Scope } from '../../store/database.ts';
import { ENTRIES_MAX, findRecordsAsOf } from '../../store/history.ts';
import { findHolding, type Holding } from '../../store/holding.ts';
import type { RestrictionsView } from './schemas.ts';

/** Lists are kept to about a hundred addresses, and this shows all of them at once. */
const ROWS_MAX = 200;

type Restrictions = z.infer<typeof RestrictionsView>;

export async function readRestrictions(
  app: App,
  scope: Scope,
  accountId: AccountId,
  asOf: Timestamp | undefined,
): Promise<Result<Restrictions>> {
  const database = databaseFor(app, accountId);
  const now = app.clock.now();
  if (asOf === undefined) {
    const holding = await findHolding(database, scope, accountId, ROWS_MAX);
    return holding === undefined ? refuse({ code: 'not_found' }) : accept(view(holding, now));
  }
  const account = await findAccount(database, scope, accountId);
  if (account === undefined) return refuse({ code: 'not_found' });
  if (asOf > now) return refuse({ code: 'instant_in_future', asOf, now });
  if (asOf < account.createdAt) return refuse({ code: 'instant_before_opening', asOf, openedFrom: account.createdAt });
  const then = await readThen(database, account, asOf);
  return then.ok ? accept(view(then.value, asOf)) : then;
}

async function readThen(database: Database, account: Account, asOf: Timestamp): Promise<Result<Holding>> {
  const [records, attestation] = await Promise.all([
    findRecordsAsOf(database, account.id, asOf),
    findAttestationAsOf(database, account.id, asOf),
  ]);
  if (records === undefined) return refuse({ code: 'history_too_long', rowsMax: ENTRIES_MAX });
  return accept({
    account: records.account ?? account,
    destinations: records.destinations.filter((record) => isIn(record, ['approved', 'suspended', 'removing'])),
    changes: records.changes
      .filter((record) => isIn(record, ['queued', 'submitting', 'submitted', 'conflict']))
      .toReversed(),
    mandates: records.mandates.filter((record) => isIn(record, ['granted', 'active'])),
    halts: records.halts.filter((record) => isIn(record, ['active'])),
    attestation,
  });
}

function view({ account, destinations, changes, mandates, halts, attestation }: Holding, at: Timestamp): Restrictions {
  const claims = attestation && readClaims(attestation.jws);
  return {
    accountId: account.id,
    asOf: at,
    status: account.status,
    tag: account.tag,
    destinations: destinations.map((destination) => ({
      id: destination.id,
      network: destination.network,
      address: showAddress(destination.address),
      label: destination.label,
      kind: destination.kind,
      status: destination.status,
      approvedAt: 'approvedAt' in destination ? destination.approvedAt : null,
    })),
    custodyList: {
      addresses: claims?.approvedList.addresses ?? [],
      action: claims?.approvedList.action ?? 'unknown',
      policyId: account.policyId,
    },
    limits: [
      ...(claims?.limits ?? []).map((limit) => ({ ...limit, keptBy: 'custody' as const, mandateId: null })),
      ...account.dailyLimits.map(viewDailyLimit),
      ...mandates.flatMap(viewMandateLimits),
    ],
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
    approvers: (claims?.guard ?? []).map(({ group, quorum, approvers }) => ({ group, quorum, of: approvers })),
    fence: {
      // A check that has run out proves nothing about this instant.
      result: claims === undefined || claims.validUntil < at ? 'unknown' : claims.verdict,
      checkedAt: claims?.checkedAt ?? null,
      findings: (claims?.findings ?? []).map(({ says }) => says),
      attestation:
        attestation === undefined || claims === undefined
          ? null
          : { sequence: attestation.sequence, hash: attestation.hash, validUntil: claims.validUntil },
      permissionsProvenAt: claims?.permissionProofAt ?? null,
    },
    halts: halts.map(({ id, level, kind, reason, createdAt }) => ({ id, level, kind, reason, since: createdAt })),
    mandates: mandates.map(({ id, venue, destinationId, status, validFrom, validUntil }) => ({
      id,
      venue,
      destinationId,
      status,
      validFrom,
      validUntil,
    })),
  };
}

const viewDailyLimit = ({ asset, units }: DailyLimit): Restrictions['limits'][number] => ({
  keptBy: 'fiducia',
  rule: 'amount',
  perWallet: false,
  mandateId: null,
  numbers: { asset, perDay: units.toString() },
  says: `At most ${showAmount(asset, units)} a UTC day from all wallets of the account together, kept by us.`,
});

const viewMandateLimits = ({ id, venue, limits }: Mandate): Restrictions['limits'] =>
  limits.map(({ asset, perOrder, perDay }) => ({
    keptBy: 'fiducia',
    rule: 'amount',
    perWallet: false,
    mandateId: id,
    numbers: { asset, perOrder: perOrder.toString(), perDay: perDay.toString() },
    says: `At most ${showAmount(asset, perOrder)} an order and ${showAmount(asset, perDay)} a UTC day under the mandate to ${venue}, kept by us.`,
  }));

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
