// Rows that a running batch can never pay: the limits came after its check.
import type { App } from '../../app/app.ts';
import { showAmount } from '../../domain/amount.ts';
import { assets } from '../../domain/asset.ts';
import { commit } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { listRowsAbove } from '../../store/payouts-ready.ts';

const BATCHES_PER_RUN = 50;

/** Nothing else tells of them: they wait, and the rows behind them go on. */
export async function tellOfRowsOverLimits(app: App, by: Provenance): Promise<void> {
  const mostOf = (asset: string) => app.config.payoutLimits.get(asset)?.perRow ?? 0n;
  const bounds = assets.map(({ id: asset }) => ({ asset, most: mostOf(asset) }));
  for (const { batchId, line, asset, units } of await listRowsAbove(app.database, bounds, BATCHES_PER_RUN)) {
    const limits = app.config.payoutLimits.get(asset);
    const limit = limits === undefined ? 'it is not paid out' : `a row is at most ${showAmount(asset, limits.perRow)}`;
    const detail = `Line ${line} moves ${showAmount(asset, units ?? 0n)}; by PAYOUT_LIMITS ${limit}.`;
    const of = { kind: 'payout_over_limits', about: batchId, accountId: null } as const;
    await commit(app.database, { by, changes: await openIncident(app.database, by, { ...of, detail }) });
  }
}
