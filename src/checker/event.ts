// A webhook event of Dfns, as far as the checker looks at it: whether it is about an approval, and about which.
import * as z from 'zod';

export const ApprovalEvent = z.looseObject({
  id: z.string().min(1).max(100),
  kind: z.string().min(1).max(100),
  data: z.record(z.string(), z.unknown()),
  timestampSent: z.number(),
  deliveryAttempt: z.number().int().min(1).default(1),
});
type ApprovalEvent = z.infer<typeof ApprovalEvent>;

const Approval = z.object({ id: z.string().regex(/^ap-[a-z0-9-]{1,61}$/) });

/** Undefined for an event about anything else. */
export const approvalIdOf = ({ kind, data }: ApprovalEvent): string | undefined =>
  kind.startsWith('policy.approval.') ? Approval.safeParse(data.approval).data?.id : undefined;

/** Any other than the one that asks: then there may be something new about a review that is made. */
export const tellsOfDecision = ({ kind }: ApprovalEvent): boolean => kind !== 'policy.approval.pending';
