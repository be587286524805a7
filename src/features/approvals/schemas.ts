// The wire form of approvals and policies at custody, explained.
import { z } from '@hono/zod-openapi';
import { AmountView, Instant } from '../../kit/schemas.ts';

const Person = z.object({
  role: z.string().openapi({ description: '`client`, a role of staff, `system`, or `custody` for an account there.' }),
  id: z.string(),
});

const Screened = z.object({ listId: z.string(), edition: z.string(), hash: z.string(), at: Instant });

export const ApprovalView = z
  .object({
    id: z.string().openapi({ example: 'ap-3m2n1-4c5d6-8e9f0a1b2c3d4e5f' }),
    status: z.string(),
    atCustody: z
      .enum(['listed', 'not_listed', 'unavailable'])
      .openapi({ description: '`not_listed`: decided meanwhile. `unavailable`: custody could not be asked.' }),
    isAskedForHere: z.boolean().openapi({ description: 'Whether a request of ours explains it.' }),
    severity: z.enum(['none', 'notice', 'alarm']).openapi({
      description: '`alarm`: nobody asked for it here, and it touches an account or what holds it in.',
    }),
    activity: z.string(),
    says: z.string(),
    accountId: z.string().nullable(),
    list: z
      .object({
        policyId: z.string(),
        added: z.array(z.string()),
        removed: z.array(z.string()),
        countBefore: z.number().int(),
        countAfter: z.number().int(),
      })
      .nullable()
      .openapi({ description: 'What it makes of an approved list.' }),
    destination: z
      .object({
        id: z.string(),
        network: z.string(),
        address: z.string(),
        label: z.string(),
        kind: z.string(),
        status: z.string(),
        screening: Screened.nullable().openapi({ description: 'The sanctions list that it was held against.' }),
        sanctionsHit: Screened.nullable().openapi({ description: 'The sanctions list on which it was found.' }),
        looksLike: z
          .array(z.object({ address: z.string(), what: z.string() }))
          .openapi({ description: 'Known addresses that it is easily taken for.' }),
        warnings: z.array(z.string()).openapi({ description: 'What to know before approving, the gravest first.' }),
      })
      .nullable(),
    transfer: z
      .object({
        id: z.string(),
        orderId: z.string().nullable(),
        payoutId: z.string().nullable(),
        amount: AmountView,
        stopRequested: z
          .object({ at: Instant, reason: z.string() })
          .nullable()
          .openapi({ description: 'Somebody here asked to stop it when custody had it already: deny it.' }),
      })
      .nullable(),
    askedBy: Person,
    proposedBy: Person.nullable().openapi({ description: 'Who proposed the destination, where another confirmed it.' }),
    since: Instant.nullable(),
    waitingSeconds: z.number().int().nullable(),
    rejectsItselfAt: Instant.nullable().openapi({ description: 'When custody takes silence for a no.' }),
    decisions: z.array(z.object({ userId: z.string(), value: z.string(), reason: z.string().nullable() })),
    votes: z
      .array(
        z.object({
          group: z.string().nullable(),
          quorum: z.number().int(),
          approved: z.number().int(),
          missing: z.number().int(),
          of: z.number().int().nullable(),
        }),
      )
      .nullable()
      .openapi({ description: 'By group, as the policies ask now; only when a single approval is read.' }),
    onApprove: z.string(),
    onDeny: z.string().openapi({ description: 'Also when nobody decides in time.' }),
    decideAt: z.string().openapi({ description: 'Where an officer decides, with a credential of custody.' }),
  })
  .openapi('Approval');

export const PolicyView = z
  .object({
    id: z.string(),
    name: z.string(),
    accountId: z.string().nullable().openapi({ description: 'Whose approved list it is.' }),
    activity: z.string(),
    walletTags: z.array(z.string()).readonly(),
    hasOtherFilters: z.boolean(),
    rule: z.string(),
    action: z.string(),
    addresses: z.array(z.string()).nullable(),
    pendingApprovalId: z.string().nullable().openapi({ description: 'Of a change that waits for a decision.' }),
  })
  .openapi('Policy');
