// The wire form of a preview.
import { z } from '@hono/zod-openapi';
import { nativeOf } from '../../domain/asset.ts';
import { feeReserveOf } from '../../domain/fee.ts';
import { standsAt } from '../../domain/fence.ts';
import type { LimitDay } from '../../domain/limit.ts';
import { availableOf, isWait } from '../../domain/order-decision.ts';
import { explain } from '../../kit/problem.ts';
import { AmountView, Instant } from '../../kit/schemas.ts';
import { viewUnits } from '../../kit/wishes.ts';
import type { Preview } from './preview.ts';

const CheckView = z.object({
  name: z.string(),
  passes: z.boolean(),
  rule: z.string().nullable().openapi({ description: 'The rule that says no.' }),
  says: z.string().nullable(),
});

const LimitView = z.object({
  holder: z.enum(['mandate', 'account']),
  perOrder: z.string().nullable(),
  perDay: z.string().nullable().openapi({ description: 'Null: no limit is set.' }),
  usedToday: z.string(),
});

const ForecastView = z.object({
  policyId: z.string(),
  name: z.string(),
  rule: z.string(),
  triggers: z.enum(['yes', 'no', 'unknown']),
  action: z.string().openapi({ description: 'What custody does when it triggers.' }),
  says: z.string(),
});

export const PreviewView = z
  .object({
    at: Instant,
    outcome: z.enum(['sent', 'waits', 'refused']).openapi({ description: 'What we would do with it now.' }),
    rule: z.string().nullable(),
    reason: z.string().nullable(),
    accountId: z.string(),
    kind: z.string(),
    amount: AmountView.nullable().openapi({ description: 'Null where it cannot be said.' }),
    checks: z.array(CheckView),
    mandate: z.object({ id: z.string(), status: z.string(), validFrom: Instant, validUntil: Instant }).nullable(),
    destination: z.object({ id: z.string(), status: z.string(), usableFrom: Instant.nullable() }).nullable(),
    limits: z.array(LimitView),
    balance: z
      .object({
        asset: z.string(),
        held: z.string(),
        inFlight: z.string(),
        feeReserve: z.string(),
        available: z.string(),
      })
      .nullable(),
    fee: AmountView.nullable().openapi({ description: 'An estimate on the high side.' }),
    feePaidBy: z.enum(['wallet', 'sponsor']).nullable().openapi({ description: 'From a wallet it stays reserved.' }),
    halt: z.object({ level: z.string(), reason: z.string() }).nullable(),
    fence: z.object({ result: z.string(), checkedAt: Instant.nullable() }),
    custody: z
      .object({
        outcome: z.enum(['passes', 'waits_for_approval', 'blocked', 'unknown']),
        policies: z.array(ForecastView).openapi({ description: 'Those that bear on the wallet, whoever made them.' }),
        policiesRead: z.int().openapi({ description: 'How many active policies were read to find them.' }),
        gaps: z.array(z.string()).openapi({
          description: 'What else was not known. The outcome is then unknown, unless a policy blocks for certain.',
        }),
      })
      .nullable()
      .openapi({ description: 'By all live policies at custody.' }),
  })
  .openapi('OrderPreview');

type View = z.infer<typeof PreviewView>;

export function viewPreview(preview: Preview): View {
  const { wish, at, units, verdict, checks, custody, facts } = preview;
  const { mandate, destination, halt, fence } = facts;
  return {
    at,
    outcome: verdict.ok ? 'sent' : isWait(verdict.refusal) ? 'waits' : 'refused',
    rule: verdict.ok ? null : verdict.refusal.code,
    reason: verdict.ok ? null : explain(verdict.refusal),
    accountId: wish.accountId,
    kind: wish.kind,
    amount: units === undefined ? null : viewUnits(wish.asset, units),
    checks: checks.map(({ name, refusal }) => ({
      name,
      passes: refusal === undefined,
      rule: refusal?.code ?? null,
      says: refusal === undefined ? null : explain(refusal),
    })),
    mandate: mandate === undefined ? null : pick(mandate),
    destination:
      destination === undefined
        ? null
        : {
            id: destination.id,
            status: destination.status,
            usableFrom: destination.status === 'approved' ? destination.usableFrom : null,
          },
    limits: viewLimits(preview),
    ...viewMoney(preview),
    halt: halt === undefined ? null : { level: halt.level, reason: halt.reason },
    fence: { result: standsAt(fence, at), checkedAt: fence?.checkedAt ?? null },
    custody: custody === undefined ? null : { ...custody, policies: [...custody.policies], gaps: [...custody.gaps] },
  };
}

const pick = ({ id, status, validFrom, validUntil }: NonNullable<View['mandate']>) => ({
  id,
  status,
  validFrom,
  validUntil,
});

function viewLimits({ wish, facts: { account, mandate, mandateDay, accountDay } }: Preview): View['limits'] {
  const ofMandate = mandate?.limits.find(({ asset }) => asset === wish.asset);
  const ofAccount = account?.dailyLimits.find(({ asset }) => asset === wish.asset);
  const used = (day: LimitDay | undefined) => (day?.reserved ?? 0n).toString();
  return [
    ...(ofMandate === undefined
      ? []
      : [
          {
            holder: 'mandate' as const,
            perOrder: ofMandate.perOrder.toString(),
            perDay: ofMandate.perDay.toString(),
            usedToday: used(mandateDay),
          },
        ]),
    { holder: 'account', perOrder: null, perDay: ofAccount?.units.toString() ?? null, usedToday: used(accountDay) },
  ];
}

function viewMoney({ place, funds }: Preview): Pick<View, 'balance' | 'fee' | 'feePaidBy'> {
  if (place === undefined || funds === undefined) return { balance: null, fee: null, feePaidBy: null };
  const { asset } = place;
  const { inFlight, feeReserve, available } = availableOf(asset, funds);
  return {
    balance: {
      asset: asset.id,
      held: funds.held.toString(),
      inFlight: inFlight.toString(),
      feeReserve: feeReserve.toString(),
      available: available.toString(),
    },
    fee: viewUnits(nativeOf(asset.network), feeReserveOf(asset.network)),
    feePaidBy: funds.isSponsored ? 'sponsor' : 'wallet',
  };
}
