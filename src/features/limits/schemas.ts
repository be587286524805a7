// The wire form of limits and of changes of them.
import { z } from '@hono/zod-openapi';
import { isAtCustody, type LimitsChange } from '../../domain/account-limits.ts';
import { showAmount } from '../../domain/amount.ts';
import { limitsTemplateNames } from '../../domain/limits-template.ts';
import { Instant, shown, Units } from '../../kit/schemas.ts';
import type { Limits } from './service.ts';

const ASSETS_MAX = 50;
const REASON_CHARACTERS_MAX = 500;

export const LimitsRequest = z
  .strictObject({
    template: z
      .enum(limitsTemplateNames)
      .optional()
      .openapi({ description: 'Kept by custody for each wallet. Left out: as it is.' }),
    dailyLimits: z
      .array(z.strictObject({ asset: z.string(), units: Units }))
      .max(ASSETS_MAX)
      .optional()
      .openapi({
        description:
          'What may leave the account of an asset on one UTC day, kept by us. The list replaces the one before; an asset that is not in it has no such limit. Left out: as it is.',
      }),
  })
  .openapi('LimitsRequest');

export const RejectRequest = z.strictObject({ reason: shown(REASON_CHARACTERS_MAX) }).openapi('LimitsRejectRequest');

export const LimitsChangeView = z
  .object({
    id: z.string(),
    accountId: z.string(),
    status: z.string(),
    direction: z.enum(['raise', 'lower']),
    template: z.string().nullable().openapi({ description: 'The template it goes to; null leaves it as it is.' }),
    dailyLimits: z.array(
      z.object({
        asset: z.string(),
        units: z.string().nullable().openapi({ description: 'Null takes the limit away.' }),
      }),
    ),
    waitsFor: z.enum(['client', 'officer', 'custody']).nullable(),
    reason: z.string().nullable().openapi({ description: 'Why it was rejected.' }),
    createdAt: Instant,
  })
  .openapi('LimitsChange');

export const LimitsView = z
  .object({
    accountId: z.string(),
    template: z.string().openapi({ description: 'Kept by custody for each wallet.' }),
    dailyLimits: z.array(
      z.object({ asset: z.string(), units: z.string(), formatted: z.string(), usedToday: z.string() }),
    ),
    changes: z
      .array(LimitsChangeView)
      .openapi({ description: 'Newest first; in the answer to a request, those open.' }),
  })
  .openapi('Limits');

export const viewLimitsChange = (change: LimitsChange): z.infer<typeof LimitsChangeView> => ({
  id: change.id,
  accountId: change.accountId,
  status: change.status,
  direction: change.direction,
  template: change.template,
  dailyLimits: change.dailyChanges.map(({ asset, units }) => ({ asset, units })),
  waitsFor: waitsFor(change),
  reason: change.status === 'rejected' ? change.reason : null,
  createdAt: change.createdAt,
});

function waitsFor(change: LimitsChange): 'client' | 'officer' | 'custody' | null {
  if (change.status === 'proposed') return 'client';
  if (change.status !== 'confirmed') return null;
  return isAtCustody(change) ? 'custody' : 'officer';
}

export const viewLimits = ({ account, used, changes }: Limits): z.infer<typeof LimitsView> => ({
  accountId: account.id,
  template: account.limitsTemplate,
  dailyLimits: account.dailyLimits.map(({ asset, units }) => ({
    asset,
    units: units.toString(),
    formatted: showAmount(asset, units),
    usedToday: (used.get(asset) ?? 0n).toString(),
  })),
  changes: changes.map(viewLimitsChange),
});
