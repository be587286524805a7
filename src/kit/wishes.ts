// The wire form of how much is asked to be moved and for what: the same for an order and for what a schedule makes of them.
import { z } from '@hono/zod-openapi';
import { showAmount } from '../domain/amount.ts';
import type { HowMuch } from '../domain/order-amount.ts';
import { AmountView, Digits, id } from './schemas.ts';

export const AmountWish = z
  .union([
    z.strictObject({ units: Digits('Whole base units, above zero, as a decimal string.') }),
    z.strictObject({
      shareBasisPoints: z.int().min(1).max(10_000).openapi({
        description: 'Of what is available when it runs, in hundredths of a percent; 10000 is all of it.',
      }),
    }),
  ])
  .openapi('AmountWish');

export const FloorWish = Digits('What stays in the wallet; 0 leaves nothing.');

const underMandate = { mandateId: id('mnd'), asset: z.string().max(200) };
/** What the desk asks for under a mandate. */
export const deskWishes = {
  trade_funding: { ...underMandate, kind: z.literal('trade_funding'), amount: AmountWish },
  sweep: { ...underMandate, kind: z.literal('sweep'), floor: FloorWish },
};

export const howMuchView = {
  asset: z.string(),
  amount: z
    .union([AmountView, z.null()])
    .openapi({ description: 'Null for a share or a sweep that has not been taken yet.' }),
  shareBasisPoints: z.number().int().nullable(),
  floor: z.string().nullable(),
};

export const viewUnits = (asset: string, units: bigint): z.infer<typeof AmountView> => ({
  asset,
  units: units.toString(),
  formatted: showAmount(asset, units),
});

export const viewHowMuch = ({ asset, amount, units }: HowMuch & { readonly asset: string }) => ({
  asset,
  amount: units === null ? null : viewUnits(asset, units),
  shareBasisPoints: amount.kind === 'share' ? amount.basisPoints : null,
  floor: amount.kind === 'above' ? amount.floor.toString() : null,
});
