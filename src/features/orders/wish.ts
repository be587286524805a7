// What a caller asks to be moved, read into an order: the same for one that is placed and for one that is only previewed.
import type { App } from '../../app/app.ts';
import { readUnits } from '../../domain/amount.ts';
import type { AccountId, DestinationId, MandateId } from '../../domain/id.ts';
import type { OrderAmount, OrderKind } from '../../domain/order.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Scope } from '../../store/database.ts';
import { findDestination } from '../../store/destinations.ts';
import { findMandate } from '../../store/mandates.ts';

export type AmountWish = { readonly units: string } | { readonly shareBasisPoints: number };

export type Wish = { readonly asset: string } & (
  | { readonly kind: 'trade_funding'; readonly mandateId: MandateId; readonly amount: AmountWish }
  | { readonly kind: 'sweep'; readonly mandateId: MandateId; readonly floor: string }
  | { readonly kind: 'withdrawal'; readonly destinationId: DestinationId; readonly amount: AmountWish }
);

export interface ReadWish {
  readonly kind: OrderKind;
  readonly accountId: AccountId;
  readonly mandateId: MandateId | null;
  readonly destinationId: DestinationId;
  readonly asset: string;
  readonly amount: OrderAmount;
  readonly units: bigint | null;
}

/** The desk moves money under a mandate, the client its own without one; neither does the other's part. */
export async function readWish(app: App, scope: Scope, wish: Wish): Promise<Result<ReadWish>> {
  const amount = readAmount(wish);
  if (!amount.ok) return amount;
  const { kind, asset } = wish;
  if (kind === 'withdrawal') {
    if (scope === 'staff') return refuse({ code: 'role_not_allowed', allowed: ['client'] });
    const destination = await findDestination(app.database, scope, wish.destinationId);
    if (destination === undefined) return refuse({ code: 'not_found' });
    const { accountId, id } = destination;
    return accept({ kind, accountId, mandateId: null, destinationId: id, asset, ...amount.value });
  }
  if (scope !== 'staff') return refuse({ code: 'role_not_allowed', allowed: ['operator'] });
  const mandate = await findMandate(app.database, scope, wish.mandateId);
  if (mandate === undefined) return refuse({ code: 'not_found' });
  const { accountId, destinationId } = mandate;
  return accept({ kind, accountId, mandateId: mandate.id, destinationId, asset, ...amount.value });
}

function readAmount(wish: Wish): Result<{ amount: OrderAmount; units: bigint | null }> {
  if (wish.kind === 'sweep') {
    const floor = wish.floor === '0' ? accept(0n) : readUnits(wish.floor);
    return floor.ok ? accept({ amount: { kind: 'above', floor: floor.value }, units: null }) : floor;
  }
  if ('shareBasisPoints' in wish.amount)
    return accept({ amount: { kind: 'share', basisPoints: wish.amount.shareBasisPoints }, units: null });
  const units = readUnits(wish.amount.units);
  return units.ok ? accept({ amount: { kind: 'fixed' }, units: units.value }) : units;
}
