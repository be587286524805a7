// The sweep behind the messages of policy changes: what is due by D1 is put on its queue again.
import type { Job } from '../../app/job.ts';
import { bodies, changePolicy, refreshPolicyChange } from '../../kit/messages.ts';
import { listChangesToLookAt } from '../../store/destinations.ts';

const ROWS_PER_RUN = 100;

export const wakePolicyChanges: Job = async (app, { scheduledTime }) => {
  const due = await listChangesToLookAt(app.database, scheduledTime, ROWS_PER_RUN);
  const toAsk = [...new Set(due.filter(({ status }) => status !== 'submitted').map(({ accountId }) => accountId))];
  if (toAsk.length > 0)
    await app.bindings.MONEY.sendBatch(bodies(toAsk.map((accountId) => changePolicy({ accountId })(null))));
  const toRead = due.filter(({ status }) => status === 'submitted');
  if (toRead.length > 0) {
    await app.bindings.EVENTS.sendBatch(bodies(toRead.map(({ id }) => refreshPolicyChange({ changeId: id })(null))));
  }
};
