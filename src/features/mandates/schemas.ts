// The wire form of mandates.
import { z } from '@hono/zod-openapi';
import type { Mandate } from '../../domain/mandate.ts';
import { Digits, Instant, id, shown, Timestamp } from '../../kit/schemas.ts';

const LIMITS_MAX = 20;

const Limit = z.strictObject({
  asset: z.string(),
  perOrder: Digits('Whole base units, above zero, as a decimal string.'),
  perDay: Digits('The same for a UTC day; at least what an order may have.'),
});

export const MandateRequest = z
  .strictObject({
    venue: shown(80).openapi({ description: 'The exchange, by name.', example: 'Kraken' }),
    destinationId: id('dst').openapi({
      description: 'Its deposit address; the mandate is active once that is approved.',
    }),
    limits: z.array(Limit).min(1).max(LIMITS_MAX).openapi({ description: 'In base units, per order and per UTC day.' }),
    validFrom: Timestamp.optional().openapi({ description: 'Now, unless given.' }),
    validUntil: Timestamp,
    strategy: z.string().max(2000).default(''),
  })
  .openapi('MandateRequest');

export const MandateView = z
  .object({
    id: z.string(),
    accountId: z.string(),
    status: z.string(),
    venue: z.string(),
    destinationId: z.string(),
    limits: z.array(z.object({ asset: z.string(), perOrder: z.string(), perDay: z.string() })),
    validFrom: Instant,
    validUntil: Instant,
    strategy: z.string(),
    reason: z.string().nullable(),
    createdAt: Instant,
  })
  .openapi('Mandate');

export const viewMandate = (mandate: Mandate): z.infer<typeof MandateView> => ({
  id: mandate.id,
  accountId: mandate.accountId,
  status: mandate.status,
  venue: mandate.venue,
  destinationId: mandate.destinationId,
  limits: mandate.limits.map(({ asset, perOrder, perDay }) => ({
    asset,
    perOrder: perOrder.toString(),
    perDay: perDay.toString(),
  })),
  validFrom: mandate.validFrom,
  validUntil: mandate.validUntil,
  strategy: mandate.strategy,
  reason: mandate.status === 'rejected' ? mandate.reason : null,
  createdAt: mandate.createdAt,
});
