// Rows that nothing looks at: the pool has no wallet on their network any more, so that no lane comes by that would tell of them.
import type { App } from '../../app/app.ts';
import { assets, findAsset } from '../../domain/asset.ts';
import { commit } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { listAssetsWithoutWallet } from '../../store/payouts-ready.ts';

/** An officer may retire the last wallet in a hurry; whoever runs the batch has to know that it goes no further. */
export async function tellOfRowsWithoutWallet(app: App, by: Provenance): Promise<void> {
  const paid = assets.filter(({ id }) => app.config.payoutLimits.has(id));
  const stranded = (await listAssetsWithoutWallet(app.database, paid)).flatMap((id) => findAsset(id) ?? []);
  for (const network of new Set(stranded.map((asset) => asset.network))) {
    const symbols = stranded.filter((asset) => asset.network === network).map(({ symbol }) => symbol);
    const detail = `Rows of running batches wait for ${symbols.join(', ')} on ${network}, where the pool has no active hot wallet. Nothing pays them before one is added.`;
    const of = { kind: 'payout_float_low', about: network, accountId: null, detail } as const;
    await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
  }
}
