// The wire form of what a client sees of its account.
import { z } from '@hono/zod-openapi';
import { showAmount } from '../../domain/amount.ts';
import { AmountView, Instant } from '../../kit/schemas.ts';

export const amountView = (asset: string, units: bigint) => ({
  asset,
  units: units.toString(),
  formatted: showAmount(asset, units),
});

export const BalancesView = z
  .object({
    accountId: z.string(),
    asOf: Instant,
    wallets: z.array(z.object({ walletId: z.string(), network: z.string(), balances: z.array(AmountView) })),
  })
  .openapi('Balances');

export const RestrictionsView = z
  .object({
    accountId: z.string(),
    asOf: Instant,
    status: z.string().openapi({ description: 'Of the account.' }),
    tag: z.string(),
    destinations: z
      .array(
        z.object({
          id: z.string(),
          network: z.string(),
          address: z.string(),
          label: z.string(),
          kind: z.string(),
          status: z.string(),
          approvedAt: Instant.nullable(),
        }),
      )
      .openapi({
        description:
          'The pairs of network and address that our own side keeps to: where money may go, and what is being removed or is shut.',
      }),
    custodyList: z
      .object({
        addresses: z.array(z.string()).readonly(),
        action: z.string().openapi({ description: 'What custody does with any other address.' }),
        policyId: z.string().nullable(),
      })
      .openapi({
        description:
          'The list as custody returned it at the last check; custody compares addresses without their network.',
      }),
    limits: z.array(
      z.object({
        keptBy: z.enum(['custody', 'fiducia']),
        rule: z.string(),
        perWallet: z.boolean(),
        mandateId: z.string().nullable(),
        numbers: z.record(z.string(), z.union([z.number(), z.string()])),
        says: z.string(),
      }),
    ),
    pending: z.array(
      z.object({
        id: z.string(),
        operation: z.string(),
        destinationId: z.string(),
        address: z.string(),
        status: z.string(),
        says: z.string(),
        approvalId: z.string().nullable(),
        since: Instant,
      }),
    ),
    approvers: z
      .array(z.object({ group: z.string().nullable(), quorum: z.number().int(), of: z.number().int().nullable() }))
      .openapi({
        description:
          'Who must approve a change of the list, inside custody: how many of how many people in each group.',
      }),
    fence: z.object({
      result: z.string(),
      checkedAt: Instant.nullable(),
      findings: z.array(z.string()),
      attestation: z
        .object({ sequence: z.number().int(), hash: z.string(), validUntil: Instant })
        .nullable()
        .openapi({ description: 'The signed form of this check, at `/v1/accounts/{id}/attestation?sequence=`.' }),
      permissionsProvenAt: Instant.nullable().openapi({
        description: 'When it was last proven at custody who may vote, untag wallets and assign rights.',
      }),
    }),
    halts: z.array(
      z.object({ id: z.string(), level: z.string(), kind: z.string(), reason: z.string(), since: Instant }),
    ),
    mandates: z.array(
      z.object({
        id: z.string(),
        venue: z.string(),
        destinationId: z.string(),
        status: z.string(),
        validFrom: Instant,
        validUntil: Instant,
      }),
    ),
  })
  .openapi('Restrictions');

export const ActivityItem = z
  .object({
    id: z.string(),
    at: Instant,
    kind: z.string(),
    subjectId: z.string(),
    by: z.string().openapi({ description: '`client`, `desk`, `officer` or `system`.' }),
    says: z.string(),
    details: z.looseObject({}),
  })
  .openapi('Activity');

export const StatementView = z
  .object({
    accountId: z.string(),
    from: Instant,
    to: Instant,
    madeAt: Instant,
    assets: z.array(
      z.object({
        asset: z.string(),
        opening: z.string(),
        received: z.string(),
        sent: z.string(),
        fees: z.string(),
        closing: z.string(),
        formatted: z.string(),
      }),
    ),
    lines: z.array(
      z.object({
        id: z.string(),
        at: Instant,
        direction: z.string(),
        amount: AmountView,
        fee: z.union([AmountView, z.null()]),
        from: z.string(),
        to: z.string(),
        transactionHash: z.string(),
        transferId: z.string().nullable(),
        orderId: z.string().nullable(),
        destination: z.string().nullable().openapi({ description: 'The label of the approved destination.' }),
      }),
    ),
  })
  .openapi('Statement');
