// What may be done on a client's behalf: to which venue, in which assets, up to which limits, for how long.
import type { AssetId } from './asset.ts';
import type { DestinationStatus } from './destination.ts';
import type { AccountId, DestinationId, MandateId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import { accept, type Result, refuse } from './result.ts';
import type { Timestamp } from './time.ts';

export const mandateMachine = machine({
  granted: ['active', 'revoked', 'rejected', 'expired'],
  active: ['revoked', 'expired'],
  revoked: [],
  rejected: [],
  expired: [],
});

/** Bounds for one asset, in base units: of one order, and of all orders of one UTC day. */
export interface MandateLimit {
  readonly asset: AssetId;
  readonly perOrder: bigint;
  readonly perDay: bigint;
}

interface MandateCore {
  readonly id: MandateId;
  readonly version: number;
  readonly accountId: AccountId;
  readonly destinationId: DestinationId;
  readonly venue: string;
  readonly strategy: string;
  readonly limits: readonly MandateLimit[];
  readonly validFrom: Timestamp;
  readonly validUntil: Timestamp;
  readonly createdAt: Timestamp;
}

interface MandateFacts {
  granted: object;
  active: { readonly activeSince: Timestamp };
  revoked: { readonly revokedAt: Timestamp };
  rejected: { readonly reason: string };
  expired: { readonly expiredAt: Timestamp };
}

export type MandateStatus = keyof typeof mandateMachine;
export type Mandate<S extends MandateStatus = MandateStatus> = InStatus<MandateCore, MandateFacts, S>;

const become = transitions<typeof mandateMachine, MandateCore, MandateFacts>();

/** Its destination is approved. */
export const activateMandate = (mandate: Mandate<'granted'>, at: Timestamp): Mandate<'active'> =>
  become(mandate, 'active', { activeSince: at });

const rejectMandate = (mandate: Mandate<'granted'>, reason: string): Mandate<'rejected'> =>
  become(mandate, 'rejected', { reason });

export const revoke = (mandate: Mandate<'granted' | 'active'>, at: Timestamp): Mandate<'revoked'> =>
  become(mandate, 'revoked', { revokedAt: at });

export const expireMandate = (mandate: Mandate<'granted' | 'active'>, at: Timestamp): Mandate<'expired'> =>
  become(mandate, 'expired', { expiredAt: at });

/** What becomes of a granted mandate by how its destination stands; undefined while that is open. */
export function followDestination(
  mandate: Mandate<'granted'>,
  status: DestinationStatus,
  at: Timestamp,
): Mandate | undefined {
  if (status === 'approved') return activateMandate(mandate, at);
  const isOpen = status === 'proposed' || status === 'requested' || status === 'in_review';
  return isOpen ? undefined : rejectMandate(mandate, `The destination is ${status}.`);
}

/** Whether an order of this size may be made under the mandate at all; the day's sum is judged at hand-over. */
export function allowOrder(mandate: Mandate, order: { asset: AssetId; units: bigint }): Result<MandateLimit> {
  const limit = mandate.limits.find((candidate) => candidate.asset === order.asset);
  if (limit === undefined) return refuse({ code: 'asset_not_in_mandate', asset: order.asset });
  if (order.units > limit.perOrder) {
    return refuse({
      code: 'order_limit_exceeded',
      asset: order.asset,
      limit: limit.perOrder.toString(),
      requested: order.units.toString(),
    });
  }
  return accept(limit);
}

/** Whether the mandate holds at this instant; `validUntil` is the first instant at which it no longer does. */
export function holdsAt(mandate: Mandate, at: Timestamp): Result<Mandate<'active'>> {
  if (mandate.status !== 'active') return refuse({ code: 'mandate_not_active', found: mandate.status });
  if (at < mandate.validFrom || at >= mandate.validUntil) {
    return refuse({ code: 'mandate_not_valid_now', validFrom: mandate.validFrom, validUntil: mandate.validUntil });
  }
  return accept(mandate);
}
