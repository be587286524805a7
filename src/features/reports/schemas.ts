// The wire form of what a client sees of its account.
import { z } from '@hono/zod-openapi';
import { showAmount } from '../../domain/amount.ts';
import { AmountView, Instant, PageQuery, Timestamp } from '../../kit/schemas.ts';
import { statuses, topics } from './sayings.ts';

export const amountView = (asset: string, units: bigint) => ({
  asset,
  units: units.toString(),
  formatted: showAmount(asset, units),
});

export const BalancesView = z
  .object({
    accountId: z.string(),
    asOf: Instant,
    assets: z
      .array(
        AmountView.extend({
          quote: z
            .object({ currency: z.literal('USD'), price: z.string(), asOf: Instant })
            .nullable()
            .openapi({ description: 'Custody’s price of one whole unit, when it was read.' }),
          value: z.string().nullable().openapi({ description: 'In USD, rounded down to the cent. For reading only.' }),
        }),
      )
      .openapi({ description: 'Each asset of all wallets; an asset is of one network.' }),
    total: z.object({
      currency: z.literal('USD'),
      value: z.string(),
      isWhole: z.boolean().openapi({ description: 'Whether every asset had a quote.' }),
    }),
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

export const ActivityQuery = PageQuery.extend({
  kind: z.enum(topics).optional(),
  status: z.enum(statuses).optional().openapi({ description: 'The word behind the point of an entry’s kind.' }),
  asset: z.string().max(200).optional().openapi({
    description: 'A page of one asset may be short or empty while `nextCursor` is given: go on.',
  }),
  from: Timestamp.optional(),
  to: Timestamp.optional().openapi({ description: 'The first instant outside.' }),
  includeSpam: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .openapi({
      type: 'string',
      description:
        'Shows deposits that nobody wanted too: without value, of an unverified token, from an address that looks like a known one.',
    }),
});

export const ActivityItem = z
  .object({
    id: z.string(),
    at: Instant,
    kind: z.string(),
    subjectId: z.string(),
    by: z
      .string()
      .openapi({ description: '`client`, `desk`, `officer`, `system`, or `key`: somebody with a read-only key.' }),
    says: z.string(),
    asset: z.string().nullable().openapi({ description: 'What the record moves, where it moves something.' }),
    details: z.looseObject({}),
    story: z
      .object({
        orderId: z.string(),
        orderKind: z.string(),
        scheduleId: z.string().nullable(),
        slot: z.string().nullable(),
        mandateId: z.string().nullable(),
        destinationId: z.string(),
        destination: z.string().openapi({ description: 'Its label.' }),
        policy: z
          .object({
            policyId: z.string(),
            changeId: z.string(),
            changeRequestId: z.string(),
            approvalId: z.string(),
            appliedAt: Instant,
          })
          .nullable()
          .openapi({ description: 'The version of the approved list that let the transfer through.' }),
        transferId: z.string(),
        status: z.string().openapi({ description: 'Of the transfer, now.' }),
        approvalId: z.string().nullable().openapi({ description: 'The approval that the transfer itself needed.' }),
        custodyId: z.string().nullable(),
        transactionHash: z.string().nullable(),
      })
      .nullable()
      .openapi({ description: 'Of a transfer, from its order to its transaction on the network.' }),
  })
  .openapi('Activity');

export const ActivityPage = z
  .object({
    items: z.array(ActivityItem),
    nextCursor: z.string().nullable(),
    hidden: z.number().int().openapi({
      description: 'Doubtful deposits of any asset left out between the ends of this page; 1000 may be more.',
    }),
  })
  .openapi('ActivityPage');

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
        formatted: z.string().openapi({ description: 'The closing, for reading only.' }),
        difference: z.string().openapi({
          description:
            'What custody held of it when this was made, less what our books said then. Not zero while a transfer is on its way.',
        }),
      }),
    ),
    reconciliation: z.object({ checkedAt: Instant, isReconciled: z.boolean() }),
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
        doubt: z.string().nullable().openapi({ description: 'Why nobody wanted this deposit.' }),
      }),
    ),
    rules: RestrictionsView.nullable().openapi({
      description: 'What held the money in at the end of the period; null before the account was opened.',
    }),
    verification: z.object({
      digest: z.string().openapi({ description: 'SHA-256 of the canonical JSON of all but `verification`.' }),
      code: z.string().openapi({ description: 'A compact JWS over the closing figures and the digest.' }),
      at: z.string().openapi({ description: 'Where anybody verifies the code.' }),
    }),
  })
  .openapi('Statement');

export const MonthView = z
  .object({
    month: z.string(),
    from: Instant,
    to: Instant,
    madeAt: Instant,
    digest: z.string(),
    isReconciled: z.boolean(),
  })
  .openapi('MonthStatement');

export const PrintView = z
  .object({
    status: z.literal('printing'),
    place: z.string().openapi({ description: 'Where the document is fetched, for a week.' }),
  })
  .openapi('StatementPrint');
