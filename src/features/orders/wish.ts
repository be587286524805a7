// What a caller asks to be moved, read into an order: the same for one that is placed and for one that is only previewed.
import type { App } from '../../app/app.ts';
import type { AccountId, DestinationId, MandateId } from '../../domain/id.ts';
import { type AmountWish, type HowMuch, type OrderKind, readAmount, readFloor } from '../../domain/order-amount.ts';
import { accept, type Result, refuse } from '../../domain/result.ts';
import type { Scope } from '../../store/database.ts';
import { findDestination } from '../../store/destinations.ts';
import { findMandate } from '../../store/mandates.ts';

export type Wish = { readonly asset: string } & (
  | { readonly kind: 'trade_funding'; readonly mandateId: MandateId; readonly amount: AmountWish }
  | { readonly kind: 'sweep'; readonly mandateId: MandateId; readonly floor: string }
  | { readonly kind: 'withdrawal'; readonly destinationId: DestinationId; readonly amount: AmountWish }
);

export interface ReadWish extends HowMuch {
  readonly kind: OrderKind;
  readonly accountId: AccountId;
  readonly mandateId: MandateId | null;
  readonly destinationId: DestinationId;
  readonly asset: string;
}

/** The desk moves money under a mandate, the client its own without one; neither does the other's part. */
export async function readWish(app: App, scope: Scope, wish: Wish): Promise<Result<ReadWish>> {
  const amount = wish.kind === 'sweep' ? readFloor(wish.floor) : readAmount(wish.amount);
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
