// Tells people when the database is not the one that the deployment names: nothing else would, for what waits is quiet.

import { begin } from '../../app/app.ts';
import { judgeDatabase } from '../../app/epoch.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { explain } from '../../kit/problem.ts';
import { commit } from '../../store/commit.ts';
import { openIncident } from '../../store/incidents.ts';

export const watchEpoch: Job = async (app) => {
  const stands = await judgeDatabase(app);
  if (stands.ok || stands.refusal.code !== 'epoch_differs') return;
  const by = begin(app, system('restores.watch'), app.newId('msg'));
  const of = { kind: 'epoch_differs', about: 'database', accountId: null, detail: explain(stands.refusal) } as const;
  await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
};
