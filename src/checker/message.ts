// The one message of the checker's queue: look at this approval. It carries an id; the truth is read at custody.
import * as z from 'zod';

export const ReviewDue = z.object({
  v: z.literal(1),
  type: z.literal('review.due'),
  approvalId: z.string().regex(/^ap-[a-z0-9-]{1,61}$/),
  receivedAt: z.string(),
  /** Whether custody says that it was decided. Messages of before do not say so, and are taken for it. */
  isDecided: z.boolean().default(true),
});
export type ReviewDue = z.infer<typeof ReviewDue>;

export const reviewDue = (approvalId: string, receivedAt: string, isDecided = false): ReviewDue => ({
  v: 1,
  type: 'review.due',
  approvalId,
  receivedAt,
  isDecided,
});
