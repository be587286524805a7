// Dfns' approvals, and what each is about, into our words: as in mapping.ts.
import * as z from 'zod';
import type { CustodyApproval, CustodyApprovalInFull } from '../domain/custody.ts';
import { Filters, listOf, PolicyBody, Rule } from './policy-mapping.ts';
import type { ReviewedApproval } from './review-custody.ts';

const Approval = z.object({
  id: z.string(),
  status: z.enum(['Pending', 'Approved', 'Denied', 'Expired']),
  decisions: z
    .array(z.object({ userId: z.string(), value: z.enum(['Approved', 'Denied']), reason: z.string().nullish() }))
    .default([]),
});
const approvalStatuses = { Pending: 'pending', Approved: 'approved', Denied: 'denied', Expired: 'expired' } as const;

export function toApproval(answer: unknown): CustodyApproval {
  const { id, status, decisions } = Approval.parse(answer);
  return {
    id,
    status: approvalStatuses[status],
    decisions: decisions.map(({ userId, value, reason }) => ({
      userId,
      value: value === 'Approved' ? 'approved' : 'denied',
      reason: reason ?? null,
    })),
  };
}

const ActivityRequest = z.object({ walletId: z.string(), requestBody: z.unknown(), externalId: z.string().optional() });
const ApprovalInFull = z.object({
  initiatorId: z.string(),
  dateCreated: z.string().optional(),
  expirationDate: z.string().nullish(),
  policyEvaluations: z.array(z.object({ policyId: z.string(), triggered: z.boolean() })).default([]),
  activity: z.object({
    kind: z.string(),
    changeRequest: z
      .object({
        id: z.string(),
        kind: z.string().optional(),
        entityId: z.string(),
        body: z.object({
          name: z.string().optional(),
          status: z.string().optional(),
          activityKind: z.string().optional(),
          rule: Rule.optional(),
          filters: Filters.nullish(),
        }),
      })
      .optional(),
    transferRequest: ActivityRequest.optional(),
    transactionRequest: ActivityRequest.optional(),
    signatureRequest: ActivityRequest.optional(),
  }),
});
const instant = (text: string | null | undefined): string | undefined =>
  text == null ? undefined : new Date(text).toISOString();

export function toApprovalInFull(answer: unknown): CustodyApprovalInFull {
  const { initiatorId, dateCreated, expirationDate, policyEvaluations, activity } = ApprovalInFull.parse(answer);
  return {
    ...toApproval(answer),
    initiatorId,
    activity: activity.kind,
    createdAt: instant(dateCreated),
    expiresAt: instant(expirationDate),
    policyIds: policyEvaluations.filter(({ triggered }) => triggered).map(({ policyId }) => policyId),
    change: changeOf(activity),
    request: requestOf(activity),
  };
}

const Reviewed = z.object({
  policyEvaluations: z.array(z.object({ policyId: z.string() })).default([]),
  activity: z.object({
    transferRequest: z.looseObject({ id: z.string() }).optional(),
    transactionRequest: z.looseObject({ id: z.string() }).optional(),
    signatureRequest: z.looseObject({ id: z.string() }).optional(),
  }),
});

/** With the request as custody keeps it, and every policy that was evaluated, triggered or not. */
export function toReviewedApproval(answer: unknown): ReviewedApproval {
  const { policyEvaluations, activity } = Reviewed.parse(answer);
  const request = activity.transferRequest ?? activity.transactionRequest ?? activity.signatureRequest;
  const seen = toApprovalInFull(answer);
  return {
    ...seen,
    evaluatedPolicyIds: policyEvaluations.map(({ policyId }) => policyId),
    request: seen.request && { ...seen.request, id: request?.id ?? '', body: request?.requestBody },
  };
}

function changeOf({
  kind,
  changeRequest,
}: z.infer<typeof ApprovalInFull>['activity']): CustodyApprovalInFull['change'] {
  if (kind !== 'Policies:Modify' || changeRequest === undefined) return undefined;
  const { name, status, activityKind, rule, filters } = changeRequest.body;
  return {
    changeRequestId: changeRequest.id,
    policyId: changeRequest.entityId,
    policyName: name,
    activity: activityKind,
    walletTags: [...(filters?.walletTags?.hasAll ?? []), ...(filters?.walletTags?.hasAny ?? [])],
    archives: status === 'Archived',
    addresses: rule && listOf(rule),
  };
}

function requestOf(activity: z.infer<typeof ApprovalInFull>['activity']): CustodyApprovalInFull['request'] {
  const { transferRequest, transactionRequest, signatureRequest } = activity;
  const [kind, request] =
    transferRequest !== undefined
      ? ['transfer', transferRequest]
      : transactionRequest !== undefined
        ? ['transaction', transactionRequest]
        : ['signature', signatureRequest];
  return request && { kind, walletId: request.walletId, externalId: request.externalId };
}

const DecidedChange = z.object({
  id: z.string(),
  activity: z.object({
    changeRequest: z.object({ id: z.string(), entityId: z.string(), body: PolicyBody }).optional(),
  }),
});

/** The change that an approval is about; undefined when it is about something else. */
export function toDecidedChange(answer: unknown) {
  const { id, activity } = DecidedChange.parse(answer);
  const change = activity.changeRequest;
  return (
    change && {
      approvalId: id,
      changeRequestId: change.id,
      policyId: change.entityId,
      addresses: change.body.status === 'Archived' ? undefined : listOf(change.body.rule),
    }
  );
}
