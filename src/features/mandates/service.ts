// Granting mandates, the client's act alone, and what time and destinations make of them.

import type { App } from '../../app/app.ts';
import { begin } from '../../app/app.ts';
import type { Job } from '../../app/job.ts';
import { retryConflict } from '../../app/retry.ts';
import { system } from '../../domain/actor.ts';
import { readUnits } from '../../domain/amount.ts';
import { findAsset } from '../../domain/asset.ts';
import type { AccountId, DestinationId } from '../../domain/id.ts';
import { inStatus } from '../../domain/machine.ts';
import {
  activateMandate,
  expireMandate,
  followDestination,
  type Mandate,
  type MandateLimit,
} from '../../domain/mandate.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import { accountIsActive } from '../../store/accounts.ts';
import { commit, type Once } from '../../store/commit.ts';
import { databaseFor } from '../../store/database.ts';
import { destinationIs, findDestination } from '../../store/destinations.ts';
import type { Provenance } from '../../store/journal.ts';
import { listMandatesLeftBehind, listMandatesOver, mandateChange } from '../../store/mandates.ts';

export interface Grant {
  readonly venue: string;
  readonly destinationId: DestinationId;
  readonly limits: readonly { asset: string; perOrder: string; perDay: string }[];
  readonly validFrom?: Timestamp | undefined;
  readonly validUntil: Timestamp;
  readonly strategy: string;
}
type Keep = (mandate: Mandate) => readonly Once[];

export const grantMandate = (
  app: App,
  by: Provenance,
  accountId: AccountId,
  grant: Grant,
  keep: Keep,
): Promise<Result<Mandate>> => retryConflict(() => grantOnce(app, by, accountId, grant, keep));

async function grantOnce(
  app: App,
  by: Provenance,
  accountId: AccountId,
  grant: Grant,
  keep: Keep,
): Promise<Result<Mandate>> {
  const database = databaseFor(app, accountId);
  const destination = await findDestination(database, { accountId }, grant.destinationId);
  if (destination === undefined) return refuse({ code: 'not_found' });
  const isPossible = ['requested', 'in_review', 'approved'].includes(destination.status);
  if (!isPossible) return refuse({ code: 'destination_not_approved', found: destination.status });
  const limits = readLimits(grant, destination.network);
  if (!limits.ok) return limits;
  const validFrom = grant.validFrom ?? by.at;
  if (validFrom >= grant.validUntil || grant.validUntil <= by.at) {
    return refuse({ code: 'period_invalid', reason: 'validUntil lies after validFrom and after now.' });
  }
  const granted: Mandate<'granted'> = {
    ...grant,
    id: by.newId('mnd'),
    version: 1,
    status: 'granted',
    accountId,
    limits: limits.value,
    validFrom,
    createdAt: by.at,
  };
  const mandate = destination.status === 'approved' ? activateMandate(granted, by.at) : granted;
  const committed = await commit(database, {
    by,
    changes: [
      mandateChange(undefined, granted),
      ...(mandate.status === 'active' ? [mandateChange(granted, mandate)] : []),
    ],
    // Approved or rejected in between, the mandate would wait for an outcome that has been.
    requires: [
      { holds: destinationIs(destination.id, destination.status), refusal: { code: 'version_conflict' } },
      { holds: accountIsActive(accountId), refusal: { code: 'account_not_active', found: 'closed' } },
    ],
    once: keep(mandate),
  });
  return committed.ok ? accept(mandate) : committed;
}

function readLimits(grant: Grant, network: string): Result<readonly MandateLimit[]> {
  const limits: MandateLimit[] = [];
  for (const { asset, perOrder, perDay } of grant.limits) {
    if (findAsset(asset)?.network !== network) return refuse({ code: 'asset_unknown', asset });
    const order = readUnits(perOrder, `perOrder of ${asset}`);
    if (!order.ok) return order;
    const day = readUnits(perDay, `perDay of ${asset}`);
    if (!day.ok) return day;
    if (order.value > day.value)
      return refuse({ code: 'amount_invalid', reason: `perOrder of ${asset} exceeds perDay` });
    if (limits.some((limit) => limit.asset === asset))
      return refuse({ code: 'amount_invalid', reason: `${asset} is named twice` });
    limits.push({ asset, perOrder: order.value, perDay: day.value });
  }
  return accept(limits);
}

const MANDATES_PER_RUN = 100;

export const expireMandates: Job = async (app, { scheduledTime }) => {
  const by = begin(app, system('mandates.expire'), app.newId('msg'));
  for (const mandate of await listMandatesOver(app.database, scheduledTime, MANDATES_PER_RUN)) {
    const living = inStatus('mandate', mandate, 'granted', 'active');
    // A lost race means that somebody ended it meanwhile, which is as good.
    if (living.ok)
      await commit(databaseFor(app, mandate.accountId), {
        by,
        changes: [mandateChange(mandate, expireMandate(living.value, by.at))],
      });
  }
};

/** Those that a race or a bound left granted although their destination is decided. */
export const followDestinations: Job = async (app) => {
  const by = begin(app, system('mandates.follow'), app.newId('msg'));
  for (const { mandate, destination } of await listMandatesLeftBehind(app.database, MANDATES_PER_RUN)) {
    const next = mandate.status === 'granted' ? followDestination(mandate, destination, by.at) : undefined;
    // A lost race means that it was settled meanwhile.
    if (next !== undefined)
      await commit(databaseFor(app, mandate.accountId), { by, changes: [mandateChange(mandate, next)] });
  }
};
