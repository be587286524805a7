// What an act on a batch is answered with, the first time and to a repeat of the request.
import type { z } from '@hono/zod-openapi';
import type { App } from '../../app/app.ts';
import { by, type Variables } from '../../app/routes.ts';
import type { Batch } from '../../domain/payout-batch.ts';
import { accept, type Result } from '../../domain/result.ts';
import type { Provenance } from '../../store/journal.ts';
import type { Standing } from '../../store/payout-batches.ts';
import { type BatchView, viewBatch } from './schemas.ts';
import type { Keep } from './steer.ts';

/** Done, and answered as it is kept: as of one instant, by the counts that were read before the commit. */
export async function answered<S extends Standing>(
  c: { readonly env: App; readonly var: Variables },
  act: (who: Provenance, keep: Keep) => Promise<Result<S>>,
  statusOf: (batch: Batch) => number = () => 200,
): Promise<Result<S & { readonly body: z.infer<typeof BatchView> }>> {
  const who = by(c);
  const view = ({ batch, counts }: Standing) => viewBatch(batch, counts, who.at);
  const done = await act(who, (standing) => c.var.keep(statusOf(standing.batch), view(standing)));
  return done.ok ? accept({ ...done.value, body: view(done.value) }) : done;
}
